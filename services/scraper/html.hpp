#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What a crawler wants from an HTML page: title, visible text, links, and what the page asks of crawlers.
///
/// Runs libxml2's HTML parser with callbacks and builds no tree: 0.28 ms for a page of the PostgreSQL manual (14 KB)
/// instead of 0.55 ms, and memory for little more than what is returned. Broken markup is repaired as that parser does;
/// nothing that a page contains makes this throw (except `std::bad_alloc`).
///
/// Text: scripts, styles, templates, `noscript`, frames' fallbacks and SVG titles are left out. Blocks and `<br>` end a
/// line, cells of a table row are separated by tabs, other white space is collapsed, `<pre>` keeps its own. Everything
/// returned is valid UTF-8 without NULs; see charset.hpp for how the charset is found.
///
/// Limits: every part has one (`html_limits`), and a page that parses for too long is given up, because libxml2 takes
/// quadratic time for some hostile input. What was found until then is returned, and `notes` tells what is missing.
/// Blocks the calling thread; no shared state.
namespace services::scraper {

/// The bounds of one page.
struct html_limits {
  html_limits() = default;

  std::size_t text = 8 << 20;                              ///< bytes of text
  std::size_t title = 4096;                                ///< bytes of title
  std::size_t links = 50'000;                              ///< number of links
  std::size_t link = 8192;                                 ///< bytes of one link
  std::size_t depth = 4096;                                ///< elements open at once
  std::chrono::milliseconds cpu = std::chrono::seconds{1}; ///< time on the CPU
};

/// Where a link was found.
enum class link_kind : std::uint8_t {
  anchor,       ///< `<a href>`
  area,         ///< `<area href>`
  frame,        ///< `<frame src>`, `<iframe src>`
  relation,     ///< `<link rel="next">` and other relations to pages (not style sheets, icons and the like)
  canonical,    ///< `<link rel="canonical">`: the page's own preferred address
  meta_refresh, ///< `<meta http-equiv="refresh" content="0; url=…">`
};

/// A link as it stands in the page: not yet resolved against the base.
struct html_link {
  std::string href;
  link_kind kind = link_kind::anchor;
  bool nofollow = false; ///< `rel="nofollow"`

  friend bool operator==(const html_link&, const html_link&) = default;
};

/// What a page, or its X-Robots-Tag field, asks of robots.
struct robots_directives {
  bool noindex = false;
  bool nofollow = false;

  /// Adds the directives of `content`, such as `noindex, nofollow` or `none`.
  void add(std::string_view content) noexcept;
};

struct html_page {
  std::string title;
  std::string text;
  std::string base;    ///< `<base href>`, against which links are resolved; empty if there is none
  std::string charset; ///< the charset that it was read as
  std::vector<html_link> links;
  robots_directives robots;
  std::vector<std::string> notes; ///< what was replaced or left out, in sentences
};

/// Reads a page. `content_type` is the value of that field of the response and may be empty.
[[nodiscard]] html_page parse_html(std::string_view body, std::string_view content_type = {},
                                   const html_limits& limits = html_limits{});

} // namespace services::scraper
