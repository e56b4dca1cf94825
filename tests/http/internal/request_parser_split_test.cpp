#include <tests/http/internal/request_parser_fixture.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace actors::http::internal {
namespace {

using std::string_view_literals::operator""sv;

const std::vector<std::string>& samples() {
  static const std::vector<std::string> all{
      "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nX-A:  1 \t\r\nX-Empty:\r\nAccept: a, b\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nConnection: keep-alive\r\n\r\nhello worldGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      ("PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: h\r\n\r\n"
       "5;a=b;c=\"d\"\r\nhello\r\nc\r\n big world!\n\r\n0\r\nT: 1\r\nU: 2\r\n\r\n"
       "\r\nHEAD /y HTTP/1.0\r\nConnection: keep-alive\r\n\r\nDELETE /z HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
      "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n\r\n\r\nGET http://h:80/p?q HTTP/1.1\r\nHost: h:80\r\n\r\n",
      "GET / HTTP/1.1\r\nHost:h\r\nA:  two\r\nB: x \t \r\nC:\td\r\nD:\r\nE: \r\nF:y\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhellooo\r\n0\r\n\r\n",
  };
  return all;
}

TEST(request_parser, the_samples_but_the_last_two_are_good) {
  for (std::size_t i = 0; i < samples().size(); ++i)
    EXPECT_EQ(failure(samples()[i]).empty(), i + 2 < samples().size()) << samples()[i];
}

TEST(request_parser, every_way_to_cut_the_input_in_two_gives_the_same) {
  for (const auto& sample : samples()) {
    const auto expected = run(sample);
    EXPECT_EQ(run_bytewise(sample), expected) << sample;
    for (std::size_t at = 1; at < sample.size(); ++at) {
      request_parser p;
      ASSERT_EQ(transcript(p, cut(sample, {at})), expected) << sample << "cut at " << at;
    }
  }
}

TEST(request_parser, random_mutations_are_judged_alike_however_they_are_split) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  constexpr auto special = "\r\n\0 \t:;,0159afAF\x7f\xff/\"chunked"sv;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = samples()[random() % samples().size()];
    for (unsigned changes = 1 + random() % 3; changes > 0 && !text.empty(); --changes) {
      const auto at = random() % text.size();
      const char c = special[random() % special.size()];
      switch (random() % 4) {
      case 0:
        text[at] = c;
        break;
      case 1:
        text.insert(at, 1, c);
        break;
      case 2:
        text.erase(at, 1 + random() % 4);
        break;
      default:
        text.insert(at, text.substr(random() % text.size(), random() % 30));
        break;
      }
    }
    const auto limits = message_limits{}.max_field_bytes(40 + random() % 200).max_body(random() % 60);
    request_parser whole{limits};
    request_parser split{limits};
    const auto expected = transcript(whole, {text});
    const auto got = transcript(split, cut_randomly(text, random));
    ASSERT_TRUE(tell_the_same(expected, got)) << text << "\nat once:\n" << expected << "split:\n" << got;
    ASSERT_FALSE(expected.starts_with(unfit)) << expected;
  }
}

TEST(request_parser, random_bytes_do_no_harm) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  for (int round = 0; round < 5'000; ++round) {
    std::string text(random() % 200, '\0');
    std::generate(text.begin(), text.end(), [&] { return static_cast<char>(random()); });
    text.insert(0, samples()[random() % samples().size()].substr(0, random() % 80));
    request_parser p;
    const auto result = transcript(p, cut_randomly(text, random));
    EXPECT_TRUE(result.ends_with("end\n") || result.find("failed") != std::string::npos) << result;
  }
}

} // namespace
} // namespace actors::http::internal
