#include "support.hpp"

#include <actors/fs/error.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/error.hpp>
#include <actors/http/multipart.hpp>
#include <actors/http/multipart_parser.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace actors::http::test {
namespace {

task<std::string> all_of(body_source& source) {
  std::string result;
  for (;;) {
    const auto piece = co_await source.read_some();
    if (piece.empty())
      co_return result;
    result.append(piece);
  }
}

TEST(multipart_form, is_written_as_its_rfc_says) {
  run_virtually([]() -> task<> {
    multipart_form made{"XX"};
    made.add_field("a", "1")
        .add_field("b", "{}", "application/json")
        .add_file_content("c", "x \"y\"\r\n\xC3\xA9%22.txt", "content", "text/plain")
        .add_file_content("d", "", "");
    EXPECT_EQ(made.content_type(), "multipart/form-data; boundary=XX");
    EXPECT_EQ(made.make_request().get("Content-Type"), made.content_type());
    EXPECT_EQ(made.make_request().method(), method::post);
    const auto body = co_await std::move(made).body();
    const auto text = co_await all_of(*body);
    EXPECT_EQ(text,
              "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
              "--XX\r\nContent-Disposition: form-data; name=\"b\"\r\nContent-Type: application/json\r\n\r\n{}\r\n"
              "--XX\r\nContent-Disposition: form-data; name=\"c\"; filename=\"x %22y%22%0D%0A\xC3\xA9%22.txt\"\r\n"
              "Content-Type: text/plain\r\n\r\ncontent\r\n"
              "--XX\r\nContent-Disposition: form-data; name=\"d\"; filename=\"\"\r\n"
              "Content-Type: application/octet-stream\r\n\r\n\r\n"
              "--XX--\r\n");
    EXPECT_EQ(body->size(), text.size());
    EXPECT_TRUE(body->rewind());
    EXPECT_EQ(co_await all_of(*body), text);
  });
}

TEST(multipart_form, reads_files_while_it_is_sent) {
  run_really([]() -> task<> {
    const fs::temp_directory folder;
    const auto path = folder.path() / "big \"file\".bin";
    std::string content;
    for (int i = 0; i < 50'000; ++i)
      content += std::to_string(i) + "\r\n--";
    std::ofstream{path, std::ios::binary} << content;
    multipart_form made;
    made.add_field("x", "y").add_file("file", path).add_file_as("again", "other.txt", path, "text/plain");
    const auto head = made.make_request();
    const auto body = co_await std::move(made).body();
    for (int i = 0; i < 2; ++i) {
      const auto text = co_await all_of(*body);
      EXPECT_EQ(body->size(), text.size());
      const auto parts = parse_multipart(request{head}.set_body(text));
      EXPECT_EQ(parts.size(), 3U);
      EXPECT_EQ(parts.at(1).head.filename, "big \"file\".bin");
      EXPECT_EQ(parts.at(1).content, content);
      EXPECT_EQ(parts.at(2).head.filename, "other.txt");
      EXPECT_EQ(parts.at(2).head.content_type, "text/plain");
      EXPECT_EQ(parts.at(2).content, content);
      EXPECT_TRUE(body->rewind());
    }
    multipart_form missing;
    missing.add_file("file", folder.path() / "none");
    EXPECT_THROW(static_cast<void>(co_await std::move(missing).body()), fs::file_error);
  });
}

TEST(multipart_form, refuses_what_would_break_out) {
  multipart_form made;
  EXPECT_THROW(made.add_field(std::string_view{"a\0b", 3}, ""), error);
  EXPECT_THROW(made.add_file_content("a", "\x7f", ""), error);
  EXPECT_THROW(made.add_field("a", "", "text/plain\r\nX: y"), error);
  EXPECT_THROW(made.add_field("a", "", "text"), error);
  EXPECT_THROW(made.add_file("a", std::filesystem::path{}), error);
  for (const auto& bad : {std::string{}, std::string(71, 'a'), std::string{"a\"b"}, std::string{"a b"}})
    EXPECT_THROW(multipart_form{bad}, error) << bad;
}

TEST(multipart_form, has_a_boundary_that_nobody_can_guess) {
  EXPECT_NE(multipart_form{}.boundary(), multipart_form{}.boundary());
  EXPECT_EQ(multipart_form{}.boundary().size(), 40U);
  EXPECT_EQ(multipart_form{"a:b"}.content_type(), "multipart/form-data; boundary=\"a:b\"");
}

} // namespace
} // namespace actors::http::test
