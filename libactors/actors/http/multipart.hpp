#pragma once

#include <actors/http/body_source.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Forms with files: `multipart/form-data` (RFC 7578), to be sent.
///
///     multipart_form form;
///     form.add_field("title", "holiday").add_file("picture", "/home/ann/beach.jpg", "image/jpeg");
///     auto answer = co_await web.send("http://example.com/upload", std::move(form));
///
/// Files on the disk are read while they are sent, 64 KiB at a time, so their size does not matter; it is asked for
/// when sending begins, so that the whole has a Content-Length. Names are written as browsers write them: quotes and
/// line breaks as `%22`, `%0D` and `%0A`, everything else as it is, in UTF-8.
///
/// The boundary is 144 random bits, so that no content can be mistaken for it.
///
/// Errors: `error` with `invalid_value` for a name with another control character, a content type that is none, or a
/// boundary that is none; `fs::file_error` when a file cannot be read. See `multipart_parser.hpp` for the way back.
///
/// @snippet examples/http.cpp bodies
namespace actors::http {

class multipart_form {
public:
  multipart_form();

  /// With a boundary of one's own: 1 … 70 letters, digits and `'()+_,-./:=?`. The caller sees to it that it is in no
  /// content.
  explicit multipart_form(std::string boundary);

  multipart_form& add_field(std::string_view name, std::string value);

  /// A field that says what it is, such as `application/json`.
  multipart_form& add_field(std::string_view name, std::string value, std::string_view content_type);

  /// A file whose content is at hand.
  multipart_form& add_file_content(std::string_view name, std::string_view filename, std::string content,
                                   std::string_view content_type = "application/octet-stream");

  /// A file on the disk, shown under another name.
  multipart_form& add_file_as(std::string_view name, std::string_view filename, std::filesystem::path path,
                              std::string_view content_type = "application/octet-stream");

  /// A file on the disk under its own name.
  multipart_form& add_file(std::string_view name, std::filesystem::path path,
                           std::string_view content_type = "application/octet-stream");

  [[nodiscard]] const std::string& boundary() const noexcept { return boundary_; }

  /// The value of the Content-Type field.
  [[nodiscard]] std::string content_type() const;

  /// The body, to be sent with `content_type()`. Opens the files.
  [[nodiscard]] task<std::unique_ptr<body_source>> body() &&;

  /// A POST with this content type; its target and body are filled in by whoever sends it.
  [[nodiscard]] request make_request() const;

private:
  class source;

  struct item {
    std::string head;
    std::string content;
    std::filesystem::path path; // instead of the content, if not empty
  };

  multipart_form& add(std::string_view name, const std::string_view* filename, std::string content,
                      std::filesystem::path path, std::string_view content_type);
  static task<std::unique_ptr<body_source>> open(std::vector<item> items, std::string boundary);

  std::string boundary_;
  std::vector<item> items_;
};

} // namespace actors::http
