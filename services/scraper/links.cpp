#include <services/scraper/links.hpp>

#include <actors/http/url.hpp>

#include <map>
#include <optional>
#include <utility>

namespace services::scraper {

using actors::http::url;

url canonical(const url& address) {
  auto result = address.normalized();
  if (result.has_fragment())
    result = result.without_fragment();
  if (!result.userinfo().empty())
    result = result.without_userinfo();
  return result;
}

std::vector<page_link> resolve_links(const html_page& page, const url& address) {
  std::optional<url> base;
  if (!page.base.empty())
    base = address.resolve_link(page.base);
  if (!base || !base->is_http())
    base = address;

  std::vector<page_link> result;
  // Many pages link to the same few places again and again, so the text is looked up before it is parsed. Ordered maps:
  // a page could be written so that all of its links have the same hash.
  std::map<std::string_view, std::size_t> by_text;
  std::map<std::string, std::size_t> by_url;
  constexpr auto unusable = static_cast<std::size_t>(-1);
  const auto merge = [&result](std::size_t index, const html_link& link) {
    if (index != unusable)
      result[index].nofollow = result[index].nofollow && link.nofollow;
  };
  for (const auto& link : page.links) {
    const auto [known, is_new] = by_text.try_emplace(link.href, unusable);
    if (!is_new) {
      merge(known->second, link);
      continue;
    }
    const auto resolved = base->resolve_link(link.href);
    if (!resolved || !resolved->is_http())
      continue;
    const auto target = canonical(*resolved);
    const auto [place, is_new_url] = by_url.try_emplace(target.to_string(), result.size());
    known->second = place->second;
    if (!is_new_url) {
      merge(place->second, link);
      continue;
    }
    auto& added = result.emplace_back();
    added.url = target.to_string();
    added.origin = target.origin();
    added.kind = link.kind;
    added.nofollow = link.nofollow;
  }
  return result;
}

} // namespace services::scraper
