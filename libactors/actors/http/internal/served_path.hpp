#pragma once

#include <actors/http/status.hpp>

#include <string>
#include <string_view>

namespace actors::http::internal {

/// The path of a request as a path below a root: `/a%20b/c` is `a b/c`.
///
/// Strict, so that nothing but a plain name below the root comes out: every `%` has two hexadecimal digits (else 400),
/// no byte is NUL (400), and no segment is empty, `.`, `..`, or holds a slash or a backslash (404), however it was
/// encoded. Segments are not resolved: clients do that before they ask. Names that begin with a dot are 404 unless
/// wanted.
class served_path {
public:
  [[nodiscard]] static served_path parse(std::string_view path, bool dot_files);

  /// `ok`, `bad_request` or `not_found`.
  [[nodiscard]] status problem() const noexcept { return problem_; }

  /// Decoded, without slashes at either end; empty for the root.
  [[nodiscard]] const std::string& relative() const noexcept { return relative_; }

  /// Whether the path ended with a slash.
  [[nodiscard]] bool names_folder() const noexcept { return names_folder_; }

private:
  std::string relative_;
  status problem_ = status::ok;
  bool names_folder_ = false;
};

} // namespace actors::http::internal
