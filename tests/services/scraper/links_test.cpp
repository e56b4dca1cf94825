#include <actors/http/url.hpp>
#include <services/scraper/links.hpp>

#include <gtest/gtest.h>

using namespace services::scraper;
using actors::http::url;

namespace {

std::vector<page_link> links_of(std::string_view body, std::string_view address = "http://example.org/dir/page.html") {
  return resolve_links(parse_html(body), url::parse(address));
}

std::vector<std::string> urls_of(std::string_view body) {
  std::vector<std::string> result;
  for (const auto& link : links_of(body))
    result.push_back(link.url);
  return result;
}

} // namespace

TEST(links, they_are_resolved_against_the_page) {
  EXPECT_EQ(urls_of("<a href=a.html>x</a><a href=../b>x</a><a href='//other.org'>x</a><a href='?q=1'>x</a>"),
            (std::vector<std::string>{"http://example.org/dir/a.html", "http://example.org/b", "http://other.org/",
                                      "http://example.org/dir/page.html?q=1"}));
}

TEST(links, the_base_element_is_respected) {
  EXPECT_EQ(urls_of("<base href='/other/'><a href=a>x</a>"), std::vector<std::string>{"http://example.org/other/a"});
  EXPECT_EQ(urls_of("<base href='https://b.org/x/'><a href=a>x</a>"), std::vector<std::string>{"https://b.org/x/a"});
  EXPECT_EQ(urls_of("<base href='mailto:x'><a href=a>x</a>"), std::vector<std::string>{"http://example.org/dir/a"});
}

TEST(links, each_url_comes_once_in_its_canonical_form) {
  EXPECT_EQ(
      urls_of("<a href=a#one>x</a><a href=a#two>x</a><a href='HTTP://EXAMPLE.ORG:80/dir/./a'>x</a><a href='%61'>x</a>"),
      std::vector<std::string>{"http://example.org/dir/a"});
  EXPECT_EQ(urls_of("<a href='http://me:secret@example.org/'>x</a>"), std::vector<std::string>{"http://example.org/"});
}

TEST(links, what_cannot_be_fetched_is_left_out) {
  EXPECT_TRUE(urls_of("<a href='mailto:a@b'>x</a><a href='javascript:void(0)'>x</a><a href='ftp://x/'>x</a>"
                      "<a href='http://'>x</a><a href='http://[::'>x</a><a href='data:text/html,x'>x</a>")
                  .empty());
}

TEST(links, a_url_is_nofollow_only_if_all_its_links_are) {
  const auto links = links_of(
      "<a href=a rel=nofollow>x</a><a href=a>x</a><a href=b rel=nofollow>x</a><a href='b#x' rel=nofollow>x</a>");
  ASSERT_EQ(links.size(), 2u);
  EXPECT_FALSE(links[0].nofollow);
  EXPECT_TRUE(links[1].nofollow);
}

TEST(links, each_tells_its_origin) {
  const auto links = links_of("<a href='https://a.org:8443/x'>x</a><a href='/y'>x</a>");
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links[0].origin, "https://a.org:8443");
  EXPECT_EQ(links[1].origin, "http://example.org");
}
