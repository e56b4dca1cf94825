// Declarations, secrets, listings, applying again.
#include "config_fixture.hpp"

namespace {

using namespace config_fixture;

TEST(config, without_sources_the_defaults_stay) {
  server_config configuration;
  configuration.apply();
  EXPECT_EQ(configuration.options.port, 8080);
  EXPECT_EQ(configuration.options.timeout, 30s);
}

TEST(config, a_bad_declaration_is_a_mistake_of_the_program) {
  config configuration("APP");
  int value = 0;
  EXPECT_THROW(configuration.section(""), std::logic_error);
  EXPECT_THROW(configuration.section("Server"), std::logic_error);
  EXPECT_THROW(configuration.section("a..b"), std::logic_error);
  EXPECT_THROW(configuration.section(".a"), std::logic_error);
  EXPECT_THROW(configuration.section("a."), std::logic_error);
  config_section& section = configuration.section("server");
  EXPECT_THROW(section.key("my-key", value, ""), std::logic_error);
  EXPECT_THROW(section.key("1st", value, ""), std::logic_error);
  EXPECT_THROW(section.key("a.b", value, ""), std::logic_error);
  section.key("size", value, "");
  EXPECT_THROW(section.key("size", value, ""), std::logic_error);
}

TEST(config, one_variable_for_two_keys_is_a_mistake_of_the_program) {
  config configuration("APP");
  int value = 0;
  configuration.section("a").key("b_c", value, "");
  configuration.section("a.b").key("c", value, "");
  EXPECT_THROW(configuration.apply(), std::logic_error);
}

TEST(config, without_a_prefix_variables_cannot_clash) {
  config configuration;
  int value = 0;
  configuration.section("a").key("b_c", value, "");
  configuration.section("a.b").key("c", value, "");
  EXPECT_NO_THROW(configuration.apply());
}

TEST(config, a_section_with_the_name_of_a_key_is_a_mistake_of_the_program) {
  config configuration;
  int value = 0;
  configuration.section("a").key("b", value, "");
  configuration.section("a.b").key("c", value, "");
  EXPECT_THROW(configuration.apply(), std::logic_error);
}

TEST(config, a_section_declared_twice_is_one) {
  config configuration;
  int first = 0;
  int second = 0;
  configuration.section("x").key("first", first, "");
  configuration.section("x").key("second", second, "");
  configuration.add_text("[x]\nfirst = 1\nsecond = 2", "t");
  configuration.apply();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

TEST(config, references_to_sections_stay_valid) {
  config configuration;
  config_section& first = configuration.section("first");
  for (int i = 0; i < 100; ++i)
    (void)configuration.section("s" + std::to_string(i));
  int value = 0;
  first.key("value", value, "");
  configuration.add_assignment("first.value=1");
  configuration.apply();
  EXPECT_EQ(value, 1);
}

TEST(config, a_required_key_must_be_given_by_some_source) {
  config configuration("APP");
  std::string url;
  configuration.section("store").key("url", url, "where data is").required();
  EXPECT_EQ(problems_of(configuration),
            "store.url must be given, in [store] of a configuration file, or as APP_STORE_URL");
  configuration.add_environment({{"APP_STORE_URL", "x"}});
  configuration.apply();
  EXPECT_EQ(url, "x");
}

TEST(config, what_is_missing_is_not_said_when_a_file_could_not_be_read) {
  config configuration;
  std::string url;
  configuration.section("store").key("url", url, "where data is").required();
  configuration.add_text("[store", "t");
  EXPECT_EQ(problems_of(configuration).find("must be given"), std::string::npos);
}

TEST(config, what_is_missing_is_said_beside_a_malformed_flag) {
  config configuration;
  std::string url;
  configuration.section("store").key("url", url, "where data is").required();
  configuration.add_assignment("store");
  EXPECT_EQ(problems_of(configuration), "--set: \"store\" is not of the form section.key=value\n"
                                        "store.url must be given, in [store] of a configuration file");
}

TEST(config, a_default_that_breaks_its_own_rule_is_named) {
  config configuration;
  int size = 99;
  configuration.section("x").key("size", size, "").range(1, 10);
  EXPECT_EQ(problems_of(configuration), "default: x.size: 99 is out of range (1 to 10)");
  configuration.add_assignment("x.size=5");
  EXPECT_EQ(problems_of(configuration), "");
}

TEST(config, applying_again_takes_new_sources_and_returns_to_defaults) {
  config configuration;
  int size = 1;
  configuration.section("x").key("size", size, "");
  configuration.add_assignment("x.size=2");
  configuration.apply();
  EXPECT_EQ(size, 2);
  configuration.add_assignment("x.size=3");
  configuration.apply();
  EXPECT_EQ(size, 3);
  config other;
  int value = 7;
  other.section("x").key("value", value, "");
  other.apply();
  value = 8;
  other.apply();
  EXPECT_EQ(value, 7);
}

TEST(config, a_secret_is_shown_nowhere) {
  const auto with = [](auto give) {
    config configuration("APP");
    int pin = 1;
    std::chrono::seconds pause{1};
    std::string token = "from the program";
    std::vector<int> codes;
    config_section& section = configuration.section("x");
    section.key("pin", pin, "a PIN").range(0, 9999).secret();
    section.key("pause", pause, "a pause").secret();
    section.key("token", token, "a token").one_of({"from the program", "a", "b"}).secret();
    section.key("codes", codes, "codes").secret();
    give(configuration);
    std::string problems = problems_of(configuration);
    EXPECT_EQ(configuration.effective().find("from the program"), std::string::npos);
    EXPECT_EQ(configuration.reference().find("= \"from the program\""), std::string::npos);
    return problems;
  };
  const auto text = [](const std::string& toml) { return [toml](config& c) { c.add_text(toml, "t"); }; };
  const auto flag = [](const std::string& assignment) {
    return [assignment](config& c) { c.add_assignment(assignment); };
  };
  EXPECT_EQ(with(text("[x]\npin = 12345")), "t:2:7: x.pin: the value is out of range (0 to 9999)");
  EXPECT_EQ(with(text("[x]\npin = 99999999999")), "t:2:7: x.pin: the value is out of range (0 to 9999)");
  EXPECT_EQ(with(text("[x]\npin = 'hunter2'")), "t:2:7: x.pin: the value is not a whole number");
  EXPECT_EQ(with(text("[x]\ncodes = [1, 'hunter2']")), "t:2:13: x.codes: item 2: the value is not a whole number");
  EXPECT_EQ(with(text("[x]\npause = 4711")).find("4711"), std::string::npos);
  EXPECT_EQ(with(text("[x]\npause = 'hunter2'")).find("hunter2"), std::string::npos);
  EXPECT_EQ(with(flag("x.pin=hunter2")), "--set: x.pin: the value is not a whole number");
  EXPECT_EQ(with(flag("x.pause=1.2345us")).find("2345"), std::string::npos);
  EXPECT_EQ(with(flag("x.pause=1us")).find("1us"), std::string::npos);
  EXPECT_EQ(with(flag("x.token=hunter2")).find("hunter2"), std::string::npos);
  EXPECT_EQ(with(flag("x.codes=1,hunter2")).find("hunter2"), std::string::npos);
  EXPECT_EQ(with(flag("x.codes=[1,hunter2")).find("hunter2"), std::string::npos);
}

TEST(config, the_effective_configuration_says_where_each_value_is_from) {
  server_config configuration;
  configuration.add_text("[server]\nhost = \"::1\"\ntimeout = \"1.5 min\"\n", "app.toml");
  configuration.add_environment({{"APP_SERVER_TOKEN", "hunter2"}, {"APP_SERVER_NAMES", "a,b\tc"}});
  configuration.add_assignment("server.ratio=1");
  configuration.add_flag("--port", "server.port", "80");
  configuration.apply();
  EXPECT_EQ(configuration.effective(), R"([server]
host = "::1"           # app.toml:2
port = 80              # --port
timeout = "90s"        # app.toml:3
body = "1 MiB"         # default
trusted = false        # default
ratio = 1.0            # --set
# rate is not set      # default
names = ["a", "b\tc"]  # environment APP_SERVER_NAMES
numbers = []           # default
folder = "data"        # default
how = "careful"        # default
token = "********"     # environment APP_SERVER_TOKEN
)");
}

TEST(config, the_effective_configuration_can_be_read_back) {
  server_config configuration;
  configuration.add_assignment("server.host=a\"b\\c\n\x1b\u0085é");
  configuration.add_assignment("server.rate=1e300");
  configuration.add_assignment("server.numbers=1,2");
  configuration.add_assignment("server.timeout=1500ms");
  configuration.apply();
  server_config again;
  again.add_text(configuration.effective(), "effective");
  again.apply();
  EXPECT_EQ(again.options.host, configuration.options.host);
  EXPECT_EQ(again.options.rate, 1e300);
  EXPECT_EQ(again.options.numbers, (std::vector<int>{1, 2}));
  EXPECT_EQ(again.options.timeout, 1500ms);
  EXPECT_EQ(configuration.effective().find('\x1b'), std::string::npos);
}

TEST(config, defaults_without_limit_are_shown_as_the_largest_value) {
  config configuration;
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
  std::chrono::hours time = std::chrono::hours::max();
  configuration.section("x").key("count", count, "");
  configuration.section("x").key("time", time, "");
  configuration.apply();
  EXPECT_NE(configuration.effective().find("count = 9223372036854775807"), std::string::npos);
  EXPECT_NE(configuration.effective().find("time = \"9223372036854775807ns\""), std::string::npos);
  EXPECT_EQ(time, std::chrono::hours::max());
}

TEST(config, the_reference_has_help_limits_defaults_and_variables) {
  config configuration("APP");
  int size = 5;
  std::string url;
  std::optional<int> limit;
  mode how = mode::fast;
  std::vector<std::string> names{"a"};
  config_section& section = configuration.section("store.main", "Where data is");
  section.key("size", size, "how much").range(1, 10);
  section.key("url", url, "where").required().secret();
  section.key("limit", limit, "how many").at_least(1);
  section.key("names", names, "for whom").not_empty();
  section.choice("how", how, {{"careful", mode::careful}, {"fast", mode::fast}}, "how to work");
  (void)configuration.section("empty");
  EXPECT_EQ(configuration.reference(), R"(# Where data is
[store.main]

# how much
# integer: 1 to 10; APP_STORE_MAIN_SIZE
#size = 5

# where
# text, required, secret; APP_STORE_MAIN_URL
#url =

# how many
# integer, optional: at least 1; APP_STORE_MAIN_LIMIT
#limit =

# for whom
# list of text: must not be empty; APP_STORE_MAIN_NAMES
#names = ["a"]

# how to work
# text: one of "careful", "fast"; APP_STORE_MAIN_HOW
#how = "fast"
)");
}

TEST(config, the_reference_is_a_document_that_can_be_read) {
  server_config configuration;
  server_config again;
  again.add_text(configuration.reference(), "reference");
  EXPECT_EQ(problems_of(again), "");
}

} // namespace
