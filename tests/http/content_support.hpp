#pragma once

#include "support.hpp"

#include <actors/core/spawn.hpp>
#include <actors/http/handler.hpp>
#include <actors/http/internal/content_decoder.hpp>
#include <actors/http/internal/content_encoder.hpp>
#include <actors/http/internal/parser.hpp>
#include <actors/http/server.hpp>
#include <actors/testing/memory_stream.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// What the tests of handlers share that work on contents.
namespace actors::http::test {

/// One request as text.
inline std::string request_text(std::string_view method, std::string_view target, std::string_view fields = {},
                                std::string_view body = {}) {
  std::string result{method};
  result.append(" ").append(target).append(" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n").append(fields);
  if (!body.empty())
    result.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return result.append("\r\n").append(body);
}

/// The bytes that answer one request over a connection in memory.
inline task<std::string> ask_server_for_bytes(handler function, std::string text,
                                              std::shared_ptr<log_sink> log = make_null_log_sink()) {
  auto options = server_options{}.server_name("").log_to(std::move(log)).max_body(64 << 20).answer_half_closed();
  server site{std::move(function), std::move(options)};
  auto ends = testing::make_memory_streams();
  const auto serving = spawn(site.serve(std::move(ends.second)));
  const auto writing = spawn([](net::stream& to, std::string what) -> task<> {
    co_await to.write_all(what);
    to.shutdown_write();
  }(*ends.first, std::move(text)));
  auto came = co_await read_to_end(*ends.first);
  co_await writing;
  co_await serving;
  co_return came;
}

/// The answer to one request over a connection in memory; without its Date. A body that was cut is marked by the field
/// `Cut`.
inline task<response> ask_server(handler function, std::string text,
                                 std::shared_ptr<log_sink> log = make_null_log_sink()) {
  const bool is_head = text.starts_with("HEAD ");
  const auto came = co_await ask_server_for_bytes(std::move(function), std::move(text), std::move(log));
  internal::response_parser parser{message_limits{}.max_body(std::uint64_t{1} << 40)};
  parser.expect_response_to(is_head ? method::head : method::get);
  std::string_view input = came;
  auto event = parser.next_whole(input);
  if (event == internal::parse_event::more)
    event = parser.finish();
  auto answer = std::move(parser.head());
  if (event != internal::parse_event::complete)
    answer.set("Cut", std::string{to_string(parser.failure().kind)});
  answer.fields().remove("Date");
  answer.fields().remove("Connection");
  co_return answer;
}

inline std::string pack(std::string_view coding, std::string_view text) {
  std::string result;
  internal::content_encoder::make(coding, 6)->encode(text, internal::content_encoder::flush::finish, result);
  return result;
}

/// What a message's body says, decoded by its Content-Encoding; throws if it is damaged.
inline std::string unpack(const fields& of, std::string_view body, bool may_be_part = false) {
  internal::content_decoder decoder{of, std::uint64_t{1} << 40};
  std::string result;
  for (;;) {
    const auto event = decoder.next(body);
    if (event == internal::decode_event::data)
      result.append(decoder.piece());
    else if (event == internal::decode_event::failed)
      throw std::runtime_error(decoder.message());
    else if (may_be_part || decoder.finish() == internal::decode_event::end)
      return result;
    else
      throw std::runtime_error(decoder.message());
  }
}

inline std::string unpack(const response& answer) {
  return unpack(answer.fields(), answer.body());
}

/// Text that compresses well, but not to nothing.
inline std::string long_text(std::size_t lines) {
  std::string result;
  for (std::size_t i = 0; i < lines; ++i)
    result += "line " + std::to_string(i * 7919) + " of many\n";
  return result;
}

} // namespace actors::http::test
