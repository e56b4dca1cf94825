#include "../core/errors.hpp"
#include "../core/every_runtime.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/timeout.hpp>
#include <actors/net/stream_reader.hpp>
#include <actors/testing/memory_stream.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// What is read must not depend on how the bytes came: every test runs with the bytes in pieces of all sizes.
namespace {

using actors::spawn;
using actors::task;
using actors::net::errc;
using actors::net::incomplete_read;
using actors::net::net_error;
using actors::net::stream_reader;
using actors::testing::memory_stream_options;
using actors::testing::stream_faults;
using namespace core_test;

/// Both ends of a connection whose first end has written `text` and nothing more.
actors::testing::memory_streams after(std::string_view text, const stream_faults& faults) {
  auto streams = actors::testing::make_memory_streams(memory_stream_options{}.from_first(faults));
  while (!text.empty())
    text.remove_prefix(streams.first->try_write_some(text));
  streams.first->shutdown_write();
  return streams;
}

template <class F>
void in_pieces(F body) {
  for (const std::size_t most : {1, 2, 3, 5, 100'000})
    in_virtual_time([&] { return body(stream_faults{}.pieces(most)); });
  for (const auto seed : schedule_seeds())
    in_virtual_time([&] { return body(stream_faults{}.random_pieces(seed, 9)); });
}

std::error_code code_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const net_error& e) {
    return e.code();
  }
}

} // namespace

TEST(stream_reader, reads_a_header_of_lines_and_a_body_of_known_length) {
  in_pieces([](stream_faults faults) -> task<> {
    const auto streams = after("name: actors\r\nlength: 5\r\n\r\nhellorest", faults);
    //! [reader]
    stream_reader in{*streams.second};
    std::vector<std::string> header;
    while (auto line = co_await in.read_line()) {
      if (line->empty())
        break;
      header.push_back(*std::move(line));
    }
    const auto body = co_await in.read_exactly(5);
    //! [reader]
    EXPECT_THAT(header, testing::ElementsAre("name: actors", "length: 5"));
    EXPECT_EQ(body, "hello");
    const auto rest = co_await in.read_all(100);
    EXPECT_EQ(rest, "rest");
    EXPECT_TRUE(in.at_end());
  });
}

TEST(stream_reader, a_line_ends_with_a_line_feed_and_the_last_one_may_do_without) {
  in_pieces([](stream_faults faults) -> task<> {
    const auto streams = after("a\n\nb\rc\r\n\r\nd", faults);
    stream_reader in{*streams.second};
    std::vector<std::string> lines;
    while (auto line = co_await in.read_line())
      lines.push_back(*std::move(line));
    EXPECT_THAT(lines, testing::ElementsAre("a", "", "b\rc", "", "d"));
    const auto none = co_await in.read_line();
    EXPECT_EQ(none, std::nullopt);
  });
}

TEST(stream_reader, a_line_over_the_limit_is_dropped_and_the_next_one_is_whole) {
  in_pieces([](stream_faults faults) -> task<> {
    const auto streams = after("1234\n12345\r\n123456789012345678901234567890\n12\n123456", faults);
    stream_reader in{*streams.second, 5};
    std::vector<std::string> seen;
    for (bool more = true; more;) {
      bool too_long = false;
      try {
        const auto line = co_await in.read_line();
        more = line.has_value();
        if (line)
          seen.push_back(*line);
      } catch (const net_error& e) {
        too_long = e.code() == errc::too_long;
      }
      if (too_long)
        seen.emplace_back("too long");
    }
    EXPECT_THAT(seen, testing::ElementsAre("1234", "12345", "too long", "12", "too long"));
  });
}

TEST(stream_reader, exactly_so_many_bytes_or_an_error_with_the_part_that_was_there) {
  in_pieces([](stream_faults faults) -> task<> {
    const auto streams = after("abcdef", faults);
    stream_reader in{*streams.second};
    const auto first = co_await in.read_exactly(4);
    EXPECT_EQ(first, "abcd");
    const auto none = co_await in.read_exactly(0);
    EXPECT_EQ(none, "");
    const auto error = co_await error_of(in.read_exactly(3));
    EXPECT_EQ(code_of(error), errc::end_of_stream);
    EXPECT_EQ(actors::describe(error), "read from memory:1: the stream has ended too early (after 2 of 3 bytes)");
    bool seen = false;
    try {
      std::rethrow_exception(error);
    } catch (const incomplete_read& e) {
      seen = e.partial() == "ef" && e.expected() == 3;
    }
    EXPECT_TRUE(seen);
    EXPECT_TRUE(in.at_end());
  });
}

TEST(stream_reader, up_to_a_mark_that_may_come_in_pieces) {
  in_pieces([](stream_faults faults) -> task<> {
    const auto streams = after("one--two---three", faults);
    stream_reader in{*streams.second};
    const auto one = co_await in.read_until("--");
    const auto two = co_await in.read_until("---");
    EXPECT_EQ(one, "one");
    EXPECT_EQ(two, "two");
    const auto error = co_await error_of(in.read_until("--"));
    EXPECT_EQ(code_of(error), errc::end_of_stream);
    const auto empty = co_await error_of(in.read_until(""));
    EXPECT_TRUE(is_a<actors::misuse_error>(empty));
  });
}

TEST(stream_reader, a_mark_beyond_the_limit_leaves_the_bytes_where_they_are) {
  in_pieces([](stream_faults faults) -> task<> {
    const auto streams = after("12345;1234567;1", faults);
    stream_reader in{*streams.second, 5};
    const auto first = co_await in.read_until(";");
    EXPECT_EQ(first, "12345");
    const auto error = co_await error_of(in.read_until(";"));
    EXPECT_EQ(code_of(error), errc::too_long);
    const auto rest = co_await in.read_all(9);
    EXPECT_EQ(rest, "1234567;1");
  });
}

TEST(stream_reader, everything_up_to_a_limit) {
  in_pieces([](stream_faults faults) -> task<> {
    const auto streams = after("12345", faults);
    stream_reader in{*streams.second};
    const auto error = co_await error_of(in.read_all(4));
    EXPECT_EQ(code_of(error), errc::too_long);
    const auto all = co_await in.read_all(5);
    EXPECT_EQ(all, "12345");
    const auto nothing = co_await in.read_all(0);
    EXPECT_EQ(nothing, "");
    const auto end = co_await in.read_some(10);
    EXPECT_EQ(end, "");
  });
}

TEST(stream_reader, a_read_that_is_cancelled_or_late_has_taken_nothing) {
  on_every_runtime([]() -> task<> {
    const auto streams = actors::testing::make_memory_streams();
    stream_reader in{*streams.second};
    co_await streams.first->write_all("half a ");
    const auto late = co_await error_of(actors::with_timeout(1ms, in.read_line()));
    EXPECT_TRUE(is_a<actors::timeout_error>(late));
    for (int kind = 0; kind < 4; ++kind) {
      auto reading = kind == 0   ? spawn(error_of(in.read_line()))
                     : kind == 1 ? spawn(error_of(in.read_exactly(100)))
                     : kind == 2 ? spawn(error_of(in.read_until("!")))
                                 : spawn(error_of(in.read_all(100)));
      co_await actors::sleep(1ms);
      reading.cancel();
      const auto error = co_await reading;
      EXPECT_TRUE(actors::is_cancelled(error));
    }
    co_await streams.first->write_all("line\nand more");
    const auto line = co_await in.read_line();
    EXPECT_EQ(line, "half a line");
    streams.first->shutdown_write();
    const auto more = co_await in.read_some(3);
    EXPECT_EQ(more, "and");
    EXPECT_EQ(in.take_buffered(), " more");
  });
}

TEST(stream_reader, a_cancelled_read_of_anything_has_taken_nothing) {
  on_every_runtime([]() -> task<> {
    const auto streams = actors::testing::make_memory_streams();
    stream_reader in{*streams.second};
    // There is nothing yet: with anything there it would not wait.
    const auto reading = spawn(error_of(in.read_some(10)));
    co_await actors::sleep(1ms);
    reading.cancel();
    const auto error = co_await reading;
    EXPECT_TRUE(actors::is_cancelled(error));
    co_await streams.first->write_all("text");
    const auto text = co_await in.read_some(10);
    EXPECT_EQ(text, "text");
  });
}

TEST(stream_reader, needs_a_limit) {
  const auto streams = actors::testing::make_memory_streams();
  EXPECT_THROW((stream_reader{*streams.second, 0}), actors::misuse_error);
}
