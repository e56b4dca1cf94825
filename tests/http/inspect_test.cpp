#include <actors/http/error.hpp>
#include <actors/http/message.hpp>
#include <actors/http/url.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/init_global_meta_objects.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

/// What crosses a process border is checked on arrival: a node must not be able to make another one send a split
/// header.
namespace actors::http {
namespace {

template <class T>
std::string save(T& value) {
  caf::byte_buffer bytes;
  caf::binary_serializer sink{nullptr, bytes};
  EXPECT_TRUE(sink.apply(value));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class T>
std::optional<T> load(const std::string& bytes) {
  caf::core::init_global_meta_objects(); // a failed inspection carries its text as a message
  T value;
  caf::binary_deserializer source{nullptr, bytes.data(), bytes.size()};
  if (!source.apply(value))
    return std::nullopt;
  return value;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(inspect, messages_arrive_as_they_were_sent) {
  auto r = request{method::put, "/a?b", "body", "text/plain"}.set("A", "1").add("A", "2");
  EXPECT_EQ(load<request>(save(r)), r);
  auto s = response{status::not_found, "no", "text/plain"}.set("A", "1");
  EXPECT_EQ(load<response>(save(s)), s);
  s.set_reason("Nowhere");
  EXPECT_EQ(load<response>(save(s)), s);
  auto u = url::parse("http://example.com/x?y#z");
  EXPECT_EQ(load<url>(save(u)), u);
  auto none = url{};
  EXPECT_EQ(load<url>(save(none)), none);
}

TEST(inspect, parts_that_could_not_have_been_set_are_refused) {
  auto r = request{method::get, "/target"}.set("Name", "value");
  const auto bytes = save(r);
  EXPECT_FALSE(load<request>(replaced(bytes, "/target", "/ta\r\nt")));
  EXPECT_FALSE(load<request>(replaced(bytes, "value", "v\r\nue")));
  EXPECT_FALSE(load<request>(replaced(bytes, "Name", "N me")));
  auto bad_method = bytes;
  bad_method[0] = '\x7f';
  EXPECT_FALSE(load<request>(bad_method));

  auto s = response{status::ok}.set_reason("reason");
  EXPECT_FALSE(load<response>(replaced(save(s), "reason", "rea\nsn")));
  auto u = url::parse("http://example.com/x");
  EXPECT_FALSE(load<url>(replaced(save(u), "/x", " x")));
}

TEST(inspect, messages_can_be_printed) {
  const auto r = request{method::get, "/target"}.set("Name", "value");
  EXPECT_NE(caf::deep_to_string(r).find("/target"), std::string::npos);
}

} // namespace
} // namespace actors::http
