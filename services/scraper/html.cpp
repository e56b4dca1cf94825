#include <services/scraper/html.hpp>

#include <services/scraper/charset.hpp>
#include <services/scraper/internal/ascii.hpp>
#include <services/scraper/internal/text_builder.hpp>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#include <ctime>
#include <exception>
#include <memory>
#include <new>
#include <utility>

namespace services::scraper {

namespace {

using internal::equal_ignoring_case;
using internal::is_space;
using internal::text_builder;
using internal::trimmed;

// ---- elements -------------------------------------------------------------------------------------------------------

/// The first eight characters of a name as a number, to switch over. The parser has made them lower case.
constexpr std::uint64_t key(std::string_view name) noexcept {
  std::uint64_t result = 0;
  for (const auto c : name.substr(0, 8))
    result = result << 8 | static_cast<unsigned char>(c);
  return result;
}

enum class element : std::uint8_t {
  other,
  block, // starts and ends a line
  line_break,
  cell,
  pre,
  hidden, // its text is not shown, its links count
  inert,  // neither
  svg,
  title,
  anchor,
  area,
  frame,
  base,
  link,
  meta,
};

element element_named(std::string_view name) noexcept {
  switch (key(name)) {
  case key("a"):
    return element::anchor;
  case key("area"):
    return element::area;
  case key("base"):
    return element::base;
  case key("link"):
    return element::link;
  case key("meta"):
    return element::meta;
  case key("title"):
    return element::title;
  case key("svg"):
    return element::svg;
  case key("frame"):
  case key("iframe"):
    return element::frame;
  case key("br"):
    return element::line_break;
  case key("td"):
  case key("th"):
    return element::cell;
  case key("pre"):
  case key("listing"):
  case key("xmp"):
    return element::pre;
  case key("noscript"):
  case key("noframes"):
  case key("noembed"):
  case key("audio"):
  case key("canvas"):
  case key("video"):
    return element::hidden;
  case key("script"):
  case key("style"):
  case key("template"):
    return element::inert;
  case key("address"):
  case key("article"):
  case key("aside"):
  case key("blockquote"):
  case key("body"):
  case key("caption"):
  case key("center"):
  case key("dd"):
  case key("details"):
  case key("dialog"):
  case key("dir"):
  case key("div"):
  case key("dl"):
  case key("dt"):
  case key("fieldset"):
  case key("figcaption"):
  case key("figure"):
  case key("footer"):
  case key("form"):
  case key("h1"):
  case key("h2"):
  case key("h3"):
  case key("h4"):
  case key("h5"):
  case key("h6"):
  case key("header"):
  case key("hgroup"):
  case key("hr"):
  case key("html"):
  case key("legend"):
  case key("li"):
  case key("main"):
  case key("menu"):
  case key("nav"):
  case key("ol"):
  case key("optgroup"):
  case key("option"):
  case key("p"):
  case key("search"):
  case key("section"):
  case key("select"):
  case key("summary"):
  case key("table"):
  case key("tbody"):
  case key("textarea"):
  case key("tfoot"):
  case key("thead"):
  case key("tr"):
  case key("ul"):
    return element::block;
  default:
    return element::other;
  }
}

// ---- attributes -----------------------------------------------------------------------------------------------------

std::string_view text_of(const xmlChar* text) noexcept {
  return text == nullptr ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(text)};
}

/// The value of an attribute of a start tag; null if it is absent.
const xmlChar* attribute(const xmlChar** attributes, std::string_view name) noexcept {
  for (; attributes != nullptr && *attributes != nullptr; attributes += 2)
    if (text_of(attributes[0]) == name)
      return attributes[1] == nullptr ? reinterpret_cast<const xmlChar*>("") : attributes[1];
  return nullptr;
}

/// Calls `f` with each word of a list separated by white space or commas.
template <class F>
void for_each_word(std::string_view list, F&& f) {
  const auto is_separator = [](char c) { return is_space(c) || c == ','; };
  while (!list.empty()) {
    std::size_t end = 0;
    while (end < list.size() && !is_separator(list[end]))
      ++end;
    if (end > 0)
      f(list.substr(0, end));
    list.remove_prefix(end < list.size() ? end + 1 : end);
  }
}

/// A URL as the URL standard reads it: without blanks around it, and without line breaks and tabs.
std::string clean_url(std::string_view url) {
  while (!url.empty() && static_cast<unsigned char>(url.front()) <= ' ')
    url.remove_prefix(1);
  while (!url.empty() && static_cast<unsigned char>(url.back()) <= ' ')
    url.remove_suffix(1);
  std::string result;
  result.reserve(url.size());
  for (const auto c : url)
    if (c != '\t' && c != '\n' && c != '\r')
      result += c;
  return result;
}

/// The URL in the content of a refresh, `5; url='…'`; empty if it only reloads the page.
std::string_view refresh_url(std::string_view content) noexcept {
  const auto skip_space = [&content] {
    while (!content.empty() && is_space(content.front()))
      content.remove_prefix(1);
  };
  skip_space();
  while (!content.empty() && (internal::is_digit(content.front()) || content.front() == '.'))
    content.remove_prefix(1);
  skip_space();
  if (content.empty() || (content.front() != ';' && content.front() != ','))
    return {};
  content.remove_prefix(1);
  skip_space();
  if (equal_ignoring_case(content.substr(0, 3), "url")) {
    const auto whole = content;
    content.remove_prefix(3);
    skip_space();
    if (!content.empty() && content.front() == '=') {
      content.remove_prefix(1);
      skip_space();
    } else {
      content = whole;
    }
  }
  if (!content.empty() && (content.front() == '"' || content.front() == '\'')) {
    const auto quote = content.front();
    content.remove_prefix(1);
    content = content.substr(0, content.find(quote));
  }
  return content;
}

/// Relations of `<link>` that lead to another page.
bool is_page_relation(std::string_view relation) noexcept {
  for (const auto* known :
       {"next",       "prev",     "previous",  "start",   "first",  "last",     "contents", "toc",
        "index",      "up",       "top",       "home",    "help",   "glossary", "chapter",  "section",
        "subsection", "appendix", "copyright", "license", "author", "alternate"})
    if (equal_ignoring_case(relation, known))
      return true;
  return false;
}

bool is_html_type(std::string_view type) noexcept {
  type = trimmed(type.substr(0, type.find(';')));
  return type.empty() || equal_ignoring_case(type, "text/html") || equal_ignoring_case(type, "application/xhtml+xml");
}

// ---- the extractor --------------------------------------------------------------------------------------------------

struct free_parser {
  void operator()(htmlParserCtxt* parser) const noexcept { htmlFreeParserCtxt(parser); }
};

std::chrono::nanoseconds cpu_time_of_thread() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

std::string mebibytes(std::size_t bytes) {
  return bytes >= 1 << 20 ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes) + " bytes";
}

class extractor {
public:
  extractor(std::string_view page, std::string_view charset, const html_limits& limits)
      : reader_(page, charset), limits_(limits), text_(limits.text), title_(limits.title),
        deadline_(cpu_time_of_thread() + limits.cpu) {}

  void run() {
    const std::unique_ptr<htmlParserCtxt, free_parser> parser{htmlNewParserCtxt()};
    if (parser == nullptr)
      throw std::bad_alloc{};
    htmlSAXHandler handlers{};
    handlers.startElement = [](void* self, const xmlChar* name, const xmlChar** attributes) {
      guarded(self, [&](extractor& x) { x.start(text_of(name), attributes); });
    };
    handlers.endElement = [](void* self, const xmlChar* name) {
      guarded(self, [&](extractor& x) { x.end(text_of(name)); });
    };
    // Scripts and styles come as CDATA, which is not shown: there is no handler for it, only an empty one, because the
    // parser would hand them over as characters otherwise.
    handlers.cdataBlock = [](void*, const xmlChar*, int) {};
    handlers.characters = [](void* self, const xmlChar* text, int size) {
      guarded(self, [&](extractor& x) {
        x.characters({reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)});
      });
    };
    handlers.ignorableWhitespace = handlers.characters;
    *parser->sax = handlers;
    parser->userData = this;
    const auto read = [](void* self, char* out, int size) { return static_cast<extractor*>(self)->read(out, size); };
    // The charset is settled, so the parser must not follow the page's own declaration.
    htmlCtxtReadIO(parser.get(), read, nullptr, this, nullptr, "UTF-8",
                   HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                       HTML_PARSE_IGNORE_ENC);
    if (failure_)
      std::rethrow_exception(failure_);
  }

  /// Moves what was found into `page`.
  void finish(html_page& page) {
    page.title = title_.take();
    page.text = text_.take();
    page.links = std::move(links_);
    page.base = std::move(base_);
    page.robots = robots_;
    auto& notes = page.notes;
    if (const auto count = reader_.replaced(); count > 0)
      notes.push_back(std::to_string(count) + (count == 1 ? " character is" : " characters are") + " not valid " +
                      page.charset + " and replaced by U+FFFD");
    if (out_of_time_)
      notes.push_back("parsing was given up after " + std::to_string(limits_.cpu.count()) + " ms on the CPU");
    if (too_deep_)
      notes.push_back("parsing was given up at " + std::to_string(limits_.depth) + " nested elements");
    if (text_full_ || title_full_)
      notes.push_back(std::string{text_full_ ? "the text" : "the title"} + " is cut at " +
                      mebibytes(text_full_ ? limits_.text : limits_.title));
    if (links_dropped_ > 0)
      notes.push_back(std::to_string(links_dropped_) + " links over the limit of " + std::to_string(limits_.links) +
                      " are left out");
    if (long_links_ > 0)
      notes.push_back(std::to_string(long_links_) + " links longer than " + mebibytes(limits_.link) + " are left out");
  }

private:
  template <class F>
  static void guarded(void* self, F&& f) noexcept {
    auto& x = *static_cast<extractor*>(self);
    if (x.failure_)
      return;
    try {
      f(x);
    } catch (...) {
      // No exception may pass through the parser, which is written in C.
      x.failure_ = std::current_exception();
      x.stop_ = true;
    }
  }

  /// Hands the parser the next piece of the page. Ending the page here is what stops the parser wherever it is, even
  /// inside a tag with a million attributes, each of which it compares with all others.
  int read(char* out, int size) noexcept {
    if (!stop_ && cpu_time_of_thread() > deadline_) {
      out_of_time_ = true;
      stop_ = true;
    }
    if (stop_ || size <= 0)
      return 0;
    try {
      return static_cast<int>(reader_.read(out, static_cast<std::size_t>(size)));
    } catch (...) {
      failure_ = std::current_exception();
      stop_ = true;
      return 0;
    }
  }

  void start(std::string_view name, const xmlChar** attributes) {
    if (++depth_ > limits_.depth && !stop_) {
      too_deep_ = true;
      stop_ = true;
    }
    switch (element_named(name)) {
    case element::block:
    case element::line_break:
      if (hidden_ == 0)
        text_.end_line();
      break;
    case element::cell:
      if (hidden_ == 0)
        text_.end_cell();
      break;
    case element::pre:
      if (hidden_ == 0)
        text_.begin_preformatted();
      ++preformatted_;
      break;
    case element::hidden:
      ++hidden_;
      break;
    case element::inert:
      ++hidden_;
      ++inert_;
      break;
    case element::svg:
      ++svg_;
      break;
    case element::title:
      ++titles_open_;
      break;
    case element::anchor:
      add_link(link_kind::anchor, attributes, "href");
      break;
    case element::area:
      add_link(link_kind::area, attributes, "href");
      break;
    case element::frame:
      add_link(link_kind::frame, attributes, "src");
      ++hidden_;
      break;
    case element::base:
      if (const auto* href = attribute(attributes, "href"); href != nullptr && base_.empty())
        base_ = clean_url(text_of(href).substr(0, limits_.link));
      break;
    case element::link:
      relation(attributes);
      break;
    case element::meta:
      meta(attributes);
      break;
    case element::other:
      break;
    }
  }

  void end(std::string_view name) {
    const auto leave = [](std::size_t& count) {
      if (count > 0)
        --count;
    };
    leave(depth_);
    switch (element_named(name)) {
    case element::block:
      if (hidden_ == 0)
        text_.end_line();
      break;
    case element::cell:
      if (hidden_ == 0)
        text_.end_cell();
      break;
    case element::pre:
      if (hidden_ == 0)
        text_.end_line();
      leave(preformatted_);
      break;
    case element::hidden:
    case element::frame:
      leave(hidden_);
      break;
    case element::inert:
      leave(hidden_);
      leave(inert_);
      break;
    case element::svg:
      leave(svg_);
      break;
    case element::title:
      leave(titles_open_);
      if (svg_ == 0 && titles_open_ == 0)
        titled_ = true;
      break;
    default:
      break;
    }
  }

  void characters(std::string_view text) {
    if (titles_open_ > 0) {
      // An SVG's title is a tooltip, and a second title is a mistake; neither is shown.
      if (svg_ == 0 && !titled_) {
        title_.add(text);
        title_full_ = title_.full();
      }
      return;
    }
    if (hidden_ > 0)
      return;
    if (preformatted_ > 0)
      text_.add_preformatted(text);
    else
      text_.add(text);
    text_full_ = text_.full();
  }

  void add_link(link_kind kind, std::string_view url, bool nofollow) {
    if (inert_ > 0)
      return;
    if (url.size() > limits_.link) {
      ++long_links_;
      return;
    }
    auto href = clean_url(url);
    // A fragment alone leads to the page itself.
    if (href.empty() || href.front() == '#')
      return;
    if (links_.size() == limits_.links) {
      ++links_dropped_;
      return;
    }
    links_.push_back({std::move(href), kind, nofollow});
  }

  void add_link(link_kind kind, const xmlChar** attributes, std::string_view name) {
    const auto* url = attribute(attributes, name);
    if (url == nullptr)
      return;
    auto nofollow = false;
    for_each_word(text_of(attribute(attributes, "rel")),
                  [&](std::string_view word) { nofollow = nofollow || equal_ignoring_case(word, "nofollow"); });
    add_link(kind, text_of(url), nofollow);
  }

  void relation(const xmlChar** attributes) {
    const auto* url = attribute(attributes, "href");
    if (url == nullptr)
      return;
    auto canonical = false;
    auto page = false;
    auto nofollow = false;
    for_each_word(text_of(attribute(attributes, "rel")), [&](std::string_view word) {
      canonical = canonical || equal_ignoring_case(word, "canonical");
      page = page || is_page_relation(word);
      nofollow = nofollow || equal_ignoring_case(word, "nofollow");
    });
    if (canonical)
      add_link(link_kind::canonical, text_of(url), nofollow);
    else if (page && is_html_type(text_of(attribute(attributes, "type"))))
      add_link(link_kind::relation, text_of(url), nofollow);
  }

  void meta(const xmlChar** attributes) {
    const auto content = text_of(attribute(attributes, "content"));
    if (equal_ignoring_case(trimmed(text_of(attribute(attributes, "name"))), "robots"))
      robots_.add(content);
    else if (equal_ignoring_case(trimmed(text_of(attribute(attributes, "http-equiv"))), "refresh"))
      if (const auto url = refresh_url(content); !url.empty())
        add_link(link_kind::meta_refresh, url, false);
  }

  utf8_reader reader_;
  const html_limits& limits_;
  text_builder text_;
  text_builder title_;
  std::vector<html_link> links_;
  std::string base_;
  robots_directives robots_;
  std::chrono::nanoseconds deadline_;
  std::exception_ptr failure_;
  std::size_t depth_ = 0;
  std::size_t preformatted_ = 0;
  std::size_t hidden_ = 0;
  std::size_t inert_ = 0;
  std::size_t svg_ = 0;
  std::size_t titles_open_ = 0;
  std::size_t links_dropped_ = 0;
  std::size_t long_links_ = 0;
  bool titled_ = false;
  bool title_full_ = false;
  bool text_full_ = false;
  bool too_deep_ = false;
  bool out_of_time_ = false;
  bool stop_ = false;
};

/// libxml2's own initialisation is not safe when two threads come first at once.
void initialise_parser() {
  [[maybe_unused]] static const auto done = [] {
    xmlInitParser();
    return true;
  }();
}

} // namespace

void robots_directives::add(std::string_view content) noexcept {
  for_each_word(content, [this](std::string_view word) {
    // X-Robots-Tag may begin with the name of a robot; what is said to all comes without one.
    const auto none = equal_ignoring_case(word, "none");
    noindex = noindex || none || equal_ignoring_case(word, "noindex");
    nofollow = nofollow || none || equal_ignoring_case(word, "nofollow");
  });
}

html_page parse_html(std::string_view body, std::string_view content_type, const html_limits& limits) {
  initialise_parser();
  html_page page;
  auto charset = detect_charset(body, content_type);
  page.charset = std::move(charset.name);
  if (!charset.unknown_label.empty())
    page.notes.push_back("the charset \"" + to_utf8(charset.unknown_label, "windows-1252") + "\" is unknown; read as " +
                         page.charset);
  extractor x{body.substr(charset.skip), page.charset, limits};
  x.run();
  x.finish(page);
  return page;
}

} // namespace services::scraper
