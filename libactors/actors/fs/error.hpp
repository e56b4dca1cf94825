#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

/// What can go wrong with files.
///
/// Every failure of this folder is thrown as `file_error`. It names the operation, the path as it was given and the
/// reason, and `what()` is one sentence of the three: "write /var/data/x: No space left on device (4096 of 10000 bytes
/// were written)". `code()` is for code that reacts: the operating system's error (compare with `std::errc`) or one of
/// `errc` below.
namespace actors::fs {

/// Failures that the operating system has no code for.
enum class errc {
  /// The file has more bytes, or the folder more entries, than the caller allowed.
  too_large = 1,
  /// A pipe, socket or other thing that is no file with a content.
  not_a_file,
  /// The open file was closed before.
  closed,
  /// The path leads out of the folder that a service is limited to.
  outside,
};

[[nodiscard]] const std::error_category& fs_category() noexcept;
[[nodiscard]] std::error_code make_error_code(errc value) noexcept;

class file_error : public std::system_error {
public:
  /// `what()` is "`operation` `path`: text of `code`", and `detail` in brackets if there is any.
  file_error(std::string_view operation, std::string_view path, std::error_code code, std::string_view detail = {});

  [[nodiscard]] const char* what() const noexcept override;

  /// What was tried, such as `open` or `write`.
  [[nodiscard]] const std::string& operation() const noexcept;
  [[nodiscard]] const std::string& path() const noexcept;

private:
  struct subject;
  std::shared_ptr<const subject> subject_;
};

} // namespace actors::fs

template <>
struct std::is_error_code_enum<actors::fs::errc> : std::true_type {};
