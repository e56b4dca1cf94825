#pragma once

#include <services/scraper/html.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace actors::http {
class url;
}

/// From links as they stand in a page to canonical URLs.
///
/// A canonical URL is absolute, `http` or `https`, normalised (RFC 3986 §6.2), without fragment and without user name
/// and password: what the frontier tells URLs apart by. Links of other schemes and links of which no URL can be made
/// are left out.
namespace services::scraper {

/// A link of a page, resolved.
class page_link {
public:
  page_link() = default;

  std::string url;
  std::string origin; ///< `scheme://host` with the port unless it is the default
  link_kind kind = link_kind::anchor;
  bool nofollow = false;
};

/// The canonical form of a URL.
[[nodiscard]] actors::http::url canonical(const actors::http::url& url);

/// The links of a page fetched from `address`, each URL once, in the order in which they stand there. A URL that has
/// several links is `nofollow` only if all of them are. Respects `<base href>`.
[[nodiscard]] std::vector<page_link> resolve_links(const html_page& page, const actors::http::url& address);

} // namespace services::scraper
