#include "../testing/environment_variable.hpp"
#include "in_process.hpp"

#include <actors/core/sleep.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/fs/whole_file.hpp>
#include <actors/http/multipart.hpp>
#include <actors/net/error.hpp>
#include <actors/web/application.hpp>
#include <actors/web/test_client.hpp>
#include <actors/web/upload.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace actors::web::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Where temporary files are made during a test.
class temporary_place {
public:
  temporary_place() : variable_("TMPDIR", folder_.path().c_str()) {}

  [[nodiscard]] std::size_t count() const {
    using iterator = std::filesystem::recursive_directory_iterator;
    return static_cast<std::size_t>(std::distance(iterator{folder_.path()}, iterator{}));
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path(); }

private:
  fs::temp_directory folder_{"actors-upload-test"};
  testing_test::environment_variable variable_;
};

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::string big(std::size_t size) {
  std::string result;
  for (std::size_t i = 0; result.size() < size; ++i)
    result += std::to_string(i) + " ";
  result.resize(size);
  return result;
}

/// Asks once, with a form; the answer's status and body.
answer post(application& app, http::multipart_form form, const std::string& target = "/files",
            const test_client_options& options = {}) {
  answer result;
  auto shared = std::make_shared<http::multipart_form>(std::move(form));
  const auto body = [&, shared](test_client& client) -> task<void> {
    const auto got = co_await client.post_form(target, std::move(*shared));
    result.status = static_cast<int>(code(got.status()));
    result.body = got.body();
  };
  test_application(app, body, options);
  return result;
}

http::multipart_form one_file(std::string content) {
  http::multipart_form form;
  form.add_file_content("file", "../a b.txt", std::move(content), "text/x-test");
  return form;
}

nlohmann::json described(const uploaded_file& file) {
  return {{"name", file.name()},
          {"filename", file.filename()},
          {"type", file.content_type()},
          {"size", file.size()},
          {"memory", file.in_memory()}};
}

application describing() {
  application app;
  app.post("/files", [](upload<"file"> file) { return described(*file); });
  return app;
}

TEST(upload, is_what_the_client_says_it_is) {
  auto app = describing();
  EXPECT_EQ(post(app, one_file("hello")).value(),
            json::parse(R"({"name": "file", "filename": "../a b.txt", "type": "text/x-test", "size": 5,
                            "memory": true})"));
}

TEST(upload, is_read_in_pieces_from_where_one_likes) {
  for (const std::size_t size : {10U, 300'000U}) {
    application app;
    app.post("/files", [size](upload<"file"> file) -> task<bool> {
      const auto whole = big(size);
      const auto first = co_await file->read(4);
      EXPECT_EQ(first, whole.substr(0, 4));
      const auto rest = co_await file->read_all();
      EXPECT_EQ(rest, whole.substr(4));
      const auto none = co_await file->read(1);
      EXPECT_EQ(none, "");
      file->seek(6);
      const auto again = co_await file->read_all();
      EXPECT_EQ(again, whole.substr(6));
      co_return file->in_memory();
    });
    EXPECT_EQ(post(app, one_file(big(size))).value(), size == 10U);
  }
}

TEST(upload, that_is_large_goes_to_a_temporary_file_which_goes_with_the_request) {
  const temporary_place place;
  application app;
  app.post("/files", [&](upload<"file"> file) -> task<std::size_t> {
    EXPECT_FALSE(file->in_memory());
    const auto all = co_await file->read_all();
    EXPECT_EQ(all, big(1'000'000));
    co_return place.count();
  });
  EXPECT_EQ(post(app, one_file(big(1'000'000))).value(), 2); // a folder with a file
  EXPECT_EQ(place.count(), 0U);
}

TEST(upload, that_is_saved_stays) {
  for (const std::size_t size : {10U, 200'000U}) {
    const temporary_place place;
    const auto target = place.path() / "kept";
    application app;
    app.post("/files", [&](upload<"file"> file) -> task<void> {
      co_await file->save_as(target);
      const auto all = co_await file->read_all();
      EXPECT_EQ(all, big(size));
      co_await file->save_as(place.path() / "copy");
    });
    EXPECT_EQ(post(app, one_file(big(size))).status, 200);
    EXPECT_EQ(content_of(target), big(size));
    EXPECT_EQ(content_of(place.path() / "copy"), big(size));
    EXPECT_EQ(place.count(), 2U);
  }
}

TEST(upload, that_somebody_keeps_is_there_until_they_let_go) {
  const temporary_place place;
  std::string seen;
  application app;
  app.post("/files", [&](upload<"file"> file, background_tasks& later) {
    later.add(
        [&seen](uploaded_file kept) -> task<void> {
          co_await sleep(5s);
          auto all = co_await kept.read_all();
          seen = std::move(all);
        },
        *file);
  });
  EXPECT_EQ(post(app, one_file(big(200'000))).status, 200);
  EXPECT_EQ(seen, big(200'000));
  EXPECT_EQ(place.count(), 0U);
}

TEST(upload, comes_in_lists_and_may_be_missing) {
  application app;
  app.post("/files", [](upload<"many", std::vector<uploaded_file>> many,
                        upload<"maybe", std::optional<uploaded_file>> maybe, form<"title", std::string> title) {
    std::vector<std::string> names;
    for (const auto& each : *many)
      names.push_back(each.filename());
    names.push_back(maybe->has_value() ? (*maybe)->filename() : "none");
    names.push_back(*title);
    return names;
  });
  http::multipart_form form;
  form.add_file_content("many", "1", "x").add_field("title", "t").add_file_content("many", "2", "y");
  EXPECT_EQ(post(app, std::move(form)).body, R"(["1","2","none","t"])");
  http::multipart_form other;
  other.add_file_content("many", "1", "x").add_field("title", "t").add_file_content("maybe", "m", "");
  EXPECT_EQ(post(app, std::move(other)).body, R"(["1","m","t"])");
}

TEST(upload, that_nobody_has_chosen_is_not_there) {
  auto app = describing();
  http::multipart_form form;
  form.add_file_content("file", "", "");
  const auto answer = post(app, std::move(form));
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(complaints(answer), ElementsAre("missing body.file"));
}

TEST(upload, that_is_missing_or_a_text_is_422) {
  auto app = describing();
  http::multipart_form other;
  other.add_file_content("other", "x", "x");
  EXPECT_THAT(complaints(post(app, std::move(other))), ElementsAre("missing body.file"));
  http::multipart_form text;
  text.add_field("file", "text");
  const auto answer = post(app, std::move(text));
  EXPECT_EQ(answer.value()["detail"][0], json::parse(R"({"type": "value_error", "loc": ["body", "file"],
      "msg": "Value error, Expected UploadFile, received: <class 'str'>", "input": "text", "ctx": {"error": {}}})"));
  EXPECT_THAT(complaints(ask(app, "POST", "/files")), ElementsAre("missing body.file"));
}

TEST(upload, is_shared_by_a_handler_and_what_it_depends_on) {
  struct checked {
    static std::uint64_t size(upload<"file"> file) { return file->size(); }
  };

  application app;
  app.post("/files", [](upload<"file"> file, depends<&checked::size> size, form<"a", int> a) -> task<std::string> {
    auto text = co_await file->read_all();
    co_return text + std::to_string(*size + static_cast<std::uint64_t>(*a));
  });
  auto form = one_file("abc");
  form.add_field("a", "1");
  EXPECT_EQ(post(app, std::move(form)).value(), "abc4");
}

// -- limits --------------------------------------------------------------------------------------------------------------

TEST(upload_limits, bound_files_fields_and_their_sizes) {
  const auto verdict = [](const upload_limits& limits, http::multipart_form form) {
    auto app = describing();
    app.use(limits);
    const auto answer = post(app, std::move(form));
    return std::to_string(answer.status) + (answer.status == 200 ? "" : " " + answer.value()["detail"].dump());
  };
  auto two_files = one_file("x");
  two_files.add_file_content("other", "y", "y");
  EXPECT_EQ(verdict(upload_limits{}.max_files(1), std::move(two_files)),
            "400 \"Too many files. Maximum number of files is 1.\"");
  auto two_fields = one_file("x");
  two_fields.add_field("a", "1").add_field("b", "2");
  EXPECT_EQ(verdict(upload_limits{}.max_fields(1), std::move(two_fields)),
            "400 \"Too many fields. Maximum number of fields is 1.\"");
  auto long_field = one_file("x");
  long_field.add_field("a", std::string(2049, 'a'));
  EXPECT_EQ(verdict(upload_limits{}.max_field_size(2048), std::move(long_field)),
            "400 \"Part exceeded maximum size of 2KB.\"");
  EXPECT_EQ(verdict(upload_limits{}.max_file_size(99'999), one_file(big(100'000))),
            "413 \"File exceeded maximum size of 99999 bytes.\"");
  EXPECT_EQ(verdict(upload_limits{}.max_file_size(100'000), one_file(big(100'000))), "200");
  EXPECT_THAT(verdict(upload_limits{}.max_total(5'000), one_file(big(5'000))), HasSubstr("413 "));
}

TEST(upload_limits, of_a_route_count_before_those_of_the_application) {
  application app;
  app.use(upload_limits{}.max_file_size(10));
  app.post("/small", [](upload<"file">) {});
  app.post("/large", [](upload<"file">) {}).use(upload_limits{}.max_file_size(100));
  EXPECT_EQ(post(app, one_file(big(50)), "/small").status, 413);
  EXPECT_EQ(post(app, one_file(big(50)), "/large").status, 200);
}

TEST(upload_limits, leave_nothing_behind_of_what_was_refused) {
  const temporary_place place;
  auto app = describing();
  app.use(upload_limits{}.max_file_size(500'000));
  EXPECT_EQ(post(app, one_file(big(1'000'000))).status, 413);
  EXPECT_EQ(place.count(), 0U);
}

TEST(upload_limits, add_to_the_servers_own) {
  auto app = describing();
  const auto options = test_client_options{}.server(http::server_options{}.max_body(100'000));
  EXPECT_EQ(post(app, one_file(big(200'000)), "/files", options).status, 413);
}

// -- what is none --------------------------------------------------------------------------------------------------------

TEST(form_with_files, that_is_malformed_is_400) {
  auto app = describing();
  const auto detail = [&](std::string_view type, std::string_view body) {
    const auto answer = ask(app, "POST", "/files", "Content-Type: " + std::string{type} + "\r\n", body);
    return std::to_string(answer.status) + " " + answer.value()["detail"].get<std::string>();
  };
  EXPECT_EQ(detail("multipart/form-data", "x"), "400 Missing boundary in multipart.");
  EXPECT_EQ(detail("multipart/form-data; boundary=b", "no form"), "400 There was an error parsing the body");
  EXPECT_EQ(detail("multipart/form-data; boundary=b",
                   "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\ncut off"),
            "400 There was an error parsing the body");
  EXPECT_EQ(detail("multipart/form-data; boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n"),
            "400 There was an error parsing the body");
}

TEST(form_with_files, of_a_client_that_leaves_midway_leaves_nothing_behind) {
  const temporary_place place;
  auto app = describing();
  bool has_been_there = false;
  const auto leave = [&]() -> task<void> {
    http::server server{app.handler()};
    auto ends = testing::make_memory_streams();
    auto serving = spawn(server.serve(std::move(ends.second)));
    const auto text = "POST /files HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n"
                      "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
                      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n" +
                      big(300'000);
    co_await ends.first->write_all(text);
    co_await sleep(1s);
    has_been_there = place.count() == 2;
    ends.first->close();
    try {
      co_await serving;
    } catch (const net::net_error&) {
      co_return; // nobody takes the answer
    }
  };
  // That the answer found nobody is logged.
  testing::run_deterministic(1, leave, testing::deterministic_options{}.tolerate_log(log_level::error));
  EXPECT_TRUE(has_been_there);
  EXPECT_EQ(place.count(), 0U);
}

TEST(form_with_files, is_described_as_one_body) {
  application app;
  app.post("/files", [](upload<"file">, upload<"more", std::vector<uploaded_file>>,
                        upload<"maybe", std::optional<uploaded_file>>, form<"title", std::string>) {})
      .name("store");
  const nlohmann::json document = app.openapi();
  EXPECT_EQ(document["paths"]["/files"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["$ref"],
            "#/components/schemas/Body_store_files_post");
  const auto& schema = document["components"]["schemas"]["Body_store_files_post"];
  EXPECT_EQ(schema["required"], json::parse(R"(["file", "more", "title"])"));
  EXPECT_EQ(schema["properties"]["file"], json::parse(R"({"type": "string", "format": "binary", "title": "File"})"));
}

} // namespace
} // namespace actors::web::test
