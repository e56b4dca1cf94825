#pragma once

#include <actors/http/handler.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Serves the files of a folder.
///
///     server site{static_files("/srv/www")};
///     server site{static_files("public", static_options{}.prefix("/assets").cache_control("max-age=3600"))};
///
/// GET and HEAD, with Content-Type by extension, ETag, Last-Modified, conditional requests, byte ranges. A folder gives
/// its index page, or, if wanted, a list of what is in it; without the slash at its end it is redirected to. 304, 412
/// and 416 as RFC 9110 says; 400 for a path that is malformed (bad `%`, NUL), 404 for what is not there or not to be
/// served, 403 for what the system lets nobody read and for folders without a page, 405 with Allow for other methods.
///
/// Security: nothing outside of the root is ever opened: `..`, empty and hidden names, backslashes and encoded slashes
/// are 404, and the system itself resolves the path beneath the root (openat2), so no symbolic link and no race leads
/// out. Links inside of the root are followed if they are relative; where the system has no openat2, none are. Pipes,
/// sockets and devices are not served.
///
/// Threads: files are opened and read in the blocking pool, never on a worker: one hop for a file up to 64 KiB, one
/// more for each 128 KiB. Big files are sent piece by piece as the client takes them, and are never whole in memory.
/// Other files of the root may change at any time; one that gets shorter while it is sent has its connection cut.
/// Cancellation: at once, or when the piece has been read.
///
/// Errors: `std::system_error` from the constructor if there is no such folder; others are logged and answered with
/// 500.
///
/// @snippet examples/http.cpp site
namespace actors::http {

class static_options {
public:
  /// What comes before the files' paths in targets, such as `/assets`; nothing unless set.
  static_options& prefix(std::string value);

  /// The pages of folders, the first that exists; `index.html`.
  static_options& index(std::vector<std::string> value) {
    index_ = std::move(value);
    return *this;
  }

  /// Whether folders without such a page are listed, up to 10,000 names; no.
  static_options& list_folders(bool value) noexcept {
    list_folders_ = value;
    return *this;
  }

  /// Whether names that begin with a dot are served; no.
  static_options& dot_files(bool value) noexcept {
    dot_files_ = value;
    return *this;
  }

  /// Whether symbolic links are followed that stay in the root; yes.
  static_options& follow_links(bool value) noexcept {
    follow_links_ = value;
    return *this;
  }

  /// Whether `name.br` and `name.gz`, if they exist and are not older, are sent for `name` to clients that accept them;
  /// no.
  static_options& precompressed(bool value) noexcept {
    precompressed_ = value;
    return *this;
  }

  /// The Cache-Control of files; none unless set. @throws error `invalid_field_value`
  static_options& cache_control(std::string value);

  /// Another type for an extension without its dot, in any case. @throws error `invalid_field_value`
  static_options& content_type(std::string extension, std::string value);

  /// The charset of text types; utf-8. Empty for none. @throws error `invalid_field_value`
  static_options& charset(std::string value);

  /// A Range with more than these gets the whole file; 32.
  static_options& max_ranges(std::size_t value) noexcept {
    max_ranges_ = value;
    return *this;
  }

  [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }

  [[nodiscard]] const std::vector<std::string>& index() const noexcept { return index_; }

  [[nodiscard]] bool list_folders() const noexcept { return list_folders_; }

  [[nodiscard]] bool dot_files() const noexcept { return dot_files_; }

  [[nodiscard]] bool follow_links() const noexcept { return follow_links_; }

  [[nodiscard]] bool precompressed() const noexcept { return precompressed_; }

  [[nodiscard]] const std::string& cache_control() const noexcept { return cache_control_; }

  /// The Content-Type of a file of this name.
  [[nodiscard]] std::string content_type_for(std::string_view file_name) const;

  [[nodiscard]] std::size_t max_ranges() const noexcept { return max_ranges_; }

private:
  std::string prefix_;
  std::vector<std::string> index_{"index.html"};
  std::string cache_control_;
  std::vector<std::pair<std::string, std::string>> types_;
  std::string charset_ = "utf-8";
  std::size_t max_ranges_ = 32;
  bool list_folders_ = false;
  bool dot_files_ = false;
  bool follow_links_ = true;
  bool precompressed_ = false;
};

/// A handler that serves what is in `root`. @throws std::system_error
[[nodiscard]] handler static_files(const std::filesystem::path& root, static_options options = {});

} // namespace actors::http
