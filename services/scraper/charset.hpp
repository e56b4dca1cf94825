#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// Which character set a page is written in, and its conversion to UTF-8.
///
/// Detection follows the order of the HTML standard
/// (<https://html.spec.whatwg.org/#determining-the-character-encoding>): a byte order mark, then the Content-Type
/// field, then a `<meta>` or XML declaration near the start; without any of them the page is UTF-8 if it is valid
/// UTF-8, else windows-1252. Labels mean what they mean to browsers
/// (<https://encoding.spec.whatwg.org/#names-and-labels>): `iso-8859-1` is windows-1252, `gb2312` is GBK. An unknown
/// label is passed over and reported.
///
/// A page is never lost to a wrong label: what cannot be decoded becomes U+FFFD and is counted. So do NUL characters.
/// The output is always valid UTF-8. Conversion is a stream that needs a few kilobytes, whatever the size of the page.
namespace services::scraper {

/// What was found, and where.
struct charset_choice {
  enum class source : std::uint8_t { byte_order_mark, content_type, declaration, guess };

  /// Lower case, such as `utf-8` or `windows-1252`.
  std::string name;
  source found_in = source::guess;
  /// Bytes of byte order mark at the start of the page.
  std::size_t skip = 0;
  /// A label that nobody knows, if one was passed over.
  std::string unknown_label;
};

/// The charset of a page. `content_type` is the value of the field of that name and may be empty.
[[nodiscard]] charset_choice detect_charset(std::string_view body, std::string_view content_type);

/// The `charset` parameter of a Content-Type, or empty.
[[nodiscard]] std::string_view charset_parameter(std::string_view content_type) noexcept;

/// True for valid UTF-8 (RFC 3629). The last character may be cut off: a page that was cut at a limit is still UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Converts a page piece by piece. The page must outlive it.
class utf8_reader {
public:
  /// `charset` as `detect_charset` gave it.
  utf8_reader(std::string_view page, std::string_view charset);
  ~utf8_reader();
  utf8_reader(const utf8_reader&) = delete;
  utf8_reader& operator=(const utf8_reader&) = delete;

  /// Writes up to `size` bytes of UTF-8; 0 at the end. `size` should be at least 4; characters may be split between
  /// calls.
  [[nodiscard]] std::size_t read(char* out, std::size_t size);

  /// How many times something undecodable was replaced so far.
  [[nodiscard]] std::size_t replaced() const noexcept;

  class decoder;

private:
  std::unique_ptr<decoder> decoder_;
  std::string pending_;
  std::size_t given_ = 0;
};

/// All of `page` as UTF-8.
[[nodiscard]] std::string to_utf8(std::string_view page, std::string_view charset);

} // namespace services::scraper
