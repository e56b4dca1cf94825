#include <services/scraper/internal/page_fetch.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/http/client_error.hpp>
#include <actors/http/date.hpp>
#include <actors/http/error.hpp>
#include <actors/http/media_type.hpp>
#include <actors/http/status.hpp>
#include <actors/http/url.hpp>
#include <services/scraper/html.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace services::scraper::internal {

namespace {

namespace http = actors::http;

// A few milliseconds of work.
constexpr std::size_t longest_parsed_here = std::size_t{256} * 1024;

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_html(const http::response& head) {
  const auto field = head.get("Content-Type");
  // Without a type it may be a page: the parser will see.
  if (!field)
    return true;
  const auto type = http::media_type::parse(*field);
  return type && (type->is("text/html") || type->is("application/xhtml+xml"));
}

std::string status_text(const http::response& head) {
  std::string text = "HTTP " + std::to_string(static_cast<int>(head.status()));
  if (!head.reason().empty())
    text.append(" ").append(head.reason());
  return text;
}

void read_redirect(const http::response& head, const http::url& address, page_fetch& result) {
  const auto location = head.get("Location");
  if (!location) {
    result.page.error = status_text(head) + " without a Location";
    return;
  }
  const auto target = address.resolve_link(*location);
  if (!target || !target->is_http()) {
    result.page.error =
        status_text(head) + " leads to what is no HTTP address: " + std::string{location->substr(0, 200)};
    return;
  }
  const auto address_of_target = canonical(*target);
  page_link link;
  link.url = address_of_target.to_string();
  link.origin = address_of_target.origin();
  result.page.links.push_back(link.url);
  result.redirect = std::move(link);
}

void read_page(std::string_view body, const http::response& head, const http::url& address, page_fetch& result) {
  const auto type = head.get("Content-Type");
  auto page = parse_html(body, type ? *type : std::string_view{});
  for (const auto value : head.fields().get_all("X-Robots-Tag"))
    page.robots.add(value);
  auto links = resolve_links(page, address);
  result.page.links.reserve(links.size());
  for (const auto& link : links)
    result.page.links.push_back(link.url);
  if (page.robots.noindex) {
    result.page.error = "the page asks not to be indexed (noindex)";
  } else {
    result.page.title = std::move(page.title);
    result.page.text = std::move(page.text);
  }
  if (page.robots.nofollow)
    return;
  std::erase_if(links, [](const page_link& link) { return link.nofollow; });
  result.follow = std::move(links);
}

bool worth_retrying(http::client_errc kind) noexcept {
  switch (kind) {
  case http::client_errc::resolve:
  case http::client_errc::connect:
  case http::client_errc::timeout:
  case http::client_errc::disconnected:
  case http::client_errc::truncated:
    return true;
  default:
    return false;
  }
}

} // namespace

std::optional<std::chrono::seconds> retry_after(const http::response& head) {
  const auto field = head.get("Retry-After");
  if (!field)
    return std::nullopt;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto wait = http::parse_retry_after(*field, now);
  if (!wait)
    return std::nullopt;
  return std::min(*wait, longest_retry_after);
}

actors::task<page_fetch> fetch_page(http::client web, std::string url) {
  page_fetch result;
  result.page.url = url;
  try {
    const auto address = http::url::parse(url);
    auto response = co_await web.open(address);
    const auto& head = response.head();
    const int status = static_cast<int>(head.status());
    result.page.status = status;
    if (is_redirect(status)) {
      read_redirect(head, address, result);
    } else if (status < 200 || status >= 300) {
      result.page.error = status_text(head);
      result.worth_retrying = is_temporary(status);
      result.retry_after = retry_after(head);
    } else if (!is_html(head)) {
      result.page.error = "not an HTML page but " + std::string{head.get("Content-Type")->substr(0, 100)};
    } else {
      const auto body = co_await response.read_all();
      result.bytes = body.size();
      // A long page would hold up everything else on this worker.
      if (body.size() > longest_parsed_here)
        co_await actors::to_thread([&] { read_page(body, head, address, result); });
      else
        read_page(body, head, address, result);
    }
    // A short rest of a body is read, so that the connection can be used again.
    if (response.content_length().value_or(max_page_size) <= std::uint64_t{64} * 1024 && result.bytes == 0)
      static_cast<void>(co_await response.read_all());
  } catch (const http::client_error& error) {
    // A body that was not wanted may break off.
    if (result.page.error.empty() && !result.redirect) {
      result.page.error = error.what();
      result.worth_retrying = worth_retrying(error.kind());
    }
  } catch (const http::error& error) {
    result.page.error = error.what();
  }
  result.page.fetched_at = std::chrono::system_clock::now();
  co_return result;
}

} // namespace services::scraper::internal
