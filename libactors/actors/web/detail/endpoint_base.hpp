#pragma once

#include <actors/core/task.hpp>
#include <actors/web/context.hpp>
#include <actors/web/operation.hpp>
#include <actors/web/reply.hpp>
#include <actors/web/request_reader.hpp>

#include <string_view>
#include <typeindex>
#include <vector>

namespace actors::web::detail {

/// What a route calls, without its type.
class endpoint_base {
public:
  endpoint_base() = default;
  endpoint_base(const endpoint_base&) = delete;
  endpoint_base& operator=(const endpoint_base&) = delete;
  virtual ~endpoint_base() = default;

  /// Whether it answers without waiting, once the body is there as far as it is needed.
  [[nodiscard]] virtual bool is_plain() const noexcept { return false; }

  [[nodiscard]] virtual body_need needs() const noexcept { return body_need::none; }

  /// Of those that are plain.
  [[nodiscard]] virtual reply answer(context& c) const;

  [[nodiscard]] virtual task<reply> answer_later(context& c) const;

  virtual void describe(operation&) const {}

  /// The names of the path's parameters that it asks for.
  virtual void path_names(std::vector<std::string_view>&) const {}
};

/// What makes a dependency's value.
class dependency_base {
public:
  dependency_base() = default;
  dependency_base(const dependency_base&) = delete;
  dependency_base& operator=(const dependency_base&) = delete;
  virtual ~dependency_base() = default;

  /// Keeps the value in the context, under this key; false, and reported, if a parameter is wrong.
  [[nodiscard]] virtual task<bool> provide(request_reader& from, std::type_index key) const = 0;

  virtual void describe(operation& to) const = 0;
  virtual void path_names(std::vector<std::string_view>& to) const = 0;
};

/// The override that the application was given; null if none.
[[nodiscard]] const dependency_base* override_of(const context& c, std::type_index key) noexcept;

} // namespace actors::web::detail
