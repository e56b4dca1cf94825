#include "content_support.hpp"
#include "peak_memory.hpp"
#include "static_support.hpp"

#include <actors/core/sleep.hpp>
#include <actors/core/wait.hpp>
#include <actors/http/compression.hpp>
#include <actors/http/content_type.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/static_answer.hpp>
#include <actors/http/static_files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/fsuid.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <system_error>
#include <vector>

namespace actors::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

task<response> get(handler function, std::string target, std::string fields = {}, std::string method = "GET") {
  return ask_server(std::move(function), request_text(method, target, fields));
}

std::string field(const response& answer, std::string_view name) {
  return std::string{answer.get(name).value_or("none")};
}

TEST(static_files, are_sent_with_all_that_is_known_of_them) {
  const file_tree files;
  files.add("a.txt", "hello");
  files.add("empty.css", "");
  files.add("d/e f.unknown", "\1\2");
  run_really([&files]() -> task<> {
    const auto site = static_files(files.root(), static_options{}.cache_control("max-age=60"));
    const auto a = co_await get(site, "/a.txt");
    EXPECT_EQ(a.status(), status::ok);
    EXPECT_EQ(a.body(), "hello");
    EXPECT_EQ(field(a, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(field(a, "Content-Length"), "5");
    EXPECT_EQ(field(a, "Last-Modified"), "Sun, 17 May 2020 12:00:00 GMT");
    EXPECT_EQ(field(a, "Accept-Ranges"), "bytes");
    EXPECT_EQ(field(a, "Cache-Control"), "max-age=60");
    EXPECT_THAT(field(a, "ETag"), StartsWith("\""));
    EXPECT_EQ((co_await get(site, "/a.txt?v=1")).body(), "hello");
    EXPECT_EQ((co_await get(site, "http://x/a.txt")).body(), "hello");
    const auto e = co_await get(site, "/d/e%20f.unknown");
    EXPECT_EQ(e.body(), "\1\2");
    EXPECT_EQ(field(e, "Content-Type"), "application/octet-stream");
    const auto empty = co_await get(site, "/empty.css");
    EXPECT_EQ(empty.status(), status::ok);
    EXPECT_EQ(field(empty, "Content-Length"), "0");
    for (const auto* name : {"/a.txt", "/empty.css"}) {
      const auto whole = co_await get(site, name);
      const auto head = co_await get(site, name, "", "HEAD");
      EXPECT_EQ(head.fields(), whole.fields());
      EXPECT_EQ(head.body(), "");
    }
  });
}

TEST(static_files, are_refused_where_they_are_not_to_be_served) {
  const file_tree files;
  files.add("a.txt", "a");
  files.add("d/b.txt", "b");
  files.add(".secret", "secret");
  files.add("../outside.txt", "secret");
  files.link("out", "../outside.txt");
  run_really([&files]() -> task<> {
    const auto site = static_files(files.root());
    struct row {
      const char* target;
      int expected;
    };
    for (const auto& [target, expected] :
         {row{"/none", 404}, row{"/a.txt/", 404}, row{"/a.txt/b", 404}, row{"/d/", 403}, row{"/", 403}, row{"/d", 301},
          row{"/.secret", 404}, row{"/../outside.txt", 404}, row{"/%2e%2e/outside.txt", 404},
          row{"/..%2foutside.txt", 404}, row{"/d/../a.txt", 404}, row{"/d\\b.txt", 404}, row{"/d%5cb.txt", 404},
          row{"//a.txt", 404}, row{"/out", 404}, row{"/a.txt%00", 400}, row{"/%", 400}, row{"/%zz", 400}}) {
      const auto answer = co_await get(site, target);
      EXPECT_EQ(code(answer.status()), expected) << target;
      EXPECT_THAT(answer.body(), StartsWith(std::to_string(expected))) << target;
    }
    for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"}) {
      const auto answer = co_await get(site, "/a.txt", "", method);
      EXPECT_EQ(answer.status(), status::method_not_allowed);
      EXPECT_EQ(field(answer, "Allow"), "GET, HEAD");
    }
    EXPECT_EQ((co_await get(static_files(files.root(), static_options{}.dot_files(true)), "/.secret")).body(),
              "secret");
  });
}

TEST(static_files, folders_lead_to_their_pages) {
  const file_tree files;
  files.add("index.html", "home");
  files.add("d/start.htm", "start");
  files.add("d/index.html", "index");
  files.add("e/index.html/x", "");
  run_really([&files]() -> task<> {
    const auto site = static_files(files.root());
    EXPECT_EQ((co_await get(site, "/")).body(), "home");
    EXPECT_EQ(field(co_await get(site, "/"), "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(field(co_await get(site, "/d"), "Location"), "/d/");
    EXPECT_EQ(field(co_await get(site, "/d?x=/y"), "Location"), "/d/?x=/y");
    EXPECT_EQ((co_await get(site, "/d/")).body(), "index");
    EXPECT_EQ((co_await get(site, "/e/")).status(), status::forbidden);
    const auto other = static_files(files.root(), static_options{}.index({"none.html", "start.htm", "index.html"}));
    EXPECT_EQ((co_await get(other, "/d/")).body(), "start");
    // Never to another host.
    EXPECT_EQ((co_await get(site, "//d")).status(), status::not_found);
    EXPECT_EQ((co_await get(site, "/%2fd")).status(), status::not_found);
  });
}

TEST(static_files, folders_are_listed_if_that_is_wanted) {
  const file_tree files;
  files.add("d/<b>\"&'.txt", "");
  files.add("d/a b:c", "");
  files.add("d/f/x", "");
  files.add("d/.hidden", "");
  run_really([&files]() -> task<> {
    const auto site = static_files(files.root(), static_options{}.list_folders(true));
    const auto page = co_await get(site, "/d/");
    EXPECT_EQ(field(page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(field(page, "Content-Security-Policy"), "default-src 'none'");
    EXPECT_THAT(page.body(), HasSubstr("<h1>/d/</h1>"));
    EXPECT_THAT(page.body(), HasSubstr("<a href=\"../\">../</a>"));
    EXPECT_THAT(page.body(), HasSubstr("<a href=\"./f/\">f/</a>"));
    EXPECT_THAT(page.body(), HasSubstr("<a href=\"./a%20b%3Ac\">a b:c</a>"));
    EXPECT_THAT(page.body(), HasSubstr("<a href=\"./%3Cb%3E%22%26%27.txt\">&lt;b&gt;&quot;&amp;&#39;.txt</a>"));
    EXPECT_THAT(page.body(), Not(HasSubstr("hidden")));
    EXPECT_THAT((co_await get(site, "/")).body(), Not(HasSubstr("../")));
    const auto head = co_await get(site, "/d/", "", "HEAD");
    EXPECT_EQ(field(head, "Content-Length"), std::to_string(page.body().size()));
  });
}

TEST(static_files, can_lie_below_a_prefix) {
  const file_tree files;
  files.add("a.txt", "a");
  files.add("index.html", "home");
  files.add("d/index.html", "d");
  run_really([&files]() -> task<> {
    const auto site = static_files(files.root(), static_options{}.prefix("/assets/"));
    EXPECT_EQ((co_await get(site, "/assets/a.txt")).body(), "a");
    EXPECT_EQ((co_await get(site, "/assets/")).body(), "home");
    EXPECT_EQ(field(co_await get(site, "/assets"), "Location"), "/assets/");
    EXPECT_EQ(field(co_await get(site, "/assets/d"), "Location"), "/assets/d/");
    for (const auto* target : {"/a.txt", "/", "/assetsa.txt", "/assets../a.txt", "/assets/../a.txt", "/assets//a.txt"})
      EXPECT_EQ((co_await get(site, target)).status(), status::not_found) << target;
    EXPECT_THROW(static_options{}.prefix("assets"), error);
    EXPECT_THROW(static_options{}.prefix("/a b"), error);
    EXPECT_THROW(static_options{}.cache_control("a\r\nb"), error);
    EXPECT_THROW(static_cast<void>(static_files(files.root() / "none")), std::system_error);
  });
}

TEST(static_files, have_types_by_their_extension) {
  EXPECT_EQ(content_type_of("a.html"), "text/html");
  EXPECT_EQ(content_type_of("a.tar.GZ"), "application/gzip");
  EXPECT_EQ(content_type_of("x.y/a.mjs"), "text/javascript");
  for (const auto* name : {"", "html", "a.", "a.nope", "a.abcdefghijklmnopqrstuvwxyz"})
    EXPECT_EQ(content_type_of(name), "") << name;
  auto options = static_options{}.content_type("nope", "x/y").content_type("HTML", "x/html").charset("");
  EXPECT_EQ(options.content_type_for("a.NOPE"), "x/y");
  EXPECT_EQ(options.content_type_for("a.html"), "x/html");
  EXPECT_EQ(options.content_type_for("a.txt"), "text/plain");
  EXPECT_EQ(options.content_type_for("d.html/a"), "application/octet-stream");
}

TEST(static_files, are_not_sent_again_to_those_who_have_them) {
  const file_tree files;
  files.add("a.txt", "a");
  run_really([&files]() -> task<> {
    const auto site = static_files(files.root(), static_options{}.cache_control("no-cache"));
    const auto first = co_await get(site, "/a.txt");
    const auto tag = field(first, "ETag");
    const auto fresh = co_await get(site, "/a.txt", "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(fresh.status(), status::not_modified);
    EXPECT_EQ(field(fresh, "ETag"), tag);
    EXPECT_EQ(field(fresh, "Cache-Control"), "no-cache");
    EXPECT_EQ(fresh.body(), "");
    EXPECT_EQ((co_await get(site, "/a.txt", "If-Modified-Since: " + field(first, "Last-Modified") + "\r\n")).status(),
              status::not_modified);
    EXPECT_EQ((co_await get(site, "/a.txt", "If-Match: \"other\"\r\n")).status(), status::precondition_failed);
    EXPECT_EQ((co_await get(site, "/a.txt", "If-None-Match: " + tag + "\r\n", "HEAD")).status(), status::not_modified);
    files.add("a.txt", "b", file_tree::usual_time + 1s);
    const auto second = co_await get(site, "/a.txt", "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(second.body(), "b");
    EXPECT_NE(field(second, "ETag"), tag);
    // What has changed just now may change again within the same tick of the clock.
    files.add("a.txt", "c", std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + 1h);
    const auto changing = co_await get(site, "/a.txt");
    EXPECT_THAT(field(changing, "ETag"), StartsWith("W/"));
    EXPECT_NE(field(changing, "Last-Modified"),
              format_date(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + 1h));
  });
}

TEST(static_files, are_sent_in_parts) {
  const file_tree files;
  const auto text = long_text(20'000); // more than one piece
  files.add("big.txt", text);
  files.add("small.txt", "0123456789");
  files.add("empty.txt", "");
  run_really([&]() -> task<> {
    const auto site = static_files(files.root());
    const auto size = std::to_string(text.size());
    EXPECT_EQ((co_await get(site, "/big.txt")).body(), text);
    const auto small = co_await get(site, "/small.txt", "Range: bytes=2-4\r\n");
    EXPECT_EQ(small.status(), status::partial_content);
    EXPECT_EQ(small.body(), "234");
    EXPECT_EQ(field(small, "Content-Range"), "bytes 2-4/10");
    const auto big = co_await get(site, "/big.txt", "Range: bytes=1000-300999\r\n");
    EXPECT_EQ(big.body(), text.substr(1000, 300'000));
    EXPECT_EQ(field(big, "Content-Length"), "300000");
    EXPECT_EQ(field(big, "Content-Range"), "bytes 1000-300999/" + size);
    const auto parts = co_await get(site, "/big.txt", "Range: bytes=0-9,200000-399999,-1\r\n");
    EXPECT_EQ(parts.status(), status::partial_content);
    const auto boundary = field(parts, "Content-Type").substr(31);
    const auto head = [&](const std::string& range) {
      return "--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " + range + "/" +
             size + "\r\n\r\n";
    };
    const auto last = std::to_string(text.size() - 1);
    EXPECT_EQ(parts.body(), head("0-9") + text.substr(0, 10) + "\r\n" + head("200000-399999") +
                                text.substr(200'000, 200'000) + "\r\n" + head(last + "-" + last) + text.back() +
                                "\r\n--" + boundary + "--\r\n");
    EXPECT_FALSE(parts.get("Cut"));
    const auto none = co_await get(site, "/small.txt", "Range: bytes=10-\r\n");
    EXPECT_EQ(none.status(), status::range_not_satisfiable);
    EXPECT_EQ(field(none, "Content-Range"), "bytes */10");
    for (const auto* fields :
         {"Range: bytes=4-2\r\n", "Range: lines=1-2\r\n", "Range: bytes=0-1\r\nIf-Range: \"x\"\r\n",
          "Range: bytes=0-,0-\r\n", "Range: bytes=0-0\r\nRange: bytes=1-1\r\n"}) {
      const auto whole = co_await get(site, "/small.txt", fields);
      EXPECT_EQ(whole.status(), status::ok) << fields;
      EXPECT_EQ(whole.body(), "0123456789") << fields;
    }
    EXPECT_EQ((co_await get(site, "/empty.txt", "Range: bytes=0-\r\n")).status(), status::ok);
    EXPECT_EQ((co_await get(site, "/small.txt", "Range: bytes=2-4\r\n", "HEAD")).status(), status::ok);
    const auto tag = field(small, "ETag");
    EXPECT_EQ((co_await get(site, "/small.txt", "Range: bytes=0-1\r\nIf-Range: " + tag + "\r\n")).body(), "01");
    EXPECT_EQ(
        (co_await get(site, "/small.txt", "Range: bytes=0-1\r\nIf-Range: Sun, 17 May 2020 12:00:00 GMT\r\n")).body(),
        "01");
  });
}

TEST(static_files, are_sent_compressed_if_such_a_file_lies_beside) {
  const file_tree files;
  files.add("a.js", "plain");
  files.add("a.js.br", "brotli");
  files.add("a.js.gz", "gzip");
  files.add("old.js", "plain");
  files.add("old.js.gz", "stale", file_tree::usual_time - 1s);
  run_really([&files]() -> task<> {
    const auto site = static_files(files.root(), static_options{}.precompressed(true));
    const auto br = co_await get(site, "/a.js", "Accept-Encoding: gzip, br\r\n");
    EXPECT_EQ(br.body(), "brotli");
    EXPECT_EQ(field(br, "Content-Encoding"), "br");
    EXPECT_EQ(field(br, "Content-Type"), "text/javascript; charset=utf-8");
    EXPECT_EQ(field(br, "Vary"), "Accept-Encoding");
    const auto gz = co_await get(site, "/a.js", "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(gz.body(), "gzip");
    const auto plain = co_await get(site, "/a.js");
    EXPECT_EQ(plain.body(), "plain");
    EXPECT_EQ(field(plain, "Vary"), "Accept-Encoding");
    EXPECT_FALSE(plain.get("Content-Encoding"));
    EXPECT_NE(field(br, "ETag"), field(gz, "ETag"));
    EXPECT_NE(field(plain, "ETag"), field(gz, "ETag"));
    EXPECT_EQ(
        (co_await get(site, "/a.js", "Accept-Encoding: br\r\nIf-None-Match: " + field(br, "ETag") + "\r\n")).status(),
        status::not_modified);
    EXPECT_EQ((co_await get(site, "/a.js", "Accept-Encoding: br\r\nRange: bytes=0-1\r\n")).body(), "br");
    EXPECT_EQ((co_await get(site, "/old.js", "Accept-Encoding: gzip\r\n")).body(), "plain");
    EXPECT_EQ((co_await get(static_files(files.root()), "/a.js", "Accept-Encoding: gzip\r\n")).body(), "plain");
  });
}

TEST(static_files, are_sent_as_they_are_if_the_compressed_one_may_not_be_read) {
  const file_tree files;
  files.add("a.js", "plain");
  files.add("a.js.gz", "gzip");
  ASSERT_EQ(::chmod((files.root() / "a.js.gz").c_str(), 0), 0);
  const auto options = static_options{}.precompressed(true);
  const internal::served_tree tree{files.root(), true};
  // The superuser may read everything, so this thread becomes nobody for a moment.
  const auto user = static_cast<uid_t>(::setfsuid(::geteuid() == 0 ? 65534 : ::geteuid()));
  auto answer =
      internal::static_answer::find(tree, options, request{method::get, "/a.js"}.set("Accept-Encoding", "gzip"));
  ::setfsuid(user);
  EXPECT_EQ(answer.head().status(), status::ok);
  EXPECT_EQ(answer.head().body(), "plain");
  EXPECT_FALSE(answer.head().get("Content-Encoding"));
}

TEST(static_files, can_be_compressed_on_the_way) {
  const file_tree files;
  const auto text = long_text(20'000);
  files.add("big.txt", text);
  files.add("small.txt", text.substr(0, 3000));
  run_really([&]() -> task<> {
    const auto site = compress(static_files(files.root()));
    for (const auto* name : {"/big.txt", "/small.txt"}) {
      const auto packed = co_await get(site, name, "Accept-Encoding: gzip\r\n");
      EXPECT_EQ(field(packed, "Content-Encoding"), "gzip");
      EXPECT_TRUE(text.starts_with(unpack(packed)));
      const auto tag = field(packed, "ETag");
      EXPECT_THAT(tag, StartsWith("W/"));
      const auto fresh = co_await get(site, name, "Accept-Encoding: gzip\r\nIf-None-Match: " + tag + "\r\n");
      EXPECT_EQ(fresh.status(), status::not_modified);
      EXPECT_EQ(field(fresh, "ETag"), tag);
      const auto part = co_await get(site, name, "Accept-Encoding: gzip\r\nRange: bytes=0-1999\r\n");
      EXPECT_EQ(part.body(), text.substr(0, 2000));
      EXPECT_FALSE(part.get("Content-Encoding"));
      // A part of the file does not continue what came compressed.
      EXPECT_EQ((co_await get(site, name, "Range: bytes=0-1\r\nIf-Range: " + tag + "\r\n")).status(), status::ok);
    }
  });
}

TEST(static_files, that_get_shorter_while_they_are_sent_cost_the_connection) {
  const file_tree files;
  files.add("big.bin", std::string(2'000'000, 'x'));
  const auto log = std::make_shared<recording_log>();
  run_really([&]() -> task<> {
    server site{static_files(files.root()), server_options{}.log_to(log)};
    auto ends = testing::make_memory_streams(testing::memory_stream_options{}.buffer(10'000));
    const auto serving = spawn(site.serve(std::move(ends.second)));
    co_await ends.first->write_all(request_text("GET", "/big.bin"));
    EXPECT_THAT(co_await read_until(*ends.first, "\r\n\r\n"), HasSubstr("Content-Length: 2000000\r\n"));
    EXPECT_EQ(::truncate((files.root() / "big.bin").c_str(), 1'000'000), 0);
    EXPECT_LT((co_await read_to_end(*ends.first)).size(), 1'000'001U);
    co_await serving;
  });
  EXPECT_THAT(log->text(), HasSubstr("GET /big.bin failed: a file became shorter while it was sent"));
}

TEST(static_files, wait_for_a_slow_client_without_holding_the_file_in_memory) {
  const file_tree files;
  files.add("huge.bin", "");
  constexpr std::uint64_t size = std::uint64_t{400} << 20;
  ASSERT_EQ(::truncate((files.root() / "huge.bin").c_str(), size), 0);
  run_really([&]() -> task<> {
    server site{static_files(files.root()), server_options{}.log_to(make_null_log_sink())};
    auto ends = testing::make_memory_streams();
    const auto serving = spawn(site.serve(std::move(ends.second)));
    peak_memory::forget();
    const auto before = peak_memory::now();
    co_await ends.first->write_all(request_text("GET", "/huge.bin"));
    static_cast<void>(co_await read_until(*ends.first, "\r\n\r\n"));
    std::uint64_t came = 0;
    std::vector<char> buffer(100'000);
    for (auto got = co_await ends.first->read_some(buffer); got > 0; got = co_await ends.first->read_some(buffer))
      came += got;
    EXPECT_EQ(came, size);
    EXPECT_LT(peak_memory::bytes() - before, std::size_t{48} << 20);
    co_await serving;
  });
}

TEST(static_files, end_when_their_connection_is_cancelled) {
  const file_tree files;
  files.add("big.bin", std::string(2'000'000, 'x'));
  run_really([&]() -> task<> {
    server site{static_files(files.root()), server_options{}.log_to(make_null_log_sink())};
    for (const bool waits_for_client : {false, true}) {
      auto ends = testing::make_memory_streams(testing::memory_stream_options{}.buffer(10'000));
      const auto serving = spawn(site.serve(std::move(ends.second)));
      co_await ends.first->write_all(request_text("GET", "/big.bin"));
      if (waits_for_client)
        static_cast<void>(co_await read_until(*ends.first, "\r\n\r\n"));
      serving.cancel();
      const std::vector awaited{serving};
      co_await wait(awaited);
      EXPECT_TRUE(serving.result().was_cancelled());
      EXPECT_EQ(site.connections(), 0U);
    }
  });
}

} // namespace
} // namespace actors::http::test
