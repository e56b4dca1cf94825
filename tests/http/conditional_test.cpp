#include <actors/http/conditional.hpp>
#include <actors/http/date.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace actors::http {
namespace {

using namespace std::chrono_literals;
using field_list = std::vector<std::pair<const char*, std::string>>;

constexpr std::chrono::sys_seconds changed = std::chrono::sys_days{std::chrono::year{2020} / 5 / 17} + 12h;
constexpr std::chrono::sys_seconds now = changed + 24h;

const std::string before = format_date(changed - 1s);
const std::string same = format_date(changed);
const std::string after = format_date(changed + 1s);

request make(method m, const field_list& list) {
  request r{m, "/"};
  for (const auto& [name, value] : list)
    r.add(name, value);
  return r;
}

validators current() {
  return validators{}.etag(entity_tag{"v2"}).last_modified(changed);
}

TEST(preconditions, are_weighed_in_the_order_of_rfc_9110) {
  constexpr auto proceed = precondition::proceed;
  constexpr auto fresh = precondition::not_modified;
  constexpr auto failed = precondition::failed;

  struct row {
    field_list list;
    precondition get;
    precondition put;
  };

  const std::vector<row> table{
      {{}, proceed, proceed},
      // If-Match compares strongly
      {{{"If-Match", "\"v2\""}}, proceed, proceed},
      {{{"If-Match", "\"v1\", \"v2\""}}, proceed, proceed},
      {{{"If-Match", "\"v1\""}, {"If-Match", "\"v2\""}}, proceed, proceed},
      {{{"If-Match", "*"}}, proceed, proceed},
      {{{"If-Match", "\"v1\""}}, failed, failed},
      {{{"If-Match", "W/\"v2\""}}, failed, failed},
      {{{"If-Match", "v2"}}, failed, failed},
      {{{"If-Match", ""}}, failed, failed},
      {{{"If-Match", "\"v1,\"v2\""}}, failed, failed},
      // If-Unmodified-Since counts only without it
      {{{"If-Unmodified-Since", same}}, proceed, proceed},
      {{{"If-Unmodified-Since", after}}, proceed, proceed},
      {{{"If-Unmodified-Since", before}}, failed, failed},
      {{{"If-Unmodified-Since", "yesterday"}}, proceed, proceed},
      {{{"If-Unmodified-Since", before}, {"If-Unmodified-Since", before}}, proceed, proceed},
      {{{"If-Unmodified-Since", before}, {"If-Match", "\"v2\""}}, proceed, proceed},
      // If-None-Match compares weakly
      {{{"If-None-Match", "\"v2\""}}, fresh, failed},
      {{{"If-None-Match", "W/\"v2\""}}, fresh, failed},
      {{{"If-None-Match", "\"v1\", W/\"v2\""}}, fresh, failed},
      {{{"If-None-Match", "*"}}, fresh, failed},
      {{{"If-None-Match", "\"v1\""}}, proceed, proceed},
      {{{"If-None-Match", "\"v1, v2\""}}, proceed, proceed},
      {{{"If-None-Match", "v2"}}, proceed, proceed},
      // If-Modified-Since counts only without it, and only for reading
      {{{"If-Modified-Since", same}}, fresh, proceed},
      {{{"If-Modified-Since", after}}, fresh, proceed},
      {{{"If-Modified-Since", before}}, proceed, proceed},
      {{{"If-Modified-Since", "yesterday"}}, proceed, proceed},
      {{{"If-Modified-Since", "Sunday, 17-May-20 12:00:00 GMT"}}, fresh, proceed},
      {{{"If-Modified-Since", "Sun May 17 12:00:00 2020"}}, fresh, proceed},
      {{{"If-Modified-Since", same}, {"If-None-Match", "\"v1\""}}, proceed, proceed},
      {{{"If-Modified-Since", before}, {"If-None-Match", "\"v2\""}}, fresh, failed},
      // the first two come before the others
      {{{"If-Match", "\"v1\""}, {"If-None-Match", "\"v2\""}}, failed, failed},
      {{{"If-Match", "\"v2\""}, {"If-None-Match", "\"v2\""}}, fresh, failed},
      {{{"If-Unmodified-Since", before}, {"If-Modified-Since", same}}, failed, failed},
      {{{"If-Unmodified-Since", same}, {"If-Modified-Since", same}}, fresh, proceed},
  };
  for (const auto& [list, get, put] : table) {
    std::string what;
    for (const auto& [name, value] : list)
      what += std::string{name} + ": " + value + " | ";
    EXPECT_EQ(check_preconditions(make(method::get, list), current(), now), get) << "GET " << what;
    EXPECT_EQ(check_preconditions(make(method::head, list), current(), now), get) << "HEAD " << what;
    EXPECT_EQ(check_preconditions(make(method::put, list), current(), now), put) << "PUT " << what;
    EXPECT_EQ(check_preconditions(make(method::options, list), current(), now), proceed) << "OPTIONS " << what;
  }
}

TEST(preconditions, know_a_resource_that_is_not_there) {
  const auto none = validators{}.exists(false);
  EXPECT_EQ(check_preconditions(make(method::put, {{"If-None-Match", "*"}}), none, now), precondition::proceed);
  EXPECT_EQ(check_preconditions(make(method::put, {{"If-Match", "*"}}), none, now), precondition::failed);
  EXPECT_EQ(check_preconditions(make(method::put, {{"If-Match", "\"v1\""}}), none, now), precondition::failed);
  EXPECT_EQ(check_preconditions(make(method::get, {{"If-Modified-Since", after}}), none, now), precondition::proceed);
}

TEST(range_applies, only_to_exactly_the_representation_that_the_client_has) {
  struct row {
    std::string condition;
    bool applies;
  };

  for (const auto& [condition, applies] :
       {row{"\"v2\"", true}, row{"W/\"v2\"", false}, row{"\"v1\"", false}, row{"*", false}, row{same, true},
        row{after, false}, row{before, false}, row{"yesterday", false}, row{"\"v1\", \"v2\"", false}})
    EXPECT_EQ(range_applies(make(method::get, {{"If-Range", condition}}), current(), now), applies) << condition;
  EXPECT_TRUE(range_applies(make(method::get, {}), current(), now));
  EXPECT_FALSE(range_applies(make(method::get, {{"If-Range", "\"v2\""}, {"If-Range", "\"v2\""}}), current(), now));
  // It may still change within the second.
  EXPECT_FALSE(range_applies(make(method::get, {{"If-Range", same}}), current(), changed));
  EXPECT_TRUE(range_applies(make(method::get, {{"If-Range", same}}), current(), changed + 1s));
  const auto weak = validators{}.etag(entity_tag{"v2"}.weakened());
  EXPECT_FALSE(range_applies(make(method::get, {{"If-Range", "W/\"v2\""}}), weak, now));
}

response page() {
  return response{status::ok, "text", "text/plain"}
      .set("ETag", "\"v2\"")
      .set("Last-Modified", same)
      .set("Vary", "Accept")
      .set("Cache-Control", "no-cache");
}

TEST(apply_preconditions, makes_a_304_with_the_fields_that_caches_need) {
  const auto answer = apply_preconditions(make(method::get, {{"If-None-Match", "\"v2\""}}), page(), now);
  EXPECT_EQ(answer, response{status::not_modified}
                        .set("ETag", "\"v2\"")
                        .set("Last-Modified", same)
                        .set("Vary", "Accept")
                        .set("Cache-Control", "no-cache"));
  EXPECT_EQ(not_modified(current()), response{status::not_modified}.set("ETag", "\"v2\"").set("Last-Modified", same));
}

TEST(apply_preconditions, makes_a_412_or_leaves_the_answer_alone) {
  EXPECT_EQ(apply_preconditions(make(method::get, {{"If-Match", "\"v1\""}}), page(), now).status(),
            status::precondition_failed);
  EXPECT_EQ(apply_preconditions(make(method::get, {{"If-None-Match", "\"v1\""}}), page(), now), page());
  EXPECT_EQ(apply_preconditions(make(method::post, {{"If-None-Match", "\"v2\""}}), page(), now), page());
  const auto missing = page().set_status(status::not_found);
  EXPECT_EQ(apply_preconditions(make(method::get, {{"If-None-Match", "\"v2\""}}), missing, now), missing);
}

} // namespace
} // namespace actors::http
