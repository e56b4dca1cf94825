#include "../http/static_support.hpp"
#include "middleware_support.hpp"

#include <actors/http/error.hpp>
#include <actors/web/cors.hpp>
#include <actors/web/static_folder.hpp>

#include <gtest/gtest.h>

#include <string>
#include <system_error>

namespace actors::web::test {
namespace {

class static_folder_of_a_site : public ::testing::Test {
protected:
  static_folder_of_a_site() {
    files_.add("index.html", "<p>home</p>");
    files_.add("a.txt", "small");
    files_.add("big.txt", big_);
    std::ofstream{files_.outside() / "secret.txt"} << "secret";
  }

  application site(static_folder folder) const {
    application app;
    app.use(cors{}.allow_origins({"*"}));
    app.use(std::move(folder));
    app.get("/assets/route", [] { return 7; });
    app.get("/route", [] { return 7; });
    return app;
  }

  static answer get(application& app, std::string_view target, std::string_view fields = {}) {
    return ask(app, "GET", target, fields);
  }

  std::string big_ = std::string(300'000, 'b');
  http::test::file_tree files_;
};

TEST_F(static_folder_of_a_site, serves_files_below_its_path) {
  auto app = site({"/assets", files_.root()});
  const auto small = get(app, "/assets/a.txt", "Origin: https://a.example\r\n");
  EXPECT_EQ(small.status, 200);
  EXPECT_EQ(small.body, "small");
  EXPECT_EQ(small.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(small.field("Access-Control-Allow-Origin"), "*") << "as all replies";
  EXPECT_EQ(get(app, "/assets/big.txt").body, big_);
  EXPECT_EQ(get(app, "/assets/").body, "<p>home</p>");
  EXPECT_EQ(get(app, "/assets").field("Location"), "/assets/");
  const auto head = ask(app, "HEAD", "/assets/big.txt");
  EXPECT_EQ(head.field("Content-Length"), "300000");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(get(app, "/assets/a.txt", "If-None-Match: " + small.field("ETag") + "\r\n").status, 304);
  const auto part = get(app, "/assets/big.txt", "Range: bytes=10-199999\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body.size(), 199'990U);
}

TEST_F(static_folder_of_a_site, lets_nobody_out) {
  auto app = site({"/assets", files_.root()});
  for (const auto* target :
       {"/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/assets/..%2fsecret.txt", "/assets//etc/passwd",
        "/assets/a.txt%00", "/assets/a.txt/", "/assets/nothing", "/assets/route"}) {
    const auto answer = get(app, target);
    EXPECT_TRUE(answer.status == 404 || answer.status == 400) << target << answer.status;
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(ask(app, "POST", "/assets/a.txt").status, 405);
}

TEST_F(static_folder_of_a_site, leaves_the_rest_to_the_application) {
  auto app = site({"/assets", files_.root()});
  EXPECT_EQ(get(app, "/route").body, "7");
  EXPECT_EQ(get(app, "/a.txt").status, 404);
  EXPECT_EQ(get(app, "/assetsx/a.txt").status, 404);
  auto pages = site(static_folder{"/", files_.root()}.only_if_found());
  EXPECT_EQ(get(pages, "/").body, "<p>home</p>");
  EXPECT_EQ(get(pages, "/a.txt").body, "small");
  EXPECT_EQ(get(pages, "/route").body, "7");
  EXPECT_EQ(get(pages, "/nothing").body, R"({"detail":"Not Found"})");
  EXPECT_EQ(ask(pages, "POST", "/route").status, 405);
}

TEST_F(static_folder_of_a_site, is_checked_when_it_is_made) {
  EXPECT_THROW((static_folder{"/assets", files_.root() / "nothing"}), std::system_error);
  EXPECT_THROW((static_folder{"assets", files_.root()}), http::error);
}

} // namespace
} // namespace actors::web::test
