#include "programs.hpp"
#include "static_support.hpp"
#include "support.hpp"

#include <actors/core/to_thread.hpp>
#include <actors/http/byte_range.hpp>
#include <actors/http/client.hpp>
#include <actors/http/compression.hpp>
#include <actors/http/request_decoding.hpp>
#include <actors/http/server.hpp>
#include <actors/http/static_files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Contents against the programs that everybody uses: curl as a client, and nginx on the same files.
namespace actors::http::test {
namespace {

using ::testing::HasSubstr;

task<std::string> curl(std::string arguments) {
  auto call =
      to_thread([arguments = std::move(arguments)] { return output_of("curl -sS --max-time 20 " + arguments); });
  co_return co_await call;
}

TEST(curl_as_client, gets_parts_changes_and_compressed_contents) {
  const file_tree files;
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "line " + std::to_string(i) + "\n";
  files.add("big.txt", text);
  run_really([&]() -> task<> {
    server site{compress(static_files(files.root()))};
    co_await site.start();
    const auto where = site.url() + "/big.txt ";
    const auto folder = files.outside().string();
    EXPECT_EQ(co_await curl(where), text);
    EXPECT_EQ(co_await curl("--compressed " + where), text);
    EXPECT_THAT(co_await curl("--compressed -D - -o /dev/null " + where), HasSubstr("Content-Encoding: "));
    EXPECT_EQ(co_await curl("-r 5-9 " + where), text.substr(5, 5));
    EXPECT_EQ(co_await curl("-r -7 " + where), text.substr(text.size() - 7));
    EXPECT_EQ(co_await curl("-r 100000- " + where), text.substr(100'000));
    EXPECT_THAT(co_await curl("-r 0-1,5-6 " + where), HasSubstr("Content-Range: bytes 5-6/"));
    EXPECT_EQ(co_await curl("-o /dev/null -w '%{http_code}' -r 99999999- " + where), "416");
    // Continues a file of which the first half has come.
    const auto half = text.substr(0, 60'000);
    std::ofstream{folder + "/half.txt", std::ios::binary} << half;
    EXPECT_EQ(co_await curl("-C - -o " + folder + "/half.txt " + where), "");
    EXPECT_EQ(output_of("cat " + folder + "/half.txt"), text);
    EXPECT_EQ(co_await curl("-o /dev/null -w '%{http_code}' -z 'Sun, 17 May 2020 12:00:00 GMT' " + where), "304");
    EXPECT_EQ(co_await curl("-o /dev/null -w '%{http_code}' -z 'Sun, 17 May 2020 11:59:59 GMT' " + where), "200");
    const auto tags = folder + "/etag.txt ";
    for (const std::string compressed : {"", "--compressed "}) {
      auto whole = compressed;
      whole.append("--etag-save ").append(tags).append(where);
      EXPECT_EQ(co_await curl(whole), text);
      auto code = compressed;
      code.append("-o /dev/null -w '%{http_code}' --etag-compare ").append(tags);
      code.append("--etag-save ").append(tags).append(where);
      EXPECT_EQ(co_await curl(code), "304");
    }
    EXPECT_THAT(co_await curl("-I " + where), HasSubstr("Content-Length: " + std::to_string(text.size())));
    EXPECT_EQ(co_await curl("--path-as-is -o /dev/null -w '%{http_code}' " + site.url() + "/../root/big.txt"), "404");
  });
}

TEST(curl_as_client, sends_compressed_bodies) {
  const file_tree files;
  files.add("body.txt", std::string(100'000, 'b'));
  run_really([&]() -> task<> {
    const auto length = [](const request& r) {
      return response{status::ok, std::to_string(r.body().size()), "text/plain"};
    };
    server site{decode_requests(length, decode_options{}.max_size(200'000))};
    co_await site.start();
    const auto path = (files.root() / "body.txt").string();
    static_cast<void>(output_of("gzip -k " + path));
    EXPECT_EQ(co_await curl("-H 'Content-Encoding: gzip' --data-binary @" + path + ".gz " + site.url()), "100000");
    EXPECT_EQ(co_await curl("-o /dev/null -w '%{http_code}' -H 'Content-Encoding: zstd' -d x " + site.url()), "415");
  });
}

/// What both must say alike; bodies of errors are each server's own.
std::string essence(const response& answer) {
  std::string result = std::to_string(code(answer.status()));
  for (const auto* name : {"Content-Range", "Last-Modified", "Location", "Content-Encoding"})
    if (const auto value = answer.get(name))
      result.append(" | ").append(name).append(": ").append(*value);
  const auto type = std::string{answer.get("Content-Type").value_or("")};
  const auto essence_of_type = type.substr(0, type.find(';')); // nginx drops the charset of what is compressed
  if (!is_success(answer.status()))
    return result;
  // The boundary is a number in one and random in the other.
  constexpr std::string_view multipart = "multipart/byteranges; boundary=";
  auto body = answer.body();
  if (!type.starts_with(multipart))
    return result + " | " + essence_of_type + " | " + answer.body();
  const auto boundary = type.substr(multipart.size());
  for (auto at = body.find(boundary); at != std::string::npos; at = body.find(boundary))
    body.replace(at, boundary.size(), "BOUNDARY");
  // nginx begins with an empty line, which RFC 2046 allows as a preamble.
  if (body.starts_with("\r\n"))
    body.erase(0, 2);
  return result + " | " + std::string{multipart} + " | " + body;
}

TEST(static_files, answer_like_nginx_does) {
  const file_tree files;
  std::string text;
  for (int i = 0; i < 30'000; ++i)
    text += std::to_string(i) + "\n";
  files.add("big.txt", text);
  files.add("small.txt", "0123456789");
  files.add("empty.txt", "");
  files.add("noext", "x");
  files.add("a b.css", "spaced");
  files.add("d/index.html", "index of d");
  files.add("bare/x.txt", "x");
  files.add("packed.txt", "0123456789");
  files.add("packed.txt.gz", "not really gzip, but sent as such");
  std::vector<request> requests;
  const auto add = [&requests](std::string target, std::vector<std::pair<const char*, const char*>> list = {},
                               method m = method::get) {
    request r{m, std::move(target)};
    r.set("Accept-Encoding", "identity");
    for (const auto& [name, value] : list)
      r.set(name, value);
    requests.push_back(std::move(r));
  };
  for (const auto m : {method::get, method::head})
    for (const auto* target :
         {"/big.txt", "/small.txt", "/empty.txt", "/noext", "/a%20b.css", "/d/", "/d", "/d?q=1", "/bare", "/bare/",
          "/none", "/none/", "/small.txt/", "/small.txt/x", "/small.txt?x=y", "/d/index.html", "/%73mall.txt"})
      add(target, {}, m);
  for (const auto* target : {"/big.txt", "/small.txt", "/empty.txt"})
    for (const auto* range :
         {"bytes=0-4", "bytes=0-0", "bytes=5-", "bytes=-3", "bytes=0-", "bytes=-0", "bytes=9-9", "bytes=10-",
          "bytes=9-100", "bytes=-100", "bytes=0-1,3-4", "bytes=3-4,0-1", "bytes=0-0,-1", "bytes=0-4,100000000-",
          "bytes=0-5,3-9", "bytes=0-,0-", "bytes=100000000-,200000000-", "lines=0-1", "bytes=5-100,200-300"})
      // Of nothing, nginx counts the last zero bytes as the whole.
      if (std::string_view{target} != "/empty.txt" || std::string_view{range} != "bytes=-0")
        add(target, {{"Range", range}});
  for (const auto* condition : {"Sun, 17 May 2020 12:00:00 GMT", "Sun, 17 May 2020 11:59:59 GMT", "nonsense"}) {
    add("/small.txt", {{"If-Modified-Since", condition}});
    // RFC 9110 §13.1.4 wants one ignored that is no date; nginx refuses the request.
    if (std::string_view{condition} != "nonsense")
      add("/small.txt", {{"If-Unmodified-Since", condition}});
    add("/small.txt", {{"If-Range", condition}, {"Range", "bytes=0-1"}});
  }
  for (const auto* tag : {"*", "\"x\"", "W/\"x\""}) {
    add("/small.txt", {{"If-None-Match", tag}});
    add("/small.txt", {{"If-Match", tag}});
    add("/small.txt", {{"If-None-Match", tag}, {"If-Modified-Since", "Sun, 17 May 2020 12:00:00 GMT"}});
  }
  add("/small.txt", {{"If-Range", "\"x\""}, {"Range", "bytes=0-1"}});
  add("/packed.txt", {{"Accept-Encoding", "gzip"}});
  add("/packed.txt", {{"Accept-Encoding", "identity"}});
  for (const auto m : {method::post, method::put, method::delete_})
    add("/small.txt", {}, m);
  run_really([&]() -> task<> {
    nginx theirs;
    theirs.root(files.root())
        .manners("  default_type application/octet-stream; absolute_redirect off; gzip_static on;\n"
                 "  types { text/html html; text/plain txt; text/css css; }\n"
                 "  charset utf-8; charset_types text/plain text/css;\n");
    co_await theirs.start();
    server ours{static_files(files.root(), static_options{}.precompressed(true))};
    co_await ours.start();
    const client web{client_options{}.follow_redirects(false).decode(false)};
    for (const auto& r : requests) {
      const auto expected = co_await web.send(theirs.url() + r.target(), r);
      const auto got = co_await web.send(ours.url() + r.target(), r);
      // Not EXPECT_EQ: for texts of this size its comparison takes for ever.
      EXPECT_TRUE(essence(got) == essence(expected)) << to_string(r.method()) << ' ' << r.target() << '\n'
                                                     << r.fields().wire() << essence(got).substr(0, 500) << "\n---\n"
                                                     << essence(expected).substr(0, 500);
    }
  });
}

} // namespace
} // namespace actors::http::test
