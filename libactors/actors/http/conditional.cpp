#include <actors/http/conditional.hpp>

#include <actors/http/date.hpp>

#include <algorithm>
#include <string_view>

namespace actors::http {

namespace {

using std::chrono::sys_seconds;

/// The list of If-Match or If-None-Match: whether one of its tags is the current one.
template <class Same>
bool any_tag(const request& r, std::string_view name, const validators& current, Same same) {
  const auto items = r.fields().list(name);
  if (items.size() == 1 && items.front() == "*")
    return current.exists();
  if (!current.etag())
    return false;
  return std::any_of(items.begin(), items.end(), [&](std::string_view item) {
    const auto tag = entity_tag::parse(item);
    return tag && same(*tag, *current.etag());
  });
}

/// A date that counts: there is one, it is valid, and there is something to compare it with.
std::optional<sys_seconds> date_in(const request& r, std::string_view name, const validators& current,
                                   sys_seconds now) {
  if (!current.last_modified() || r.fields().count(name) != 1)
    return std::nullopt;
  return parse_date(*r.get(name), now);
}

} // namespace

precondition check_preconditions(const request& r, const validators& current, sys_seconds now) {
  const auto m = r.method();
  if (m == method::connect || m == method::options || m == method::trace)
    return precondition::proceed;
  const bool reads = m == method::get || m == method::head;
  const auto strongly = [](const entity_tag& a, const entity_tag& b) { return a.equals_strongly(b); };
  const auto weakly = [](const entity_tag& a, const entity_tag& b) { return a.equals_weakly(b); };
  if (r.fields().contains("If-Match")) {
    if (!any_tag(r, "If-Match", current, strongly))
      return precondition::failed;
  } else if (const auto limit = date_in(r, "If-Unmodified-Since", current, now)) {
    if (*current.last_modified() > *limit)
      return precondition::failed;
  }
  if (r.fields().contains("If-None-Match")) {
    if (any_tag(r, "If-None-Match", current, weakly))
      return reads ? precondition::not_modified : precondition::failed;
  } else if (reads) {
    if (const auto since = date_in(r, "If-Modified-Since", current, now); since && *current.last_modified() <= *since)
      return precondition::not_modified;
  }
  return precondition::proceed;
}

bool range_applies(const request& r, const validators& current, sys_seconds now) {
  const auto condition = r.get("If-Range");
  if (!condition)
    return true;
  if (r.fields().count("If-Range") != 1)
    return false;
  if (const auto tag = entity_tag::parse(*condition))
    return current.etag() && tag->equals_strongly(*current.etag());
  const auto date = date_in(r, "If-Range", current, now);
  return date && *date == *current.last_modified() && *date + std::chrono::seconds{1} <= now;
}

response not_modified(const validators& current) {
  response answer{status::not_modified};
  if (current.etag())
    answer.set("ETag", current.etag()->to_string());
  if (current.last_modified())
    answer.set("Last-Modified", format_date(*current.last_modified()));
  return answer;
}

validators validators_of(const response& answer, sys_seconds now) {
  validators result;
  if (const auto tag = answer.get("ETag"))
    result.etag(entity_tag::parse(*tag));
  if (const auto date = answer.get("Last-Modified"))
    result.last_modified(parse_date(*date, now));
  return result;
}

response apply_preconditions(const request& r, response answer, sys_seconds now) {
  const bool reads = r.method() == method::get || r.method() == method::head;
  if (!reads || answer.status() != status::ok)
    return answer;
  switch (check_preconditions(r, validators_of(answer, now), now)) {
  case precondition::proceed:
    return answer;
  case precondition::failed:
    return response{status::precondition_failed, "412 Precondition Failed\n", "text/plain; charset=utf-8"};
  case precondition::not_modified:
    break;
  }
  // The fields about the content go, those about the resource and the connection stay (RFC 9110 §15.4.5).
  for (const auto* name : {"Content-Type", "Content-Length", "Content-Encoding", "Content-Language", "Content-Range",
                           "Transfer-Encoding", "Accept-Ranges"})
    answer.fields().remove(name);
  answer.set_body({});
  answer.set_status(status::not_modified);
  return answer;
}

} // namespace actors::http
