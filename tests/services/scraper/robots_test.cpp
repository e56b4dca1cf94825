#include <services/scraper/robots.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>

using namespace services::scraper;
using namespace std::chrono_literals;

namespace {

bool allowed(std::string_view file, std::string_view target) {
  return robots_rules::parse(file, "actors").allowed(target);
}

} // namespace

TEST(robots, without_rules_everything_is_allowed) {
  EXPECT_TRUE(allowed("", "/"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow:\n", "/a"));
  EXPECT_TRUE(allowed("Disallow: /\n", "/a")) << "a rule before any group belongs to nobody";
}

TEST(robots, the_group_with_our_name_counts_instead_of_the_group_for_all) {
  constexpr auto file = "User-agent: *\nDisallow: /\n\nUser-Agent: Actors/2.0\nDisallow: /private\n";
  EXPECT_TRUE(allowed(file, "/a"));
  EXPECT_FALSE(allowed(file, "/private/x"));
  EXPECT_FALSE(robots_rules::parse(file, "other").allowed("/a"));
  EXPECT_FALSE(robots_rules::parse(file, "act").allowed("/a")) << "the name must be the same, not begin the same";
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /\nUser-agent: actors\n", "/a")) << "our group may be empty";
}

TEST(robots, groups_with_the_same_name_are_one) {
  constexpr auto file =
      "User-agent: actors\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: actors\nDisallow: /c\n";
  EXPECT_FALSE(allowed(file, "/a"));
  EXPECT_TRUE(allowed(file, "/b"));
  EXPECT_FALSE(allowed(file, "/c"));
}

TEST(robots, several_names_share_the_rules_that_follow) {
  constexpr auto file = "User-agent: a\nUser-agent: actors\nUser-agent: c\nDisallow: /x\nUser-agent: d\nDisallow: /y\n";
  EXPECT_FALSE(allowed(file, "/x"));
  EXPECT_TRUE(allowed(file, "/y"));
}

TEST(robots, a_longer_match_wins_over_a_shorter_one) {
  constexpr auto file = "User-agent: *\nDisallow: /example/\nAllow: /example/public\nDisallow: /example/public/not\n";
  EXPECT_FALSE(allowed(file, "/example/page"));
  EXPECT_TRUE(allowed(file, "/example/public/page"));
  EXPECT_FALSE(allowed(file, "/example/public/not/page"));
}

TEST(robots, allow_wins_a_tie) {
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /a\nAllow: /a\n", "/a"));
  EXPECT_TRUE(allowed("User-agent: *\nAllow: /a\nDisallow: /a\n", "/a"));
}

TEST(robots, wildcards_match_as_the_rfc_says) {
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: *.gif$", "/a/b.gif"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: *.gif$", "/a/b.gif?x"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /*.gif$", "/a/b.gifs"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /this/*/exactly", "/this/path/exactly/here"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /this/*/exactly$", "/this/path/exactly/here"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /*?*print=", "/a?x=1&print=1"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /fish*", "/fish"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /a$", "/a"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /a$", "/ab"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /a$b", "/a$b")) << "a dollar inside is itself";
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /**x", "/yyx"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /ab*ab*abc$", "/abxabyababcabc"));
}

TEST(robots, paths_are_case_sensitive_and_match_from_the_start) {
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /Private", "/private"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /b", "/a/b"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: b", "/b"));
}

TEST(robots, percent_encoding_is_the_same_on_both_sides) {
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /foo/bar/ツ", "/foo/bar/%E3%83%84"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /foo/bar/%e3%83%84", "/foo/bar/%E3%83%84"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /foo/bar/%62%61%7A", "/foo/bar/baz"));
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /~joe", "/%7Ejoe"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: /a/b", "/a%2Fb")) << "an encoded slash is not a slash";
  EXPECT_FALSE(allowed("User-agent: *\nDisallow: /a%2", "/a%2"));
}

TEST(robots, the_file_itself_is_always_allowed) {
  EXPECT_TRUE(robots_rules::disallow_all().allowed("/robots.txt"));
  EXPECT_FALSE(robots_rules::disallow_all().allowed("/"));
  EXPECT_FALSE(robots_rules::disallow_all().allowed(""));
}

TEST(robots, line_ends_comments_blanks_and_byte_order_marks_do_not_matter) {
  EXPECT_FALSE(allowed("\xEF\xBB\xBFUser-agent: *\r\nDisallow: /a\r\n", "/a"));
  EXPECT_FALSE(allowed("User-agent: *\rDisallow: /a\r", "/a"));
  EXPECT_FALSE(allowed("# c\nUSER-AGENT : * # all\n\n\t disallow\t:\t/a # b", "/a"));
  EXPECT_TRUE(allowed("User-agent: *\nDisallow: # /a\n", "/a"));
  EXPECT_FALSE(allowed("User-agent: *\nSitemap: http://x/s\nDisallow: /a\n", "/a"));
  EXPECT_FALSE(allowed("User-agent: *\nCrawl-delay: 1\nnonsense\n: x\nDisallow: /a\n", "/a"));
}

TEST(robots, crawl_delay_belongs_to_its_group) {
  const auto rules =
      robots_rules::parse("User-agent: *\nCrawl-delay: 10\nUser-agent: actors\nCrawl-delay: 1.5\n", "actors");
  EXPECT_EQ(rules.crawl_delay(), 1500ms);
  EXPECT_EQ(robots_rules::parse("User-agent: *\nCrawl-delay: 10\n", "actors").crawl_delay(), 10s);
  EXPECT_EQ(robots_rules::parse("User-agent: *\nDisallow: /\n", "actors").crawl_delay(), std::nullopt);
  EXPECT_EQ(robots_rules::parse("User-agent: *\nCrawl-delay: soon\n", "actors").crawl_delay(), std::nullopt);
  EXPECT_EQ(robots_rules::parse("User-agent: *\nCrawl-delay: -1\n", "actors").crawl_delay(), std::nullopt);
  EXPECT_EQ(robots_rules::parse("User-agent: *\nCrawl-delay: nan\n", "actors").crawl_delay(), std::nullopt);
  EXPECT_EQ(robots_rules::parse("User-agent: *\nCrawl-delay: 99999999999999999999\n", "actors").crawl_delay(), 1h);
}

TEST(robots, sitemaps_belong_to_no_group) {
  const auto rules =
      robots_rules::parse("Sitemap: http://a/s.xml\nUser-agent: x\nDisallow: /\nsitemap:http://a/t.xml\n", "actors");
  EXPECT_EQ(rules.sitemaps(), (std::vector<std::string>{"http://a/s.xml", "http://a/t.xml"}));
}

TEST(robots, the_status_of_the_response_decides_without_a_file) {
  const auto allowed = [](int status) {
    return robots_rules::for_response(status, "User-agent: *\nDisallow: /a\n", "actors").allowed("/a");
  };
  EXPECT_FALSE(allowed(200));
  EXPECT_TRUE(allowed(404));
  EXPECT_TRUE(allowed(401));
  EXPECT_TRUE(allowed(403));
  EXPECT_TRUE(allowed(302)) << "too many redirects are as if there were no file";
  EXPECT_FALSE(allowed(500));
  EXPECT_FALSE(allowed(503));
  EXPECT_FALSE(allowed(429));
  EXPECT_FALSE(allowed(0));
  EXPECT_FALSE(robots_rules::for_response(503, "", "actors").allowed("/b"));
  EXPECT_TRUE(robots_rules::is_unreachable(0));
  EXPECT_FALSE(robots_rules::is_unreachable(404));
}

TEST(robots, only_the_first_500_kib_count_and_no_line_is_cut) {
  std::string file = "User-agent: *\nDisallow: /early\n";
  while (file.size() < robots_rules::size_limit - 20)
    file += "#\n";
  file += "Disallow: /on-the-border-of-the-limit\nDisallow: /late\n";
  EXPECT_FALSE(allowed(file, "/early"));
  EXPECT_TRUE(allowed(file, "/late"));
  EXPECT_TRUE(allowed(file, "/o")) << "half a line is not a rule";
  EXPECT_TRUE(allowed(std::string(1'000'000, 'x'), "/a"));
}

TEST(robots, hostile_files_cost_bounded_time) {
  std::string stars = "User-agent: *\nDisallow: /";
  for (auto i = 0; i < 2000; ++i)
    stars += "*a";
  EXPECT_TRUE(allowed(stars + "b$\n", "/" + std::string(8000, 'a')));
  std::string many = "User-agent: *\n";
  while (many.size() < robots_rules::size_limit)
    many += "Allow:/*a*a*b\n";
  const auto rules = robots_rules::parse(many, "actors");
  EXPECT_GT(rules.size(), 30'000u);
  EXPECT_TRUE(rules.allowed("/" + std::string(200, 'a')));
}

TEST(robots, random_files_never_break_it) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const std::string alphabet = "User-agent:* \nDisallow:/Allow\r%2F$#\xFFsitemap" + std::string(1, '\0');
  for (auto round = 0; round < 2'000; ++round) {
    std::string file = "User-agent: *\n";
    for (auto i = random() % 300; i > 0; --i)
      file += alphabet[random() % alphabet.size()];
    const auto rules = robots_rules::parse(file, "actors");
    (void)rules.allowed("/" + file.substr(0, 50));
  }
}

TEST(robots, the_product_token_is_the_first_word_of_the_user_agent) {
  EXPECT_EQ(product_token("actors/0.1 (+https://example.org)"), "actors");
  EXPECT_EQ(product_token("My-Bot_x 1"), "My-Bot_x");
  EXPECT_EQ(product_token("1bot"), "");
  EXPECT_FALSE(robots_rules::parse("User-agent:\nAllow: /\nUser-agent: *\nDisallow: /", "").allowed("/a"))
      << "no name matches no group";
}
