#include "../core/recording_spans.hpp"
#include "scripted_server.hpp"
#include "support.hpp"

#include <actors/core/ask.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/span.hpp>
#include <actors/http/client.hpp>
#include <actors/http/client_service.hpp>
#include <actors/http/server.hpp>
#include <actors/observe/otlp.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// A trace through servers, services and clients: on real sockets, for that is where it has to hold.
namespace actors::http::test {

namespace {

using nlohmann::json;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view incoming = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Says which trace its request has sent, and which one its handler works in.
response tell_plain(const request& r) {
  const auto trace = current_trace();
  return response{status::ok,
                  std::string{r.get("traceparent").value_or("nothing")} + " " +
                      std::string{r.get("tracestate").value_or("nothing")} + " " +
                      (trace ? trace->traceparent() : "none"),
                  "text/plain"};
}

task<response> tell_later(request r) {
  co_await yield();
  co_return tell_plain(r);
}

task<void> tell_in_pieces(server_exchange& x) {
  co_await yield();
  auto answer = tell_plain(x.head());
  co_await x.send(std::move(answer));
}

runtime_options options_with(std::shared_ptr<span_sink> sink) {
  return runtime_options{}.workers(2).trace_to(std::move(sink));
}

/// What a server with this handler answers to a request with these fields.
template <class Handler>
std::string asked(const runtime_options& options, Handler handler,
                  std::vector<std::pair<std::string, std::string>> sent) {
  runtime home{options};
  auto result = home.block_on([&]() -> task<std::string> {
    server site{handler, server_options{}.listen_on("127.0.0.1", 0)};
    co_await site.start();
    const client web;
    request what;
    for (const auto& [name, value] : sent)
      what.fields().add(name, value);
    const auto answer = co_await web.send(site.url() + "/path?query", what);
    web.close_idle();
    co_await site.stop();
    co_return answer.body();
  });
  static_cast<void>(home.stop());
  return result;
}

} // namespace

TEST(trace, every_form_of_handler_works_in_the_trace_of_its_request) {
  const auto expected = std::string{incoming} + " a=b " + std::string{incoming};
  EXPECT_EQ(asked(runtime_options{}, tell_plain, {{"traceparent", std::string{incoming}}, {"tracestate", "a=b"}}),
            expected);
  EXPECT_EQ(asked(runtime_options{}, tell_later, {{"traceparent", std::string{incoming}}, {"tracestate", "a=b"}}),
            expected);
  EXPECT_EQ(asked(runtime_options{}, tell_in_pieces, {{"traceparent", std::string{incoming}}, {"tracestate", "a=b"}}),
            expected);
}

TEST(trace, without_a_trace_none_is_made_up) {
  EXPECT_EQ(asked(runtime_options{}, tell_plain, {}), "nothing nothing none");
}

TEST(trace, a_malformed_field_is_not_passed_on) {
  for (const auto* bad : {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "x",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01"})
    EXPECT_THAT(asked(runtime_options{}, tell_later, {{"traceparent", bad}}), ::testing::EndsWith(" none")) << bad;
  EXPECT_THAT(asked(runtime_options{}, tell_later,
                    {{"traceparent", std::string{incoming}}, {"traceparent", std::string{incoming}}}),
              ::testing::EndsWith(" none"));
}

TEST(trace, a_server_makes_a_span_as_child_of_the_one_that_the_request_names) {
  const auto spans = std::make_shared<core_test::recording_spans>();
  static_cast<void>(asked(options_with(spans), tell_later, {{"traceparent", std::string{incoming}}}));
  const auto all = spans->spans();
  ASSERT_THAT(all, SizeIs(2)); // the client's was told to send this one
  const auto& seen = all[0].kind == span_kind::server ? all[0] : all[1];
  EXPECT_EQ(seen.kind, span_kind::server);
  EXPECT_EQ(seen.name, "GET");
  EXPECT_EQ(to_string(seen.context.trace()), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(to_string(seen.parent), "00f067aa0ba902b7");
  std::map<std::string, attribute_value> attributes;
  for (const auto& each : seen.attributes)
    attributes.emplace(each.key, each.value);
  EXPECT_EQ(attributes.at("http.request.method"), attribute_value{"GET"});
  EXPECT_EQ(attributes.at("url.path"), attribute_value{"/path"});
  EXPECT_EQ(attributes.at("http.response.status_code"), attribute_value{200});
}

TEST(trace, a_request_that_is_not_sampled_makes_no_server_span) {
  const auto spans = std::make_shared<core_test::recording_spans>();
  static_cast<void>(asked(options_with(spans), tell_later,
                          {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}}));
  for (const auto& each : spans->spans())
    EXPECT_EQ(each.kind, span_kind::client);
}

TEST(trace, a_handler_that_fails_makes_its_span_an_error) {
  const auto spans = std::make_shared<core_test::recording_spans>();
  const auto fail = [](request) -> task<response> {
    co_await yield();
    throw std::runtime_error("the shelf is empty");
  };
  static_cast<void>(asked(options_with(spans).log_to(make_null_log_sink()), fail, {}));
  for (const auto& each : spans->spans()) {
    EXPECT_EQ(each.status, span_status::error);
    if (each.kind == span_kind::server) {
      EXPECT_THAT(each.status_message, ::testing::HasSubstr("the shelf is empty"));
    }
  }
  EXPECT_THAT(spans->spans(), SizeIs(2));
}

TEST(trace, a_client_that_gets_no_answer_says_so_in_its_span) {
  const auto spans = std::make_shared<core_test::recording_spans>();
  runtime home{options_with(spans)};
  const auto failed = home.block_on([]() -> task<bool> {
    const client web;
    try {
      static_cast<void>(co_await web.get("http://127.0.0.1:1/"));
    } catch (const client_error&) {
      co_return true;
    }
    co_return false;
  });
  EXPECT_TRUE(failed);
  ASSERT_THAT(spans->spans(), SizeIs(1));
  EXPECT_EQ(spans->spans()[0].kind, span_kind::client);
  EXPECT_EQ(spans->spans()[0].status, span_status::error);
}

namespace {

/// The values of a field in the head of a request.
std::vector<std::string> values_of(const std::string& head, std::string_view name) {
  std::vector<std::string> result;
  const auto line = "\r\n" + std::string{name} + ": ";
  for (auto at = head.find(line); at != std::string::npos; at = head.find(line, at + 1)) {
    const auto begin = at + line.size();
    result.push_back(head.substr(begin, head.find("\r\n", begin) - begin));
  }
  return result;
}

/// The heads of the requests of a client that `visit(client)` leads through two redirects, one of them to another host.
template <class F>
std::vector<std::string> heads_of_a_redirected_request(runtime_options options, F visit) {
  std::vector<std::string> heads;
  const auto answer = [&heads](std::string text) -> scripted_server::script {
    return [&heads, text](net::stream& peer) -> task<void> {
      heads.push_back(co_await read_until(peer, "\r\n\r\n"));
      co_await peer.write_all(text);
      static_cast<void>(co_await read_to_end(peer));
    };
  };
  const auto redirect = [](std::string_view where) {
    return "HTTP/1.1 307 Elsewhere\r\nLocation: " + std::string{where} +
           "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  };
  scripted_server peer{{answer(redirect("/second")), answer(redirect("http://other/third")),
                        answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")}};
  runtime home{options.clock(clock_kind::virtual_time)};
  home.block_on([&]() -> task<> {
    const auto web = peer.make_client();
    co_await visit(web);
  });
  EXPECT_THAT(home.stop(), IsEmpty());
  return heads;
}

} // namespace

TEST(trace, each_hop_of_a_redirected_request_is_a_span_and_names_itself_to_the_server) {
  const auto spans = std::make_shared<core_test::recording_spans>();
  const auto heads = heads_of_a_redirected_request(runtime_options{}.trace_to(spans), [](const client& web) -> task<> {
    auto work = [&web]() -> task<> {
      const auto answer = co_await web.get("http://x/first");
      EXPECT_EQ(answer.body(), "hello");
    };
    co_await with_span("visit", work);
  });
  const auto visit = spans->span("visit");
  std::vector<std::string> sent;
  for (const auto& each : spans->spans()) {
    if (each.kind != span_kind::client)
      continue;
    sent.push_back(each.context.traceparent());
    EXPECT_EQ(to_string(each.context.trace()), to_string(visit.context.trace()));
    EXPECT_EQ(to_string(each.parent), to_string(visit.context.span()));
  }
  ASSERT_THAT(heads, SizeIs(3));
  ASSERT_THAT(sent, SizeIs(3));
  for (std::size_t hop = 0; hop < 3; ++hop)
    EXPECT_THAT(values_of(heads[hop], "traceparent"), ::testing::ElementsAre(sent[hop])) << heads[hop];
  EXPECT_NE(sent[0], sent[1]);
  EXPECT_NE(sent[1], sent[2]);
}

TEST(trace, is_carried_through_redirects_unchanged_where_no_spans_are_made) {
  const auto carried = trace_context::parse(incoming, "a=b");
  ASSERT_TRUE(carried);
  const auto heads = heads_of_a_redirected_request(runtime_options{}, [&carried](const client& web) -> task<> {
    auto work = [&web]() -> task<> { static_cast<void>(co_await web.get("http://x/first")); };
    co_await with_trace(*carried, work);
  });
  ASSERT_THAT(heads, SizeIs(3));
  for (const auto& head : heads) {
    EXPECT_THAT(values_of(head, "traceparent"), ::testing::ElementsAre(incoming)) << head;
    EXPECT_THAT(values_of(head, "tracestate"), ::testing::ElementsAre("a=b")) << head;
  }
}

TEST(trace, that_the_caller_has_written_himself_stays_through_redirects) {
  const auto spans = std::make_shared<core_test::recording_spans>();
  const auto heads = heads_of_a_redirected_request(runtime_options{}.trace_to(spans), [](const client& web) -> task<> {
    request what;
    what.fields().add("traceparent", incoming);
    static_cast<void>(co_await web.send("http://x/first", what));
  });
  ASSERT_THAT(heads, SizeIs(3));
  for (const auto& head : heads)
    EXPECT_THAT(values_of(head, "traceparent"), ::testing::ElementsAre(incoming)) << head;
}

TEST(trace, server_service_and_client_make_one_tree_in_the_exported_lines) {
  std::string folder = (std::filesystem::temp_directory_path() / "http-trace-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto file = std::filesystem::path{folder} / "traces.jsonl";
  {
    runtime home{options_with(observe::make_otlp_file_sink(observe::otlp_options{file}.service("chain")))};
    home.block_on([]() -> task<> {
      server back{[](const request&) { return response{status::ok, "stock", "text/plain"}; },
                  server_options{}.listen_on("127.0.0.1", 0)};
      co_await back.start();
      const client web;
      const auto fetcher = spawn_service(std::make_unique<client_service>(web));
      const auto where = back.url() + "/stock";
      server front{[fetcher, where](request) -> task<response> {
                     auto work = [&]() -> task<response> {
                       co_return co_await ask<response>(fetcher, fetch_atom_v, where);
                     };
                     co_return co_await with_span("look up", work);
                   },
                   server_options{}.listen_on("127.0.0.1", 0)};
      co_await front.start();
      const auto address = front.url();
      auto visit = [&]() -> task<> {
        const auto answer = co_await web.get(address + "/shop");
        EXPECT_EQ(answer.body(), "stock");
      };
      co_await with_span("visit", visit);
      web.close_idle();
      co_await front.stop();
      co_await back.stop();
    });
    EXPECT_THAT(home.stop(), IsEmpty());
  }
  // visit → client → server /shop → look up → (the service) client → server /stock
  std::map<std::string, json> by_id;
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);) {
    const auto parsed = json::parse(line);
    for (const auto& span : parsed.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans"))
      by_id.emplace(span.at("spanId").get<std::string>(), span);
  }
  std::filesystem::remove_all(folder);
  ASSERT_THAT(by_id, SizeIs(6));
  std::map<std::string, json> child_of;
  for (const auto& [id, span] : by_id) {
    EXPECT_EQ(span.at("traceId"), by_id.begin()->second.at("traceId"));
    child_of.emplace(span.value("parentSpanId", ""), span);
  }
  std::vector<std::string> chain;
  std::string at;
  for (auto next = child_of.find(at); next != child_of.end(); next = child_of.find(at)) {
    const auto& span = next->second;
    chain.push_back(span.at("name").get<std::string>() + " " + std::to_string(span.at("kind").get<int>()));
    at = span.at("spanId").get<std::string>();
  }
  EXPECT_THAT(chain, ::testing::ElementsAre("visit 1", "GET 3", "GET 2", "look up 1", "GET 3", "GET 2"));
}

} // namespace actors::http::test
