#pragma once

#include <actors/core/detail/run_with_values.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The log context of a task: named values, such as a request id, that every record written in it carries.
///
/// `co_await with_log_field("request", id, work)` runs `work` in the calling task with one field more, and
/// `with_log_fields` with several. They are inherited by what is spawned there, as the values of a `task_local` are.
/// Every `log_record` that is made in such a task shows them, whoever writes it, the library too.
///
/// A field set inside hides one of the same name outside. At most 64 fields are carried: the outermost make room.
///
/// Threads, ownership, cancellation: as with `with_value`. Errors: none. Cost: the fields are copied when one is added;
/// a record takes a pointer.
///
/// @snippet examples/observe.cpp log context
namespace actors {

class log_fields {
public:
  struct field {
    field(std::string key_arg, std::string value_arg) : key(std::move(key_arg)), value(std::move(value_arg)) {}

    std::string key;
    std::string value;
  };

  static constexpr std::size_t most = 64;

  log_fields() = default;

  /// Sets a field; one of the same name is replaced.
  log_fields& add(std::string key, std::string value);

  /// Sets all fields of `others`.
  log_fields& add(const log_fields& others);

  [[nodiscard]] const std::vector<field>& all() const noexcept { return fields_; }

  /// The value of a field, null if there is none.
  [[nodiscard]] const std::string* find(std::string_view key) const noexcept;

private:
  std::vector<field> fields_;
};

namespace detail {

class add_log_fields {
public:
  explicit add_log_fields(log_fields fields) noexcept : fields_(std::move(fields)) {}

  [[nodiscard]] context_values operator()(const context_values& before) const;

private:
  log_fields fields_;
};

} // namespace detail

/// Runs `work` (a task, another operation, or a callable that returns a task) with these fields added.
template <detail::scoped_work Work>
task<detail::work_result_t<Work>> with_log_fields(log_fields fields, Work work) {
  return detail::run_with_values(detail::add_log_fields{std::move(fields)}, detail::work_of(std::move(work)));
}

/// The same with one field.
template <detail::scoped_work Work>
task<detail::work_result_t<Work>> with_log_field(std::string key, std::string value, Work work) {
  log_fields fields;
  fields.add(std::move(key), std::move(value));
  return with_log_fields(std::move(fields), std::move(work));
}

} // namespace actors
