#include <services/scraper/charset.hpp>

#include <services/scraper/internal/ascii.hpp>

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace services::scraper {

namespace {

using internal::equal_ignoring_case;
using internal::is_space;
using internal::lower;

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

/// A declaration must stand in the first kilobyte, says the standard; pages with long comments at the top break that.
constexpr std::size_t declaration_window = 4096;

// ---- names ----------------------------------------------------------------------------------------------------------

struct known_label {
  std::string_view label;
  std::string_view name;
};

/// The labels that pages use, each with the charset that it means. Nothing else is handed to the C library's converter:
/// that knows hundreds more, among them stateful ones that no page needs and in which ASCII is not ASCII.
constexpr std::array known_labels{
    known_label{"utf-8", "utf-8"},
    known_label{"utf8", "utf-8"},
    known_label{"unicode-1-1-utf-8", "utf-8"},
    known_label{"x-unicode20utf8", "utf-8"},
    known_label{"utf-16le", "utf-16le"},
    known_label{"utf-16", "utf-16le"},
    known_label{"utf16", "utf-16le"},
    known_label{"unicode", "utf-16le"},
    known_label{"ucs-2", "utf-16le"},
    known_label{"iso-10646-ucs-2", "utf-16le"},
    known_label{"csunicode", "utf-16le"},
    known_label{"utf-16be", "utf-16be"},
    known_label{"unicodefffe", "utf-16be"},
    known_label{"windows-1252", "windows-1252"},
    known_label{"ascii", "windows-1252"},
    known_label{"us-ascii", "windows-1252"},
    known_label{"ansi_x3.4-1968", "windows-1252"},
    known_label{"iso-8859-1", "windows-1252"},
    known_label{"iso8859-1", "windows-1252"},
    known_label{"iso88591", "windows-1252"},
    known_label{"iso_8859-1", "windows-1252"},
    known_label{"iso_8859-1:1987", "windows-1252"},
    known_label{"latin1", "windows-1252"},
    known_label{"latin-1", "windows-1252"},
    known_label{"l1", "windows-1252"},
    known_label{"cp1252", "windows-1252"},
    known_label{"x-cp1252", "windows-1252"},
    known_label{"ansi", "windows-1252"},
    known_label{"cp819", "windows-1252"},
    known_label{"ibm819", "windows-1252"},
    known_label{"ibm866", "ibm866"},
    known_label{"cp866", "ibm866"},
    known_label{"866", "ibm866"},
    known_label{"iso-8859-2", "iso-8859-2"},
    known_label{"iso8859-2", "iso-8859-2"},
    known_label{"iso88592", "iso-8859-2"},
    known_label{"iso_8859-2", "iso-8859-2"},
    known_label{"latin2", "iso-8859-2"},
    known_label{"l2", "iso-8859-2"},
    known_label{"iso-8859-3", "iso-8859-3"},
    known_label{"iso8859-3", "iso-8859-3"},
    known_label{"latin3", "iso-8859-3"},
    known_label{"iso-8859-4", "iso-8859-4"},
    known_label{"iso8859-4", "iso-8859-4"},
    known_label{"latin4", "iso-8859-4"},
    known_label{"iso-8859-5", "iso-8859-5"},
    known_label{"iso8859-5", "iso-8859-5"},
    known_label{"iso88595", "iso-8859-5"},
    known_label{"cyrillic", "iso-8859-5"},
    known_label{"iso-8859-6", "iso-8859-6"},
    known_label{"iso8859-6", "iso-8859-6"},
    known_label{"arabic", "iso-8859-6"},
    known_label{"iso-8859-7", "iso-8859-7"},
    known_label{"iso8859-7", "iso-8859-7"},
    known_label{"iso88597", "iso-8859-7"},
    known_label{"greek", "iso-8859-7"},
    known_label{"iso-8859-8", "iso-8859-8"},
    known_label{"iso8859-8", "iso-8859-8"},
    known_label{"iso-8859-8-i", "iso-8859-8"},
    known_label{"iso-8859-8-e", "iso-8859-8"},
    known_label{"hebrew", "iso-8859-8"},
    known_label{"visual", "iso-8859-8"},
    known_label{"logical", "iso-8859-8"},
    known_label{"iso-8859-10", "iso-8859-10"},
    known_label{"iso8859-10", "iso-8859-10"},
    known_label{"latin6", "iso-8859-10"},
    known_label{"iso-8859-13", "iso-8859-13"},
    known_label{"iso8859-13", "iso-8859-13"},
    known_label{"iso-8859-14", "iso-8859-14"},
    known_label{"iso8859-14", "iso-8859-14"},
    known_label{"iso-8859-15", "iso-8859-15"},
    known_label{"iso8859-15", "iso-8859-15"},
    known_label{"iso885915", "iso-8859-15"},
    known_label{"iso_8859-15", "iso-8859-15"},
    known_label{"latin9", "iso-8859-15"},
    known_label{"l9", "iso-8859-15"},
    known_label{"iso-8859-16", "iso-8859-16"},
    known_label{"koi8-r", "koi8-r"},
    known_label{"koi8", "koi8-r"},
    known_label{"koi", "koi8-r"},
    known_label{"koi8_r", "koi8-r"},
    known_label{"koi8r", "koi8-r"},
    known_label{"cskoi8r", "koi8-r"},
    known_label{"koi8-u", "koi8-u"},
    known_label{"koi8-ru", "koi8-u"},
    known_label{"macintosh", "macintosh"},
    known_label{"mac", "macintosh"},
    known_label{"x-mac-roman", "macintosh"},
    known_label{"x-mac-cyrillic", "x-mac-cyrillic"},
    known_label{"x-mac-ukrainian", "x-mac-cyrillic"},
    known_label{"windows-874", "windows-874"},
    known_label{"iso-8859-11", "windows-874"},
    known_label{"iso8859-11", "windows-874"},
    known_label{"tis-620", "windows-874"},
    known_label{"dos-874", "windows-874"},
    known_label{"windows-1250", "windows-1250"},
    known_label{"cp1250", "windows-1250"},
    known_label{"x-cp1250", "windows-1250"},
    known_label{"windows-1251", "windows-1251"},
    known_label{"cp1251", "windows-1251"},
    known_label{"x-cp1251", "windows-1251"},
    known_label{"windows-1253", "windows-1253"},
    known_label{"cp1253", "windows-1253"},
    known_label{"x-cp1253", "windows-1253"},
    known_label{"windows-1254", "windows-1254"},
    known_label{"cp1254", "windows-1254"},
    known_label{"x-cp1254", "windows-1254"},
    known_label{"iso-8859-9", "windows-1254"},
    known_label{"iso8859-9", "windows-1254"},
    known_label{"latin5", "windows-1254"},
    known_label{"l5", "windows-1254"},
    known_label{"windows-1255", "windows-1255"},
    known_label{"cp1255", "windows-1255"},
    known_label{"x-cp1255", "windows-1255"},
    known_label{"windows-1256", "windows-1256"},
    known_label{"cp1256", "windows-1256"},
    known_label{"x-cp1256", "windows-1256"},
    known_label{"windows-1257", "windows-1257"},
    known_label{"cp1257", "windows-1257"},
    known_label{"x-cp1257", "windows-1257"},
    known_label{"windows-1258", "windows-1258"},
    known_label{"cp1258", "windows-1258"},
    known_label{"x-cp1258", "windows-1258"},
    known_label{"gbk", "gbk"},
    known_label{"gb2312", "gbk"},
    known_label{"gb_2312", "gbk"},
    known_label{"gb_2312-80", "gbk"},
    known_label{"chinese", "gbk"},
    known_label{"x-gbk", "gbk"},
    known_label{"cp936", "gbk"},
    known_label{"gb18030", "gb18030"},
    known_label{"big5", "big5"},
    known_label{"big5-hkscs", "big5"},
    known_label{"cn-big5", "big5"},
    known_label{"x-x-big5", "big5"},
    known_label{"euc-jp", "euc-jp"},
    known_label{"x-euc-jp", "euc-jp"},
    known_label{"iso-2022-jp", "iso-2022-jp"},
    known_label{"csiso2022jp", "iso-2022-jp"},
    known_label{"shift_jis", "shift_jis"},
    known_label{"sjis", "shift_jis"},
    known_label{"shift-jis", "shift_jis"},
    known_label{"x-sjis", "shift_jis"},
    known_label{"windows-31j", "shift_jis"},
    known_label{"ms_kanji", "shift_jis"},
    known_label{"ms932", "shift_jis"},
    known_label{"cp932", "shift_jis"},
    known_label{"euc-kr", "euc-kr"},
    known_label{"korean", "euc-kr"},
    known_label{"ks_c_5601-1987", "euc-kr"},
    known_label{"ks_c_5601-1989", "euc-kr"},
    known_label{"ksc5601", "euc-kr"},
    known_label{"ksc_5601", "euc-kr"},
    known_label{"windows-949", "euc-kr"},
    known_label{"cp949", "euc-kr"},
};

/// The name that the C library's converter has for a charset; the supersets that browsers use.
std::string converter_name(std::string_view charset) {
  struct renamed {
    std::string_view charset;
    const char* name;
  };

  static constexpr std::array names{
      renamed{"big5", "BIG5-HKSCS"},     renamed{"euc-kr", "UHC"},          renamed{"gbk", "GB18030"},
      renamed{"macintosh", "MACINTOSH"}, renamed{"shift_jis", "CP932"},     renamed{"windows-1250", "CP1250"},
      renamed{"windows-1251", "CP1251"}, renamed{"windows-1253", "CP1253"}, renamed{"windows-1254", "CP1254"},
      renamed{"windows-1255", "CP1255"}, renamed{"windows-1256", "CP1256"}, renamed{"windows-1257", "CP1257"},
      renamed{"windows-1258", "CP1258"}, renamed{"windows-874", "CP874"},   renamed{"x-mac-cyrillic", "MAC-CYRILLIC"},
  };
  const auto found = std::ranges::find(names, charset, &renamed::charset);
  return std::string{found == names.end() ? charset : std::string_view{found->name}};
}

class converter {
public:
  explicit converter(std::string_view charset) : handle_(::iconv_open("UTF-8", converter_name(charset).c_str())) {}

  converter(const converter&) = delete;
  converter& operator=(const converter&) = delete;

  ~converter() {
    if (ok())
      ::iconv_close(handle_);
  }

  [[nodiscard]] bool ok() const noexcept {
    return handle_ !=
           reinterpret_cast<iconv_t>(-1); // NOLINT(performance-no-int-to-ptr): what iconv_open is said to return
  }

  [[nodiscard]] iconv_t get() const noexcept { return handle_; }

private:
  iconv_t handle_;
};

/// The charset that a label means, or empty.
std::string charset_of(std::string_view label) {
  const auto found =
      std::ranges::find_if(known_labels, [label](const auto& x) { return equal_ignoring_case(x.label, label); });
  return found == known_labels.end() ? std::string{} : std::string{found->name};
}

// ---- declarations ---------------------------------------------------------------------------------------------------

std::size_t find_ignoring_case(std::string_view text, std::string_view lower_word, std::size_t from) noexcept {
  for (auto i = from; i + lower_word.size() <= text.size(); ++i)
    if (equal_ignoring_case(text.substr(i, lower_word.size()), lower_word))
      return i;
  return std::string_view::npos;
}

/// The value after `word=` in a tag or a field, in quotes or not.
std::string_view value_after(std::string_view text, std::string_view word) noexcept {
  std::size_t at = 0;
  while ((at = find_ignoring_case(text, word, at)) != std::string_view::npos) {
    at += word.size();
    auto rest = text.substr(at);
    while (!rest.empty() && is_space(rest.front()))
      rest.remove_prefix(1);
    if (rest.empty() || rest.front() != '=')
      continue;
    rest.remove_prefix(1);
    while (!rest.empty() && (is_space(rest.front()) || rest.front() == '"' || rest.front() == '\''))
      rest.remove_prefix(1);
    const auto end = rest.find_first_of(" \t\r\n\f\"';/>?");
    return rest.substr(0, end);
  }
  return {};
}

/// The label in the first `<meta charset=…>`, `<meta … content="…charset=…">` or `<?xml … encoding=…?>`.
std::string_view declared_label(std::string_view body) noexcept {
  const auto head = body.substr(0, declaration_window);
  if (head.starts_with("<?xml")) {
    const auto end = head.find("?>");
    if (end != std::string_view::npos)
      if (const auto label = value_after(head.substr(0, end), "encoding"); !label.empty())
        return label;
  }
  std::size_t at = 0;
  while ((at = head.find('<', at)) != std::string_view::npos) {
    const auto rest = head.substr(at);
    if (rest.starts_with("<!--")) {
      const auto end = rest.find("-->", 4);
      if (end == std::string_view::npos)
        return {};
      at += end + 3;
      continue;
    }
    if (rest.size() > 5 && equal_ignoring_case(rest.substr(0, 5), "<meta") && (is_space(rest[5]) || rest[5] == '/')) {
      const auto label = value_after(rest.substr(0, rest.find('>')), "charset");
      if (!label.empty())
        return label;
    }
    ++at;
  }
  return {};
}

// ---- UTF-8 ----------------------------------------------------------------------------------------------------------

/// The length of the well-formed character at the start of `text`, or 0. `cut` is set if it is only cut off by the end.
std::size_t character_length(std::string_view text, bool& cut) noexcept {
  cut = false;
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80)
    return 1;
  if (lead < 0xC2 || lead > 0xF4)
    return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF (RFC 3629 §4).
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size()) {
      cut = true;
      return 0;
    }
    if (byte(i) < (i == 1 ? low : 0x80) || byte(i) > (i == 1 ? high : 0xBF))
      return 0;
  }
  return length;
}

/// The number of ASCII characters, other than NUL, at the start of `text`.
std::size_t ascii_run(std::string_view text) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, &text[i], 8);
    // Also stops at a NUL: the lowest zero byte is where the borrow starts.
    if (((word | (word - 0x0101010101010101u)) & 0x8080808080808080u) != 0)
      break;
  }
  while (i < text.size() && static_cast<signed char>(text[i]) > 0)
    ++i;
  return i;
}

void append_character(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

} // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    auto step = ascii_run(text);
    if (step == 0) {
      auto cut = false;
      step = text.front() == '\0' ? 1 : character_length(text, cut);
      if (step == 0)
        return cut;
    }
    text.remove_prefix(step);
  }
  return true;
}

std::string_view charset_parameter(std::string_view content_type) noexcept {
  const auto parameters = content_type.find(';');
  return parameters == std::string_view::npos ? std::string_view{}
                                              : value_after(content_type.substr(parameters), "charset");
}

charset_choice detect_charset(std::string_view body, std::string_view content_type) {
  using source = charset_choice::source;
  if (body.starts_with("\xEF\xBB\xBF"))
    return {"utf-8", source::byte_order_mark, 3, {}};
  if (body.starts_with("\xFF\xFE"))
    return {"utf-16le", source::byte_order_mark, 2, {}};
  if (body.starts_with("\xFE\xFF"))
    return {"utf-16be", source::byte_order_mark, 2, {}};

  std::string unknown;
  if (const auto label = charset_parameter(content_type); !label.empty()) {
    if (auto name = charset_of(label); !name.empty())
      return {std::move(name), source::content_type, 0, {}};
    unknown = label.substr(0, 40);
  }
  if (const auto label = declared_label(body); !label.empty()) {
    if (auto name = charset_of(label); !name.empty()) {
      // The declaration was read as ASCII, so UTF-16 it cannot be.
      if (name.starts_with("utf-16"))
        name = "utf-8";
      return {std::move(name), source::declaration, 0, std::move(unknown)};
    }
    unknown = label.substr(0, 40);
  }
  return {is_utf8(body) ? "utf-8" : "windows-1252", source::guess, 0, std::move(unknown)};
}

// ---- conversion -----------------------------------------------------------------------------------------------------

/// Turns the next piece of the page into UTF-8.
class utf8_reader::decoder {
public:
  explicit decoder(std::string_view page) : rest_(page) {}

  virtual ~decoder() = default;

  /// Appends at least one character, up to about `size` bytes, unless the page is at its end.
  virtual void decode(std::string& out, std::size_t size) = 0;

  std::string_view rest_;
  std::size_t replaced_ = 0;

protected:
  void replace(std::string& out) {
    out += replacement;
    ++replaced_;
  }
};

namespace {

class utf8_decoder final : public utf8_reader::decoder {
public:
  using decoder::decoder;

  void decode(std::string& out, std::size_t size) override {
    const auto from = out.size();
    while (!rest_.empty() && out.size() - from < size) {
      const auto ascii = ascii_run(rest_.substr(0, size));
      out.append(rest_.substr(0, ascii));
      rest_.remove_prefix(ascii);
      if (rest_.empty() || ascii == size)
        break;
      auto cut = false;
      const auto length = rest_.front() == '\0' ? 0 : character_length(rest_, cut);
      if (length == 0) {
        replace(out);
        rest_.remove_prefix(cut ? rest_.size() : 1);
      } else {
        out.append(rest_.substr(0, length));
        rest_.remove_prefix(length);
      }
    }
  }
};

/// 0x80 to 0x9F of windows-1252; the five that are unassigned are the control characters of ISO 8859-1, as in browsers.
constexpr std::array<char16_t, 32> windows_1252{0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
                                                0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

class windows_1252_decoder final : public utf8_reader::decoder {
public:
  using decoder::decoder;

  void decode(std::string& out, std::size_t size) override {
    const auto count = std::min(rest_.size(), size);
    for (const auto c : rest_.substr(0, count)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte == 0)
        replace(out);
      else
        append_character(out, byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte);
    }
    rest_.remove_prefix(count);
  }
};

class utf16_decoder final : public utf8_reader::decoder {
public:
  utf16_decoder(std::string_view page, bool big_endian) : decoder(page), big_endian_(big_endian) {}

  void decode(std::string& out, std::size_t size) override {
    const auto from = out.size();
    while (!rest_.empty() && out.size() - from < size) {
      if (rest_.size() == 1) {
        rest_ = {};
        replace(out);
        break;
      }
      const auto first = unit(0);
      rest_.remove_prefix(2);
      if (first >= 0xD800 && first < 0xDC00 && rest_.size() >= 2) {
        if (const auto second = unit(0); second >= 0xDC00 && second < 0xE000) {
          rest_.remove_prefix(2);
          append_character(out, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
          continue;
        }
      }
      if (first == 0 || (first >= 0xD800 && first < 0xE000))
        replace(out);
      else
        append_character(out, first);
    }
  }

private:
  [[nodiscard]] char32_t unit(std::size_t at) const noexcept {
    const auto a = static_cast<unsigned char>(rest_[at]);
    const auto b = static_cast<unsigned char>(rest_[at + 1]);
    return big_endian_ ? static_cast<char32_t>(a << 8 | b) : static_cast<char32_t>(b << 8 | a);
  }

  bool big_endian_;
};

/// Everything else, with the converter of the C library.
class converted_decoder final : public utf8_reader::decoder {
public:
  converted_decoder(std::string_view page, std::string_view charset) : decoder(page), converter_(charset) {}

  void decode(std::string& out, std::size_t size) override {
    const auto from = out.size();
    while (!rest_.empty() && out.size() - from < size) {
      std::array<char, 1024> buffer{};
      auto* in = const_cast<char*>(rest_.data()); // iconv's interface; it does not write there
      auto in_left = std::min(rest_.size(), buffer.size());
      const auto whole = in_left == rest_.size();
      auto* to = buffer.data();
      auto to_left = buffer.size();
      const auto result = ::iconv(converter_.get(), &in, &in_left, &to, &to_left);
      const auto reason = result == static_cast<std::size_t>(-1) ? errno : 0;
      append(out, {buffer.data(), buffer.size() - to_left});
      const auto used = static_cast<std::size_t>(in - rest_.data());
      rest_.remove_prefix(used);
      // EINVAL: a character cut off by the end of the piece, which the next piece completes unless this was the last.
      const auto stuck = reason == EILSEQ || (reason == EINVAL && (whole || used == 0));
      if (stuck && !rest_.empty()) {
        replace(out);
        rest_.remove_prefix(1);
        ::iconv(converter_.get(), nullptr, nullptr, nullptr, nullptr);
      }
    }
  }

private:
  void append(std::string& out, std::string_view text) {
    for (auto nul = text.find('\0'); nul != std::string_view::npos; nul = text.find('\0')) {
      out.append(text.substr(0, nul));
      replace(out);
      text.remove_prefix(nul + 1);
    }
    out.append(text);
  }

  converter converter_;
};

std::unique_ptr<utf8_reader::decoder> make_decoder(std::string_view page, std::string_view charset) {
  if (charset == "utf-8")
    return std::make_unique<utf8_decoder>(page);
  if (charset == "utf-16le" || charset == "utf-16be")
    return std::make_unique<utf16_decoder>(page, charset == "utf-16be");
  if (charset != "windows-1252" && converter{charset}.ok())
    return std::make_unique<converted_decoder>(page, charset);
  return std::make_unique<windows_1252_decoder>(page);
}

} // namespace

utf8_reader::utf8_reader(std::string_view page, std::string_view charset) : decoder_(make_decoder(page, charset)) {}

utf8_reader::~utf8_reader() = default;

std::size_t utf8_reader::read(char* out, std::size_t size) {
  if (given_ == pending_.size()) {
    pending_.clear();
    given_ = 0;
    decoder_->decode(pending_, size);
  }
  const auto count = std::min(size, pending_.size() - given_);
  std::memcpy(out, pending_.data() + given_, count);
  given_ += count;
  return count;
}

std::size_t utf8_reader::replaced() const noexcept {
  return decoder_->replaced_;
}

std::string to_utf8(std::string_view page, std::string_view charset) {
  const auto decoder = make_decoder(page, charset);
  std::string out;
  out.reserve(page.size());
  while (!decoder->rest_.empty())
    decoder->decode(out, 16'384);
  return out;
}

} // namespace services::scraper
