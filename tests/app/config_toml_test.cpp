// Documents: places of mistakes, odd shapes, hostile text.
#include "config_fixture.hpp"

#include <random>

namespace {

using namespace config_fixture;

TEST(config_toml, broken_documents_are_named_with_line_and_column) {
  EXPECT_TRUE(problems_of_text("[server]\nport = \n").starts_with("app.toml:2:8: is not valid TOML: "));
  EXPECT_TRUE(problems_of_text("[server]\nport = 1\nport = 2\n").starts_with("app.toml:3:"));
  EXPECT_TRUE(problems_of_text("[server]\n[server]\n").starts_with("app.toml:2:"));
  EXPECT_TRUE(problems_of_text("x = \"abc").starts_with("app.toml:1:"));
  EXPECT_TRUE(problems_of_text("\n\n  port 80\n").starts_with("app.toml:3:"));
  EXPECT_EQ(problems_of_text("[server]\nport = \n").find('\n'), std::string::npos);
}

TEST(config_toml, other_encodings_are_named_with_their_place) {
  EXPECT_EQ(problems_of_text("[server]\nhost = 'Gr\xfc\xdf"
                             "e'"),
            "app.toml:2:11: is not UTF-8 text (byte \\xfc)");
  EXPECT_EQ(problems_of_text("# ä\n# ä\xff"), "app.toml:2:4: is not UTF-8 text (byte \\xff)");
  EXPECT_EQ(problems_of_text("\xff\xfe[\0s\0"), "app.toml:1:1: is not UTF-8 text (byte \\xff)");
  EXPECT_NE(problems_of_text(std::string_view("[server]\0", 9)), "");
}

TEST(config_toml, a_byte_order_mark_and_windows_line_ends_are_fine) {
  EXPECT_EQ(problems_of_text("\xef\xbb\xbf[server]\r\nport = 80\r\n"), "");
}

TEST(config_toml, a_section_may_be_written_in_every_way_that_toml_has) {
  for (const char* text :
       {"[server]\nport = 81", "server.port = 81", "server = {port = 81}", "[ 'server' ]\n\"port\" = 81"}) {
    server_config configuration;
    configuration.add_text(text, "t");
    configuration.apply();
    EXPECT_EQ(configuration.options.port, 81) << text;
  }
}

TEST(config_toml, sections_nest) {
  config configuration;
  int size = 0;
  int depth = 0;
  configuration.section("store.cache").key("size", size, "a size");
  configuration.section("store").key("depth", depth, "a depth");
  configuration.add_text("[store]\ndepth = 1\n[store.cache]\nsize = 2", "t");
  configuration.apply();
  EXPECT_EQ(size, 2);
  EXPECT_EQ(depth, 1);
  configuration.add_text("[store.cahce]\nsize = 2\n[store.cache.deep]\nx = 1\n", "t");
  EXPECT_EQ(problems_of(configuration), "t:1:8: unknown section [store.cahce]; did you mean [store.cache]?\n"
                                        "t:3:14: unknown section [store.cache.deep]; did you mean [store.cache]?");
}

TEST(config_toml, things_in_the_wrong_place_are_named) {
  EXPECT_EQ(problems_of_text("port = 80"), "app.toml:1:1: unknown key \"port\"; it is a key of [server]");
  EXPECT_EQ(problems_of_text("server = 80"),
            "app.toml:1:1: \"server\" is a section; write [server] and its keys below");
  EXPECT_EQ(problems_of_text("[[server]]\nport = 80"),
            "app.toml:1:3: \"server\" is a section; write [server] and its keys below");
  EXPECT_EQ(problems_of_text("\"server.port\" = 80"), "app.toml:1:1: unknown key \"server.port\"");
  EXPECT_EQ(problems_of_text("[\"server.port\"]\nx = 80"), "app.toml:1:2: unknown section [server.port]");
  EXPECT_EQ(problems_of_text("[server]\n\"\" = 1"), "app.toml:2:1: unknown key \"\" in [server]");
  EXPECT_EQ(problems_of_text("[server]\n\"a\\u001b[2J\\n\" = 1"),
            "app.toml:2:1: unknown key \"a\\x1b[2J\\n\" in [server]");
}

TEST(config_toml, a_section_that_others_read_can_be_ignored) {
  server_config configuration;
  configuration.ignore_section("other");
  configuration.add_text("[other]\nx = 1\n[other.deep]\ny = 2\n[server]\nport = 81", "t");
  configuration.add_environment({{"APP_OTHER_X", "1"}});
  configuration.apply();
  EXPECT_EQ(configuration.options.port, 81);
  EXPECT_TRUE(configuration.warnings().empty());
}

TEST(config_toml, a_key_of_many_levels_is_refused_before_it_costs_stack) {
  const auto dots = [](std::size_t count) {
    std::string key = "a";
    for (std::size_t i = 0; i < count; ++i)
      key += ".a";
    return key;
  };
  EXPECT_EQ(problems_of_text(dots(300'000) + " = 1"), "app.toml:1:32: a key has more than 16 levels");
  EXPECT_EQ(problems_of_text("[" + dots(300'000) + "]"), "app.toml:1:33: a key has more than 16 levels");
  EXPECT_EQ(problems_of_text("x = {" + dots(300'000) + " = 1}"), "app.toml:1:37: a key has more than 16 levels");
  // A string that ends in quotes must not hide what follows.
  EXPECT_EQ(problems_of_text("x = {y = \"\"\"z\"\"\"\", " + dots(300'000) + " = 1}"),
            "app.toml:1:51: a key has more than 16 levels");
  EXPECT_EQ(problems_of_text("x = {y = '''z''''', " + dots(300'000) + " = 1}"),
            "app.toml:1:52: a key has more than 16 levels");
  EXPECT_EQ(problems_of_text("\"a\".'b'.\"c" + std::string("\\\"") + "\"." + dots(20) + " = 1"),
            "app.toml:1:40: a key has more than 16 levels");
}

TEST(config_toml, dots_in_values_and_comments_are_no_levels) {
  EXPECT_EQ(problems_of_text("# ....................\n[server]\nhost = \"......................\" # .................\n"
                             "folder = '....................'\nratio = 0.5\nnames = ['''\n...................''',\n"
                             "\"\"\"\\\"......................\"\"\"]"),
            "");
}

TEST(config_toml, deeply_nested_values_are_refused) {
  std::string lists = "x = ";
  lists.append(100'000, '[');
  EXPECT_TRUE(problems_of_text(lists).starts_with("app.toml:1:"));
  std::string tables = "x = ";
  for (int i = 0; i < 100'000; ++i)
    tables += "{a=";
  EXPECT_TRUE(problems_of_text(tables).starts_with("app.toml:1:"));
  // As deep as both bounds allow.
  std::string deepest = "x = ";
  for (int i = 0; i < 250; ++i)
    deepest += "{a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=";
  deepest += "1" + std::string(250, '}');
  EXPECT_EQ(problems_of_text(deepest), "app.toml:1:1: unknown section [x]");
}

TEST(config_toml, a_huge_document_is_refused) {
  EXPECT_EQ(problems_of_text(std::string((1U << 20U) + 1, '\n')),
            "app.toml: is larger than 1 MiB, too large for a configuration");
  EXPECT_EQ(problems_of_text(std::string(1U << 20U, '\n')), "");
}

TEST(config_toml, damaged_documents_give_errors_and_nothing_else) {
  const std::string_view good =
      "# comment\n[server]\nhost = \"::1\" # x\nport = 80\ntimeout = '1 min'\nratio = 1e-1\n"
      "names = [\"a\", '''b''', \"\"\"c\\u00e9\"\"\"]\nserver2.x = {y = 2026-01-01T00:00:00Z}\n";
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr std::string_view pieces = "\"'[]{}=.,#\n\r\t\\ \0\x80\xff"
                                      "aZ0-_+:eux";
  for (int round = 0; round < 1000; ++round) {
    std::string text(good);
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % (text.size() + 1);
      switch (random() % 4) {
      case 0:
        text.insert(at, 1, pieces[random() % pieces.size()]);
        break;
      case 1:
        text.erase(at, 1 + random() % 3);
        break;
      case 2:
        text.resize(at);
        break;
      default:
        text.insert(at, text.substr(random() % (text.size() + 1), random() % 20));
      }
    }
    const std::string problems = problems_of_text(text);
    for (const char c : problems)
      ASSERT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << problems;
  }
}

} // namespace
