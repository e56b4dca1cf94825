#include "client_support.hpp"

#include <brotli/encode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zlib.h>

#include <string>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;

using server = scripted_server;

std::string gzip(std::string_view text) {
  z_stream z{};
  if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string brotli(std::string_view text) {
  std::size_t size = BrotliEncoderMaxCompressedSize(text.size());
  std::string out(size, '\0');
  BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()),
                        &size, reinterpret_cast<std::uint8_t*>(out.data()));
  out.resize(size);
  return out;
}

std::string coded(std::string_view coding, std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string{coding} +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

std::string page() {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "line " + std::to_string(i) + "\n";
  return text;
}

TEST(client_decoding, bodies_come_decoded_and_leave_the_connection_usable) {
  run_virtually([]() -> task<> {
    const auto text = page();
    server peer{{server::answers({coded("gzip", gzip(text)), coded("br", brotli(text)), coded("gzip", "")})}};
    const auto web = peer.make_client();
    for (int i = 0; i < 2; ++i) {
      const auto answer = co_await web.get("http://x/");
      EXPECT_EQ(answer.body(), text);
      EXPECT_FALSE(answer.get("Content-Encoding"));
      EXPECT_FALSE(answer.get("Content-Length"));
    }
    EXPECT_EQ((co_await web.get("http://x/")).body(), "");
    EXPECT_EQ(peer.connections(), 1U);
  });
}

TEST(client_decoding, is_left_to_a_caller_that_asks_for_codings_itself) {
  run_virtually([]() -> task<> {
    const auto body = gzip("text");
    server peer{{server::answers({coded("gzip", body), coded("gzip", body)})}};
    const auto web = peer.make_client();
    const auto own = co_await web.send("http://x/", request{}.set("Accept-Encoding", "gzip"));
    EXPECT_EQ(own.body(), body);
    EXPECT_EQ(own.get("Content-Encoding"), "gzip");
    const auto raw = peer.make_client(client_options{}.decode(false));
    EXPECT_EQ((co_await raw.get("http://x/")).body(), body);
  });
}

TEST(client_decoding, ranges_are_asked_for_as_they_are) {
  run_virtually([]() -> task<> {
    std::vector<std::string> seen;
    const std::string part = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-6/100\r\n"
                             "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\npart";
    server peer{{recorder(seen, {part})}};
    const auto answer = co_await peer.make_client().send("http://x/", request{}.set("Range", "bytes=3-6"));
    EXPECT_EQ(field_of(seen.at(0), "Accept-Encoding"), "identity");
    // A server that does not care is not taken for one that has sent the whole.
    EXPECT_EQ(answer.body(), "part");
    EXPECT_EQ(answer.get("Content-Encoding"), "gzip");
  });
}

TEST(client_decoding, identity_is_no_coding) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({coded("identity", "plain")})}};
    const auto answer = co_await peer.make_client().get("http://x/");
    EXPECT_EQ(answer.body(), "plain");
    EXPECT_EQ(answer.get("Content-Length"), "5");
  });
}

TEST(client_decoding, head_responses_are_not_decoded) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99\r\n\r\n"})}};
    const auto answer = co_await peer.make_client().send("http://x/", request{method::head, "/"});
    EXPECT_EQ(answer.get("Content-Encoding"), "gzip");
    EXPECT_EQ(answer.body(), "");
  });
}

TEST(client_decoding, a_bomb_is_stopped_at_the_limit) {
  run_virtually([]() -> task<> {
    const auto bomb = gzip(std::string(50'000'000, '\0')); // NOLINT(bugprone-string-constructor): large
    EXPECT_LT(bomb.size(), 100'000U);
    server peer{{server::answers({coded("gzip", bomb)}), server::answers({coded("gzip, gzip", gzip(bomb))})}};
    const auto web = peer.make_client(client_options{}.max_body(1'000'000));
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(co_await kind_of(web.get("http://x/")), "too_large");
      EXPECT_EQ(web.open_connections(), 0U);
    }
  });
}

TEST(client_decoding, a_bomb_read_in_pieces_comes_in_small_ones) {
  run_virtually([]() -> task<> {
    server peer{{server::answers({coded("gzip", gzip(std::string(5'000'000, 'x')))})}};
    auto stream = co_await peer.make_client().open("http://x/");
    std::size_t total = 0;
    for (auto piece = co_await stream.read_some(); !piece.empty(); piece = co_await stream.read_some()) {
      EXPECT_LE(piece.size(), 64U * 1024);
      total += piece.size();
    }
    EXPECT_EQ(total, 5'000'000U);
  });
}

TEST(client_decoding, compressed_data_that_ends_early_is_an_error) {
  run_virtually([]() -> task<> {
    const auto body = gzip(page());
    server peer{{server::answers({coded("gzip", body.substr(0, body.size() / 2))})}};
    const auto web = peer.make_client();
    EXPECT_EQ(co_await kind_of(web.get("http://x/")), "decode");
    // The message itself was whole.
    EXPECT_LE(web.open_connections(), 1U);
  });
}

} // namespace
} // namespace actors::http::test
