#include <services/scraper/charset.hpp>
#include <services/scraper/html.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

using namespace services::scraper;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

bool has_note(const html_page& page, std::string_view words) {
  return std::ranges::any_of(page.notes, [words](const auto& note) { return note.find(words) != std::string::npos; });
}

void expect_clean(const html_page& page) {
  ASSERT_TRUE(is_utf8(page.title));
  ASSERT_TRUE(is_utf8(page.text));
  ASSERT_TRUE(is_utf8(page.base));
  ASSERT_EQ(page.text.find('\0'), std::string::npos);
  for (const auto& link : page.links) {
    ASSERT_TRUE(is_utf8(link.href));
    ASSERT_EQ(link.href.find('\0'), std::string::npos);
  }
  for (const auto& note : page.notes)
    ASSERT_TRUE(is_utf8(note));
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i)
    result += text;
  return result;
}

/// Enough for every machine and sanitizer, far from what a quadratic parser would take.
html_limits patient() {
  html_limits limits;
  limits.cpu = 60s;
  return limits;
}

} // namespace

TEST(html_hostile, nothing_at_all_is_a_page) {
  for (const auto& body : {""s,          " "s,        "\0"s,           "<"s,         ">"s,  "</"s,  "<!"s, "<!--"s,
                           "<a"s,        "<a href"s,  "<a href=\""s,   "&"s,         "&#"s, "&#x"s, "<?"s, "<!DOCTYPE"s,
                           "<![CDATA["s, "\xFF\xFE"s, "\xEF\xBB\xBF"s, "\xFF\xFE\0"s}) {
    const auto page = parse_html(body);
    EXPECT_TRUE(page.links.empty());
    expect_clean(page);
  }
}

TEST(html_hostile, broken_markup_is_repaired) {
  EXPECT_EQ(parse_html("<p>one<p>two<b>three</p>four").text, "one\ntwothree\nfour");
  EXPECT_EQ(parse_html("<table><td>a<td>b<tr><td>c").text, "a\tb\nc");
  EXPECT_EQ(parse_html("<a href=x>y").links.size(), 1u);
  EXPECT_EQ(parse_html("<div></span></p></div></div>still here").text, "still here");
  EXPECT_EQ(parse_html("</html></body>after the end<a href=late>x</a>").links.size(), 1u);
  EXPECT_EQ(parse_html("<<<a href=x>>y<</a>").links.size(), 1u);
}

TEST(html_hostile, nul_characters_do_not_end_the_page) {
  const auto page = parse_html("<p>a\0b</p><a href='x\0y'>l</a>\0<p>end</p>"s);
  EXPECT_EQ(page.text, "a\xEF\xBF\xBD"
                       "b\nl\xEF\xBF\xBD\nend");
  ASSERT_EQ(page.links.size(), 1u);
  EXPECT_EQ(page.links[0].href, "x\xEF\xBF\xBDy");
  EXPECT_TRUE(has_note(page, "replaced"));
}

TEST(html_hostile, character_references_cannot_make_invalid_characters) {
  for (const auto* reference : {"&#0;", "&#xD800;", "&#xDFFF;", "&#x110000;", "&#99999999999999999999;", "&#-1;",
                                "&#x;", "&#xFFFE;", "&#1;", "&#128;", "&nosuch;", "&amp", "&;"}) {
    const auto page = parse_html("<p>a"s + reference + "b</p><a href=\"x" + reference + "y\">l</a>");
    expect_clean(page);
    EXPECT_EQ(page.links.size(), 1u) << reference;
    EXPECT_TRUE(page.text.starts_with("a")) << reference;
  }
}

TEST(html_hostile, a_giant_attribute_is_left_out_and_the_page_goes_on) {
  const auto page = parse_html("<a href='" + std::string(3 << 20, 'x') + "'>big</a><a href=small>s</a>", {}, patient());
  ASSERT_EQ(page.links.size(), 1u);
  EXPECT_EQ(page.links[0].href, "small");
  EXPECT_TRUE(has_note(page, "1 links longer than 8192 bytes are left out"));
}

TEST(html_hostile, deep_nesting_stops_at_the_limit) {
  const auto page = parse_html("<p>before</p>" + repeated("<b>", 1 << 20) + "after", {}, patient());
  EXPECT_TRUE(page.text.starts_with("before"));
  EXPECT_TRUE(has_note(page, "4096 nested elements"));
}

TEST(html_hostile, elements_that_are_closed_do_not_count_as_nested) {
  const auto page = parse_html(repeated("<p><b>x</b></p>", 10'000), {}, patient());
  EXPECT_EQ(page.text.size(), 19'999u);
  EXPECT_TRUE(page.notes.empty());
  EXPECT_TRUE(parse_html(repeated("<br><img src=x><br/>", 10'000), {}, patient()).notes.empty());
  EXPECT_TRUE(parse_html(repeated("<p>x<li>y", 10'000), {}, patient()).notes.empty());
}

TEST(html_hostile, a_tag_with_a_million_attributes_does_not_take_quadratic_time) {
  std::string body = "<p>before</p><a ";
  for (auto i = 0; i < 1'000'000; ++i)
    body += "a" + std::to_string(i) + " ";
  body += "href=x>after</a>";
  html_limits limits;
  limits.cpu = 50ms;
  const auto begin = std::chrono::steady_clock::now();
  const auto page = parse_html(body, {}, limits);
  // Unlimited, this takes more than ten minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s);
  EXPECT_TRUE(page.text.starts_with("before"));
  EXPECT_TRUE(has_note(page, "given up after 50 ms"));
}

TEST(html_hostile, end_tags_that_search_a_deep_stack_do_not_take_quadratic_time) {
  const auto page =
      parse_html("<p>before</p>" + repeated("<b>", 4000) + repeated("</i>", 1 << 20) + "after", {}, html_limits{});
  EXPECT_TRUE(page.text.starts_with("before"));
}

TEST(html_hostile, text_title_and_links_are_bounded) {
  html_limits limits = patient();
  limits.text = 10;
  limits.title = 5;
  limits.links = 2;
  const auto page = parse_html(
      "<title>a title</title><p>0123456\xC3\xA9\xC3\xA9\xC3\xA9</p>" + repeated("<a href=x>l</a>", 5), {}, limits);
  EXPECT_EQ(page.title, "a tit");
  EXPECT_EQ(page.text, "0123456\xC3\xA9") << "not cut inside a character";
  EXPECT_EQ(page.links.size(), 2u);
  EXPECT_TRUE(has_note(page, "the text is cut at 10 bytes"));
  EXPECT_TRUE(has_note(page, "3 links over the limit of 2 are left out"));
}

TEST(html_hostile, big_pages_of_one_kind_of_junk_come_back) {
  for (const auto* junk : {"<a ",          "<a href=\"",
                           "<!--",         "<![CDATA[",
                           "&#",           "&amp",
                           "<script>",     "<style>",
                           "</",           "<?",
                           "<!DOCTYPE ",   "<title>",
                           "<table><tr>",  "<select><option>",
                           "\xE2\x82",     "\x80",
                           "]]>",          "<svg><title>",
                           "<pre>\n",      "<form><input name=a>",
                           "<html><body>", "<head>",
                           "<frameset>"}) {
    const auto page = parse_html(repeated(junk, 50'000));
    expect_clean(page);
  }
}

TEST(html_hostile, random_bytes_and_random_tags_never_break_it) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  constexpr std::array pieces{
      "<",           ">",         "</",      "/>",       "<a href=",       "\"",    "'",           "=",
      "<p>",         "<b>",       "</b>",    "<script>", "</script>",      "<!--",  "-->",         "&amp;",
      "&#x41;",      "&#0;",      "<title>", "</title>", "<td>",           "<pre>", "\n",          " ",
      "text",        "\xC3\xA9",  "\xFF",    "\xC2\xA0", "<meta charset=", "utf-8", "<base href=", "<template>",
      "</template>", "<noscript>"};
  for (auto round = 0; round < 3'000; ++round) {
    std::string body;
    const auto count = random() % 200;
    for (std::size_t i = 0; i < count; ++i) {
      if (random() % 8 == 0)
        body += static_cast<char>(random() % 256);
      else
        body += pieces[random() % pieces.size()];
    }
    const auto page = parse_html(body, random() % 2 == 0 ? "text/html" : "text/html; charset=utf-8");
    expect_clean(page);
    if (HasFatalFailure())
      return;
  }
}

TEST(html_hostile, every_prefix_of_a_page_is_a_page) {
  const auto body =
      "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>T\xC3\xA9</title><base href=\"/x\">"
      "<script>if (a<b) {}</script></head><body><!-- c --><p class='a b'>x &eacute; &#233; <a href=\"u?a=1&amp;b=2\""
      " rel=nofollow>l</a><pre>\n a\n</pre></body></html>"s;
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const auto page = parse_html(std::string_view{body}.substr(0, size));
    expect_clean(page);
  }
}
