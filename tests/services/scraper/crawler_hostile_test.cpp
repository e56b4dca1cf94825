#include "crawl_fixture.hpp"

#include <actors/core/sleep.hpp>

#include <gmock/gmock.h>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <stdexcept>

using namespace scraper_test;
using namespace services::scraper;
using actors::task;
using actors::net::stream;
using ::testing::HasSubstr;

namespace {

class hostile_site : public crawl_fixture {
protected:
  /// Crawls one page of a site that behaves as told: its row.
  page_record visit(raw_site::behaviour behave) {
    raw_site site{home_, std::move(behave)};
    auto options = from(site.url() + "/page");
    options.retries = 0;
    options.timeout = timeout_;
    const auto found = crawl_paths(site.url(), options);
    EXPECT_EQ(found.size(), 1u);
    return found.at("/page");
  }

  /// The same for a site that sends some bytes and closes.
  page_record visit(std::string bytes) {
    return visit([bytes = std::move(bytes)](stream& connection) { return send(&connection, bytes); });
  }

  static task<void> send(stream* connection, std::string bytes) {
    co_await read_head(*connection);
    co_await connection->write_all(bytes);
  }

  std::chrono::milliseconds timeout_ = 10s;
};

constexpr auto chunked_head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n";

// More than any page may have, and much less than would be noticed only by running out of memory.
constexpr std::uint64_t plenty = 64 << 20;

std::string gzip(std::size_t zeros) {
  z_stream z{};
  if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib does not work");
  std::string result;
  std::array<unsigned char, 65536> block{};
  std::array<unsigned char, 65536> out{};
  do {
    const auto size = std::min(zeros, block.size());
    zeros -= size;
    z.next_in = block.data();
    z.avail_in = static_cast<unsigned>(size);
    do {
      z.next_out = out.data();
      z.avail_out = out.size();
      deflate(&z, zeros == 0 ? Z_FINISH : Z_NO_FLUSH);
      result.append(reinterpret_cast<const char*>(out.data()), out.size() - z.avail_out);
    } while (z.avail_out == 0);
  } while (zeros > 0);
  deflateEnd(&z);
  return result;
}

} // namespace

// -- responses -----------------------------------------------------------------------------------------------------------

TEST_F(hostile_site, a_body_that_breaks_off_is_an_error) {
  const auto page = visit("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<title>Half");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.error, HasSubstr("989 of 1000 bytes of the body missing"));
  EXPECT_EQ(page.title, "");
}

TEST_F(hostile_site, a_chunked_body_that_breaks_off_is_an_error) {
  const auto page = visit(std::string{chunked_head} + "5\r\n<b>x");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.error, HasSubstr("of the body missing"));
}

TEST_F(hostile_site, an_endless_body_is_given_up) {
  std::atomic<std::uint64_t> sent = 0;
  const auto endless = [&sent](stream& connection) -> task<void> {
    co_await read_head(connection);
    co_await connection.write_all(chunked_head);
    const auto chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
    while (sent < plenty) {
      co_await connection.write_all(chunk);
      sent += chunk.size();
    }
  };
  const auto page = visit(endless);
  EXPECT_THAT(page.error, HasSubstr("8388608"));
  EXPECT_LT(sent, plenty);
}

TEST_F(hostile_site, ten_gigabytes_are_refused_by_their_announcement) {
  std::atomic<std::uint64_t> sent = 0;
  const auto huge = [&sent](stream& connection) -> task<void> {
    co_await read_head(connection);
    co_await connection.write_all("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 10737418240\r\n\r\n");
    const std::string block(0x10000, 'x');
    while (sent < plenty) {
      co_await connection.write_all(block);
      sent += block.size();
    }
  };
  const auto page = visit(huge);
  EXPECT_THAT(page.error, HasSubstr("8388608"));
  EXPECT_LT(sent, plenty);
}

TEST_F(hostile_site, endless_header_fields_are_given_up) {
  std::atomic<std::uint64_t> sent = 0;
  const auto flood = [&sent](stream& connection) -> task<void> {
    co_await read_head(connection);
    co_await connection.write_all("HTTP/1.1 200 OK\r\n");
    std::string fields;
    for (int i = 0; i < 1000; ++i)
      fields += "X-Field-" + std::to_string(i) + ": " + std::string(50, 'x') + "\r\n";
    while (sent < plenty) {
      co_await connection.write_all(fields);
      sent += fields.size();
    }
  };
  const auto page = visit(flood);
  EXPECT_EQ(page.status, 0);
  EXPECT_THAT(page.error, HasSubstr("field"));
  EXPECT_LT(sent, plenty);
}

TEST_F(hostile_site, a_gzip_bomb_is_given_up) {
  const auto bomb = gzip(200 << 20);
  ASSERT_LT(bomb.size(), 1u << 20);
  const auto page = visit("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: " +
                          std::to_string(bomb.size()) + "\r\n\r\n" + bomb);
  EXPECT_THAT(page.error, HasSubstr("8388608"));
  EXPECT_EQ(page.text, "");
}

TEST_F(hostile_site, a_compressed_body_that_is_none_is_an_error) {
  const auto page = visit("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
                          "Content-Length: 5\r\n\r\nhello");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.error, HasSubstr("gzip"));
}

TEST_F(hostile_site, what_is_no_http_is_an_error) {
  const auto page = visit("SSH-2.0-OpenSSH_9.2\r\n\x01\xff\r\n\r\n");
  EXPECT_EQ(page.status, 0);
  EXPECT_NE(page.error, "");
}

TEST_F(hostile_site, silence_is_an_error_when_time_is_up) {
  timeout_ = 100ms;
  const auto silent = [](stream&) -> task<void> { co_await actors::sleep(1h); };
  const auto page = visit(silent);
  EXPECT_EQ(page.status, 0);
  EXPECT_THAT(page.error, HasSubstr("100"));
}

TEST_F(hostile_site, one_byte_at_a_time_does_not_hold_a_request_for_ever) {
  timeout_ = 300ms;
  const auto drip = [](stream& connection) -> task<void> {
    co_await read_head(connection);
    co_await connection.write_all("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000000\r\n\r\n");
    for (;;) {
      co_await connection.write_all("x");
      co_await actors::sleep(10ms);
    }
  };
  const auto page = visit(drip);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.error, HasSubstr("300"));
}

TEST_F(hostile_site, a_connection_that_is_reset_is_an_error) {
  // What has arrived and is not read when a connection is closed makes the system reset it.
  const auto reset = [](stream& connection) -> task<void> {
    connection.close();
    co_return;
  };
  const auto page = visit(reset);
  EXPECT_EQ(page.status, 0);
  EXPECT_NE(page.error, "");
}

TEST_F(hostile_site, a_connection_that_ends_without_a_word_is_an_error) {
  const auto page = visit("");
  EXPECT_EQ(page.status, 0);
  EXPECT_THAT(page.error, HasSubstr("closed"));
}

TEST_F(hostile_site, an_error_page_that_breaks_off_is_still_that_error) {
  const auto page = visit("HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\nx");
  EXPECT_EQ(page.error, "HTTP 404 Not Found");
}

TEST_F(hostile_site, strange_text_in_a_head_stays_readable) {
  const auto page = visit("HTTP/1.1 404 Not\x80\xff Here\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(page.status, page.error.starts_with("HTTP 404") ? 404 : 0);
  EXPECT_NE(page.error, "");
}

TEST_F(hostile_site, connection_errors_are_tried_again) {
  std::atomic<int> connections = 0;
  const auto second_time = [&connections](stream& connection) -> task<void> {
    if (++connections == 1) {
      connection.close();
      co_return;
    }
    co_await send(&connection,
                  "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<title>x</title");
  };
  raw_site site{home_, second_time};
  const auto found = crawl_paths(site.url(), from(site.url() + "/page"));
  EXPECT_EQ(found.at("/page").error, "");
  EXPECT_EQ(found.at("/page").status, 200);
}

TEST_F(hostile_site, a_page_of_links_without_end_is_bounded) {
  // Every page leads to a thousand new ones.
  test_site site{home_};
  site.otherwise([](const actors::http::request& request, int) {
    std::string text;
    for (int i = 0; i < 1000; ++i)
      text += "<a href='" + request.target() + "/" + std::to_string(i) + "'>x</a>";
    return actors::http::response{actors::http::status::ok, text, "text/html"};
  });
  auto options = from(site.url() + "/t");
  options.max_pages = 50;
  const auto report = crawl(options);
  EXPECT_EQ(report.counters.pages, 50u);
  EXPECT_EQ(report.counters.errors, 0u);
}

// -- the file ------------------------------------------------------------------------------------------------------------

TEST_F(hostile_site, a_file_that_is_no_database_fails_the_crawl_and_stays) {
  const std::string text = "My diary, which is not a database at all, and is long enough to be looked at.\n";
  std::ofstream{file()} << text;
  try {
    static_cast<void>(crawl(from("http://127.0.0.1:1/")));
    ADD_FAILURE() << "the crawl was not refused";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr(file()));
    EXPECT_THAT(error.what(), HasSubstr("not an SQLite database"));
  }
  std::ifstream in{file()};
  EXPECT_EQ((std::string{std::istreambuf_iterator<char>{in}, {}}), text);
}

TEST_F(hostile_site, a_folder_that_is_not_there_fails_the_crawl) {
  auto options = from("http://127.0.0.1:1/");
  options.db = file("missing/pages.sqlite");
  try {
    static_cast<void>(crawl(options));
    ADD_FAILURE() << "the crawl was not refused";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), HasSubstr(options.db));
    EXPECT_THAT(error.what(), HasSubstr("No such file or directory"));
  }
}
