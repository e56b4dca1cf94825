#include "websocket_conformance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// RFC 7692 with all combinations of its parameters: a peer that compresses with zlib as they allow, and that takes
// nothing that they do not allow.
namespace actors::http::test {
namespace {

constexpr endpoint both[] = {endpoint::server, endpoint::client};

/// Compresses messages with a window of so many bits.
class packer {
public:
  packer(int bits, bool takes_over) : takes_over_(takes_over) {
    // zlib cannot compress for a window of 8 bits; storing refers to nothing.
    const int level = bits == 8 ? 0 : 6;
    if (deflateInit2(&stream_, level, Z_DEFLATED, -std::max(bits, 9), 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc{};
  }

  packer(const packer&) = delete;
  packer& operator=(const packer&) = delete;

  ~packer() { deflateEnd(&stream_); }

  std::string operator()(const std::string& message) {
    if (message.empty())
      return {"\x00", 1}; // RFC 7692 §7.2.3.6: there is nothing to flush
    std::string out(message.size() * 2 + 100, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
    stream_.avail_in = static_cast<uInt>(message.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream_, Z_SYNC_FLUSH) != Z_OK)
      throw std::runtime_error("cannot compress");
    out.resize(out.size() - stream_.avail_out - 4);
    if (!takes_over_)
      deflateReset(&stream_);
    return out;
  }

private:
  z_stream stream_{};
  bool takes_over_;
};

/// Decompresses them; fails for a reference beyond the window, and for one to an earlier message if there may be none.
class unpacker {
public:
  unpacker(int bits, bool takes_over) : takes_over_(takes_over) {
    if (inflateInit2(&stream_, -bits) != Z_OK)
      throw std::bad_alloc{};
  }

  unpacker(const unpacker&) = delete;
  unpacker& operator=(const unpacker&) = delete;

  ~unpacker() { inflateEnd(&stream_); }

  std::string operator()(std::string packed) {
    packed.append("\x00\x00\xff\xff", 4);
    std::string out(200'000, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream_.avail_in = static_cast<uInt>(packed.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int code = inflate(&stream_, Z_SYNC_FLUSH);
    if ((code != Z_OK && code != Z_BUF_ERROR) || stream_.avail_in != 0)
      return stream_.msg != nullptr ? stream_.msg : "cannot decompress";
    out.resize(out.size() - stream_.avail_out);
    if (!takes_over_)
      inflateReset(&stream_);
    return out;
  }

private:
  z_stream stream_{};
  bool takes_over_;
};

/// Text that repeats itself only after so many bytes.
std::string repeating_after(std::size_t distance) {
  std::string block;
  unsigned value = static_cast<unsigned>(distance);
  for (std::size_t i = 0; i < distance; ++i) {
    value = value * 1'103'515'245U + 12'345U;
    block.push_back(static_cast<char>('0' + (value >> 16U) % 64));
  }
  return block + block + block;
}

/// What one side and the other may do.
struct terms {
  bool ours_take_over = true;
  bool theirs_take_over = true;
  int our_bits = 15;
  int their_bits = 15;
};

/// Messages in fragments of so many bytes (0: whole), and whether they come back.
task<void> check_echo(conversation talk, terms agreed, std::size_t fragment, std::string name) {
  const std::vector<std::string> messages{"Hello",
                                          "",
                                          "Hello",
                                          repeating_after(200),
                                          repeating_after(600),
                                          repeating_after(5000),
                                          repeating_after(200),
                                          repeating_after(17'000),
                                          std::string(20'000, 'x')};
  packer pack{agreed.their_bits, agreed.theirs_take_over};
  std::vector<raw_frame> sent;
  for (const auto& message : messages) {
    const auto packed = pack(message);
    const auto size = fragment == 0 ? packed.size() : fragment;
    for (std::size_t at = 0; at == 0 || at < packed.size(); at += size)
      sent.push_back(frame(at == 0 ? 1 : 0, packed.substr(at, size), at + size >= packed.size(), at == 0 ? 4 : 0));
  }
  sent.push_back(close_frame());
  const auto answers = co_await talk.frames(std::move(sent));
  EXPECT_EQ(answers.size(), messages.size() + 1) << name;
  if (answers.size() != messages.size() + 1)
    co_return;
  unpacker unpack{agreed.our_bits, agreed.ours_take_over};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& answer = answers[i];
    EXPECT_EQ(answer.reserved, messages[i].empty() ? 0U : 4U) << name;
    const auto text = answer.reserved == 4 ? unpack(answer.payload) : answer.payload;
    EXPECT_TRUE(text == messages[i]) << name << ", message " << i << ": " << text.substr(0, 100);
  }
  EXPECT_EQ(label(answers.back()), "close 1000") << name;
}

std::string bits_parameter(const std::string& name, int bits) {
  return bits == 0 ? "" : "; " + name + "_max_window_bits=" + std::to_string(bits);
}

/// All values that are asked for; 0 for none.
constexpr int all_bits[] = {0, 8, 9, 10, 11, 12, 13, 14, 15};

task<void> check_server(bool server_keeps, bool client_keeps, int server_bits, int client_bits) {
  std::string offer = "permessage-deflate";
  if (!server_keeps)
    offer += "; server_no_context_takeover";
  if (!client_keeps)
    offer += "; client_no_context_takeover";
  offer += bits_parameter("server", server_bits) + bits_parameter("client", client_bits);
  const auto options =
      plain().compression(deflate_options{}.server_context_takeover(true).client_context_takeover(true).threshold(0));
  auto talk = conversation{endpoint::server, options};
  talk.extensions(offer);
  const terms agreed{server_keeps, client_keeps, server_bits == 0 ? 15 : server_bits,
                     client_bits == 0 ? 15 : client_bits};
  co_await check_echo(talk, agreed, server_bits % 2 == 0 ? 0 : 100, "server, " + offer);
}

task<void> check_client(bool server_keeps, bool client_keeps, int server_bits, int client_bits) {
  std::string answer = "permessage-deflate";
  if (!server_keeps)
    answer += "; server_no_context_takeover";
  if (!client_keeps)
    answer += "; client_no_context_takeover";
  answer += bits_parameter("server", server_bits) + bits_parameter("client", client_bits);
  const auto options =
      plain().compression(deflate_options{}.server_context_takeover(true).client_context_takeover(true).threshold(0));
  auto talk = conversation{endpoint::client, options};
  talk.extensions(answer);
  const terms agreed{client_keeps, server_keeps, client_bits == 0 ? 15 : client_bits,
                     server_bits == 0 ? 15 : server_bits};
  co_await check_echo(talk, agreed, server_bits % 2 == 0 ? 0 : 100, "client, " + answer);
}

TEST(websocket_deflate_conformance, every_combination_of_parameters_is_kept_to) {
  run_virtually([]() -> task<> {
    for (const bool server_keeps : {false, true}) {
      for (const bool client_keeps : {false, true}) {
        for (const int bits : all_bits) {
          co_await check_server(server_keeps, client_keeps, bits, 0);
          co_await check_server(server_keeps, client_keeps, 0, bits);
          co_await check_server(server_keeps, client_keeps, bits, bits == 0 ? 0 : 23 - bits);
          co_await check_client(server_keeps, client_keeps, bits, 0);
          co_await check_client(server_keeps, client_keeps, 0, bits);
          co_await check_client(server_keeps, client_keeps, bits, bits == 0 ? 0 : 23 - bits);
        }
      }
    }
  });
}

TEST(websocket_deflate_conformance, compressed_messages_come_in_bytes_and_between_pings) {
  run_virtually([]() -> task<> {
    for (const auto ours : both) {
      const auto options = plain().compression(deflate_options{}.threshold(1'000'000).client_context_takeover(true));
      const std::string agreed = "permessage-deflate; server_no_context_takeover";
      packer pack{15, false};
      const auto packed = pack("compressed, and whole again");
      for (const auto how : {arrival::at_once, arrival::by_frame, arrival::by_byte}) {
        auto talk = conversation{ours, options};
        talk.extensions(agreed).arriving(how);
        std::vector<raw_frame> sent;
        for (std::size_t at = 0; at < packed.size(); ++at) {
          sent.push_back(frame(at == 0 ? 1 : 0, packed.substr(at, 1), false, at == 0 ? 4 : 0));
          if (at == 5)
            sent.push_back(ping("between"));
        }
        sent.push_back(more(""));
        sent.push_back(close_frame());
        const std::vector<std::string> expected{"pong between", "text compressed, and whole again", "close 1000"};
        EXPECT_EQ(co_await talk.labels(std::move(sent)), expected);
      }
    }
  });
}

TEST(websocket_deflate_conformance, breaches_are_refused) {
  run_virtually([]() -> task<> {
    for (const auto ours : both) {
      const auto options = plain().compression(deflate_options{}.threshold(1'000'000));
      packer pack{15, false};
      const auto hello = pack("Hello");
      const std::string agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
      const auto verdict = [&](auto... frames) -> task<std::string> {
        std::vector<raw_frame> sent{std::move(frames)...};
        auto talk = conversation{ours, options};
        talk.extensions(agreed);
        const auto answers = co_await talk.labels(std::move(sent));
        co_return answers.empty() ? "nothing" : answers.back();
      };
      EXPECT_EQ(co_await verdict(frame(1, hello, true, 4), close_frame()), "close 1000");
      EXPECT_EQ(co_await verdict(frame(1, hello, true, 6)), "close 1002");
      EXPECT_EQ(co_await verdict(frame(1, hello, true, 5)), "close 1002");
      EXPECT_EQ(co_await verdict(frame(9, "x", true, 4)), "close 1002");
      EXPECT_EQ(co_await verdict(frame(8, close_text(1000), true, 4)), "close 1002");
      // Only the first fragment says that the message is compressed (RFC 7692 §6.1).
      EXPECT_EQ(co_await verdict(frame(1, hello, false, 4), frame(0, "", true, 4)), "close 1002");
      EXPECT_EQ(co_await verdict(text("plain", false), frame(0, hello, true, 4)), "close 1002");
      EXPECT_EQ(co_await verdict(frame(1, "\xff\xff\xff\xff", true, 4)), "close 1007");
      EXPECT_EQ(co_await verdict(frame(1, pack("\xff\xfe"), true, 4)), "close 1007");
      // Refers to the message before, although that is not kept.
      packer keeping{15, true};
      const auto first = keeping(repeating_after(300));
      const auto second = keeping(repeating_after(300));
      EXPECT_EQ(co_await verdict(frame(1, first, true, 4), frame(1, second, true, 4)), "close 1007");
      // What is not compressed may come between.
      EXPECT_EQ(co_await verdict(frame(1, hello, true, 4), text("plain"), frame(1, hello, true, 4), close_frame()),
                "close 1000");
    }
  });
}

TEST(websocket_deflate_conformance, a_window_of_less_than_was_agreed_on_is_refused) {
  run_virtually([]() -> task<> {
    const auto options = plain().compression(deflate_options{}.threshold(1'000'000));
    auto talk = conversation{endpoint::server, options};
    talk.extensions("permessage-deflate; client_max_window_bits=9");
    packer pack{15, false};
    const std::vector<raw_frame> sent{frame(1, pack(repeating_after(5000)), true, 4)};
    const auto answers = co_await talk.labels(sent);
    const std::vector<std::string> expected{"close 1007"};
    EXPECT_EQ(answers, expected);
  });
}

} // namespace
} // namespace actors::http::test
