#include <services/scraper/html.hpp>

#include <gtest/gtest.h>

#include <string>

using namespace services::scraper;
using namespace std::string_literals;

namespace {

std::string text_of(std::string_view body) {
  return parse_html("<html><body>" + std::string{body} + "</body></html>").text;
}

std::vector<std::string> hrefs(const html_page& page) {
  std::vector<std::string> result;
  for (const auto& link : page.links)
    result.push_back(link.href);
  return result;
}

} // namespace

TEST(html, a_page_gives_its_title_text_and_links) {
  const auto page = parse_html(R"(<!DOCTYPE html>
<html><head><title>
  A  page
  &amp; more</title><link rel="stylesheet" href="style.css"></head>
<body><h1>Head</h1><p>Some <b>bold</b> text, <a href="next.html?a=1&amp;b=2">a link</a>.</p></body></html>)");
  EXPECT_EQ(page.title, "A page & more");
  EXPECT_EQ(page.text, "Head\nSome bold text, a link.");
  EXPECT_EQ(hrefs(page), std::vector<std::string>{"next.html?a=1&b=2"});
  EXPECT_EQ(page.charset, "utf-8");
  EXPECT_TRUE(page.notes.empty());
}

TEST(html, blocks_end_lines_and_inline_elements_do_not) {
  EXPECT_EQ(text_of("<div>a<div>b</div>c</div>d"), "a\nb\nc\nd");
  EXPECT_EQ(text_of("<ul><li>one<li>two</ul>after"), "one\ntwo\nafter");
  EXPECT_EQ(text_of("a<br>b<br/>c"), "a\nb\nc");
  EXPECT_EQ(text_of("Hel<i>lo</i> <span> world</span>!"), "Hello world!");
  EXPECT_EQ(text_of("<p>one</p>\n\n\n<p>two</p>"), "one\ntwo");
}

TEST(html, table_rows_are_lines_and_cells_are_separated_by_tabs) {
  EXPECT_EQ(text_of("<table><tr><th>Name</th><th>Size</th></tr><tr><td> a b </td><td>1</td></tr></table>"),
            "Name\tSize\na b\t1");
}

TEST(html, white_space_is_collapsed_except_in_preformatted_text) {
  EXPECT_EQ(text_of("  a \t\r\n b&nbsp;&nbsp;c  "), "a b c");
  EXPECT_EQ(text_of("<p>x</p><pre>\nint  f()\n{\n\n  return 1;\n}\n</pre><p>y</p>"),
            "x\nint  f()\n{\n\n  return 1;\n}\ny");
  EXPECT_EQ(text_of("<pre>a <b>b</b>  c</pre>"), "a b  c");
}

TEST(html, what_is_not_shown_is_not_text) {
  EXPECT_EQ(text_of("a<script>var x = '<p>no</p>';</script>b<style>p{}</style>c"), "abc");
  EXPECT_EQ(text_of("a<noscript>enable it</noscript>b<template><p>no</p></template>c"), "ab"
                                                                                        "c");
  EXPECT_EQ(text_of("a<!-- no -->b<?php no ?>c"), "abc");
  EXPECT_EQ(text_of("<iframe src=x>old browser</iframe><canvas>no</canvas>yes"), "yes");
  EXPECT_EQ(text_of("<svg><title>tip</title><text>label</text></svg>"), "label");
}

TEST(html, links_of_noscript_count_and_those_of_templates_do_not) {
  const auto page = parse_html("<noscript><a href=a>x</a></noscript><template><a href=b>x</a></template>");
  EXPECT_EQ(hrefs(page), std::vector<std::string>{"a"});
}

TEST(html, the_first_title_counts) {
  EXPECT_EQ(parse_html("<title>one</title><title>two</title>").title, "one");
  EXPECT_EQ(parse_html("<body><svg><title>tip</title></svg></body>").title, "");
  EXPECT_EQ(parse_html("<p>none</p>").title, "");
}

TEST(html, links_tell_where_they_stand) {
  const auto page = parse_html(R"(<html><head>
    <base href=" /base/ "><base href="/second/">
    <link rel="canonical" href="/here">
    <link rel="NEXT" href="n.html"><link rel="alternate" type="application/rss+xml" href="feed">
    <link rel="alternate" hreflang="de" href="de.html"><link rel="icon" href="i.png">
    <meta http-equiv="Refresh" content="5; URL='other page.html'">
    </head><body><a href="a" rel="external NoFollow">a</a><map><area href="b"></map>
    <iframe src="c"></iframe><a name="x">no link</a><a href="#top">top</a><a href="">self</a></body></html>)");
  EXPECT_EQ(page.base, "/base/");
  const std::vector<html_link> expected{
      {"/here", link_kind::canonical, false},  {"n.html", link_kind::relation, false},
      {"de.html", link_kind::relation, false}, {"other page.html", link_kind::meta_refresh, false},
      {"a", link_kind::anchor, true},          {"b", link_kind::area, false},
      {"c", link_kind::frame, false},
  };
  EXPECT_EQ(page.links, expected);
}

TEST(html, a_refresh_is_read_as_browsers_read_it) {
  const auto target = [](const std::string& content) {
    const auto page = parse_html("<meta http-equiv=refresh content=\"" + content + "\">");
    return page.links.empty() ? ""s : page.links[0].href;
  };
  EXPECT_EQ(target("0;url=a"), "a");
  EXPECT_EQ(target("0; url = 'a b'x"), "a b");
  EXPECT_EQ(target("1.5 , a"), "a");
  EXPECT_EQ(target("0;urlish"), "urlish");
  EXPECT_EQ(target("30"), "");
  EXPECT_EQ(target("url=a"), "");
}

TEST(html, addresses_are_cleaned_as_browsers_do) {
  EXPECT_EQ(hrefs(parse_html("<a href='\n a\tb\r\nc '>x</a>")), std::vector<std::string>{"abc"});
}

TEST(html, robots_directives_are_noted) {
  const auto page = parse_html("<meta name=ROBOTS content='NoIndex, nofollow'>");
  EXPECT_TRUE(page.robots.noindex);
  EXPECT_TRUE(page.robots.nofollow);
  EXPECT_TRUE(parse_html("<meta name=robots content=none>").robots.nofollow);
  EXPECT_FALSE(parse_html("<meta name=robots content='index,follow'>").robots.noindex);
  EXPECT_FALSE(parse_html("<meta name=description content=nofollow>").robots.nofollow);
  robots_directives field;
  field.add("noarchive");
  EXPECT_FALSE(field.noindex);
  field.add(" noindex ");
  EXPECT_TRUE(field.noindex);
  EXPECT_FALSE(field.nofollow);
}

TEST(html, the_charset_decides_what_the_bytes_mean) {
  EXPECT_EQ(parse_html("<p>\xE9</p>", "text/html; charset=iso-8859-1").text, "é");
  EXPECT_EQ(parse_html("<meta charset=windows-1251><title>\xCF\xF0\xE8</title>").title, "При");
  EXPECT_EQ(parse_html("<p>\xC3\xA9</p>").text, "é");
  EXPECT_EQ(parse_html("\xFF\xFE<\0p\0>\0h\0i\0"s).text, "hi");
  EXPECT_EQ(parse_html("<p>&eacute;&#233;&#xE9;&euro;</p>").text, "ééé€");
}

TEST(html, a_wrong_label_loses_characters_not_the_page) {
  const auto page = parse_html("<title>na\xEFve</title><a href=x>y</a>", "text/html; charset=utf-8");
  EXPECT_EQ(page.title, "na\xEF\xBF\xBDve");
  EXPECT_EQ(hrefs(page), std::vector<std::string>{"x"});
  ASSERT_EQ(page.notes.size(), 1u);
  EXPECT_EQ(page.notes[0], "1 character is not valid utf-8 and replaced by U+FFFD");
  const auto unknown = parse_html("<p>text</p>", "text/html; charset=klingon");
  EXPECT_EQ(unknown.text, "text");
  ASSERT_EQ(unknown.notes.size(), 1u);
  EXPECT_EQ(unknown.notes[0], "the charset \"klingon\" is unknown; read as utf-8");
}

TEST(html, the_page_s_declaration_does_not_override_the_field) {
  EXPECT_EQ(parse_html("<meta charset=koi8-r><p>\xC3\xA9</p>", "text/html; charset=utf-8").text, "é");
  EXPECT_EQ(parse_html("<meta http-equiv=Content-Type content='text/html; charset=utf-16'><p>ok</p>").text, "ok");
}
