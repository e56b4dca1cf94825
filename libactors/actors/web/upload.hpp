#pragma once

#include <actors/core/task.hpp>
#include <actors/http/fields.hpp>
#include <actors/web/context.hpp>
#include <actors/web/literal.hpp>
#include <actors/web/middleware.hpp>
#include <actors/web/operation.hpp>
#include <actors/web/parameter.hpp>
#include <actors/web/request_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Files of forms (`multipart/form-data`), as parameters:
///
///     task<std::string> receive(upload<"picture"> picture, form<"title", std::string> title) {
///       co_await picture->save_as(folder / std::to_string(next_number()));
///       co_return picture->content_type();
///     }
///
///     app.use(upload_limits{}.max_file_size(10 << 20));
///     app.post("/pictures", receive);
///
/// `upload<"file">` must be there, `upload<"file", std::optional<uploaded_file>>` need not, and
/// `upload<"file", std::vector<uploaded_file>>` takes all of its name. A file of a form that was left empty (no name,
/// no content) is not there.
///
/// A form is read before its handler is called, while it comes: a file up to 64 KiB stays in memory, a larger one goes
/// to a temporary file (`TMPDIR`, for this user only), written in the blocking pool. Temporary files go when the last
/// copy of their `uploaded_file` does, which is with the request unless somebody keeps one; `save_as` makes one stay.
///
/// Ownership: copies stand for the same file and its position. Threads: one task at a time. Security: `filename()` is
/// what the client likes it to be, and no path to write to.
///
/// Errors, of a request: 400 for a form that is malformed, cut off, or has too many parts; 413 for one that is too
/// large, which the server's own bound on bodies (16 MiB unless set) says too; 422 for a file that is missing or is a
/// text. `fs::file_error` when the disk fails, which is a 500. Cancellation: at once, or when the piece has been
/// written. Source: RFC 7578, Starlette's UploadFile.
namespace actors::web {

namespace internal {

struct uploaded_content;

} // namespace internal

/// What forms may have; sizes in bytes. It is a middleware: `app.use(…)`, or of a router or a route. The innermost one
/// counts.
class upload_limits {
public:
  upload_limits() = default;

  /// 1000.
  upload_limits& max_files(std::size_t value) noexcept { return max_files_ = value, *this; }

  /// Fields that are no files; 1000.
  upload_limits& max_fields(std::size_t value) noexcept { return max_fields_ = value, *this; }

  /// Of each file; no limit but the server's.
  upload_limits& max_file_size(std::uint64_t value) noexcept { return max_file_size_ = value, *this; }

  /// Of each field that is no file; 1 MiB.
  upload_limits& max_field_size(std::uint64_t value) noexcept { return max_field_size_ = value, *this; }

  /// Of the whole form; no limit but the server's.
  upload_limits& max_total(std::uint64_t value) noexcept { return max_total_ = value, *this; }

  /// Up to which size a file stays in memory; 64 KiB.
  upload_limits& memory(std::size_t value) noexcept { return memory_ = value, *this; }

  [[nodiscard]] std::size_t max_files() const noexcept { return max_files_; }

  [[nodiscard]] std::size_t max_fields() const noexcept { return max_fields_; }

  [[nodiscard]] std::uint64_t max_file_size() const noexcept { return max_file_size_; }

  [[nodiscard]] std::uint64_t max_field_size() const noexcept { return max_field_size_; }

  [[nodiscard]] std::uint64_t max_total() const noexcept { return max_total_; }

  [[nodiscard]] std::size_t memory() const noexcept { return memory_; }

  [[nodiscard]] task<reply> operator()(context& c, next behind) const {
    c.set(*this);
    return behind(c);
  }

private:
  std::size_t max_files_ = 1000;
  std::size_t max_fields_ = 1000;
  std::uint64_t max_file_size_ = UINT64_MAX;
  std::uint64_t max_field_size_ = std::uint64_t{1} << 20;
  std::uint64_t max_total_ = UINT64_MAX;
  std::size_t memory_ = std::size_t{64} << 10;
};

/// A file that came with a form.
class uploaded_file {
public:
  /// Stands for none: it has no name, no type and no content.
  uploaded_file();

  explicit uploaded_file(std::shared_ptr<internal::uploaded_content> content) noexcept;

  /// The field's.
  [[nodiscard]] const std::string& name() const noexcept;

  /// As the client says; may be empty, or anything.
  [[nodiscard]] const std::string& filename() const noexcept;

  /// As the client says; `text/plain` if it does not.
  [[nodiscard]] const std::string& content_type() const noexcept;

  /// All fields of the part's head.
  [[nodiscard]] const http::fields& fields() const noexcept;

  /// In bytes.
  [[nodiscard]] std::uint64_t size() const noexcept;

  /// Whether it is in memory, and not in a file.
  [[nodiscard]] bool in_memory() const noexcept;

  /// The next bytes, at most so many; empty at the end.
  [[nodiscard]] task<std::string> read(std::size_t most);

  /// All that is left.
  [[nodiscard]] task<std::string> read_all();

  /// Where the next `read` begins.
  void seek(std::uint64_t position) noexcept;

  /// Puts the file there, where nobody removes it, in place of one that is there; it can still be read. Moves it if it
  /// can be moved. @throws fs::file_error, std::filesystem::filesystem_error
  [[nodiscard]] task<void> save_as(std::filesystem::path where);

private:
  static task<std::string> read_from(std::shared_ptr<internal::uploaded_content> content, std::size_t most);
  static task<std::string> read_rest(std::shared_ptr<internal::uploaded_content> content);
  static task<void> save(std::shared_ptr<internal::uploaded_content> content, std::filesystem::path where);

  std::shared_ptr<internal::uploaded_content> content_;
};

/// A file of a form, as a parameter; see the head of this file.
template <literal Name, class T = uploaded_file>
class upload : public detail::parameter<T> {
  using detail::parameter<T>::parameter;
};

namespace detail {

/// False, and reported, if something is wrong.
[[nodiscard]] bool read_uploads(request_reader& from, std::string_view name, bool is_list, bool required,
                                std::vector<uploaded_file>& into);

} // namespace detail

template <literal Name, class T>
struct parameter_traits<upload<Name, T>> {
  static constexpr bool is_one = std::is_same_v<T, uploaded_file>;
  static constexpr bool is_list =
      std::is_same_v<T, std::vector<uploaded_file>> || std::is_same_v<T, std::optional<std::vector<uploaded_file>>>;
  static constexpr bool is_required = is_one || std::is_same_v<T, std::vector<uploaded_file>>;
  static_assert(is_one || is_list || std::is_same_v<T, std::optional<uploaded_file>>,
                "an upload is an uploaded_file, a list of them, or a std::optional of either");

  static constexpr auto source = value_source::body;
  static constexpr auto needs = body_need::form;

  struct held {
    upload<Name, T> it;
  };

  static bool read(request_reader& from, held& into) {
    std::vector<uploaded_file> files;
    if (!detail::read_uploads(from, Name.view(), is_list, is_required, files))
      return false;
    if constexpr (is_list) {
      if (is_required || !files.empty())
        *into.it = std::move(files);
    } else if (!files.empty()) {
      *into.it = std::move(files.back());
    }
    return true;
  }

  static upload<Name, T>&& give(held& from) noexcept { return std::move(from.it); }

  static void describe(operation& to) {
    operation_form_field field;
    field.name = Name.view();
    field.required = is_required;
    field.is_file = true;
    field.is_list = is_list;
    to.form.push_back(std::move(field));
  }
};

} // namespace actors::web
