#include <actors/http/internal/content_decoder.hpp>

#include <brotli/encode.h>
#include <gtest/gtest.h>

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace actors::http::internal {
namespace {

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error{"deflateInit2"};
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
    throw std::runtime_error{"deflate"};
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string gzipped(std::string_view text) {
  return deflated(text, 16 + MAX_WBITS);
}

std::string brotlied(std::string_view text) {
  std::string out(BrotliEncoderMaxCompressedSize(text.size()) + 16, '\0');
  auto size = out.size();
  if (BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT, text.size(),
                            reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                            reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_FALSE)
    throw std::runtime_error{"BrotliEncoderCompress"};
  out.resize(size);
  return out;
}

/// Readable, compressible and different text for every size.
std::string text_of(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i)
    text += "line " + std::to_string(i * 7919U % 10'007U) + " of the text\n";
  text.resize(size);
  return text;
}

struct outcome {
  std::string text;
  std::string failure; // its kind, empty if all went well
  std::size_t largest_piece = 0;
};

outcome decode_pieces(const std::vector<std::string_view>& codings, const std::vector<std::string_view>& pieces,
                      std::uint64_t limit = no_limit) {
  outcome result;
  content_decoder decoder{codings, limit};
  const auto failed = [&] {
    result.failure = to_string(decoder.kind());
    EXPECT_FALSE(decoder.message().empty());
    std::string_view more = "more";
    EXPECT_EQ(decoder.next(more), decode_event::failed);
    EXPECT_EQ(decoder.finish(), decode_event::failed);
    return result;
  };
  for (auto piece : pieces)
    for (;;) {
      const auto event = decoder.next(piece);
      if (event == decode_event::failed)
        return failed();
      if (event == decode_event::more)
        break;
      EXPECT_FALSE(decoder.piece().empty());
      result.largest_piece = std::max(result.largest_piece, decoder.piece().size());
      result.text += decoder.piece();
    }
  if (decoder.finish() == decode_event::failed)
    return failed();
  return result;
}

outcome decode(const std::vector<std::string_view>& codings, std::string_view input, std::uint64_t limit = no_limit) {
  return decode_pieces(codings, {input}, limit);
}

std::vector<std::string_view> bytewise(std::string_view input) {
  std::vector<std::string_view> result;
  result.reserve(input.size());
  for (std::size_t i = 0; i < input.size(); ++i)
    result.push_back(input.substr(i, 1));
  return result;
}

struct sample {
  std::string_view coding;
  std::string encoded;
};

std::vector<sample> samples_of(std::string_view text) {
  return {{"gzip", gzipped(text)},
          {"X-GZip", gzipped(text)},
          {"deflate", deflated(text, MAX_WBITS)},
          {"deflate", deflated(text, -MAX_WBITS)},
          {"br", brotlied(text)}};
}

TEST(content_decoder, decodes_every_coding_at_once_and_byte_by_byte) {
  for (const std::size_t size : {0U, 1U, 100U, 16'384U, 16'385U, 200'000U}) {
    const auto text = text_of(size);
    for (const auto& [coding, encoded] : samples_of(text)) {
      const auto at_once = decode({coding}, encoded);
      EXPECT_EQ(at_once.failure, "") << coding << ' ' << size;
      EXPECT_EQ(at_once.text, text) << coding << ' ' << size;
      const auto split = decode_pieces({coding}, bytewise(encoded));
      EXPECT_EQ(split.failure, "") << coding << ' ' << size;
      EXPECT_EQ(split.text, text) << coding << ' ' << size;
    }
  }
}

TEST(content_decoder, codings_over_each_other_are_taken_off_in_reverse) {
  const auto text = text_of(50'000);
  const auto encoded = brotlied(deflated(gzipped(text), MAX_WBITS));
  EXPECT_EQ(decode({"gzip", "identity", "deflate", "br"}, encoded).text, text);
  EXPECT_EQ(decode_pieces({"gzip", "deflate", "br"}, bytewise(encoded)).text, text);
}

TEST(content_decoder, reads_the_codings_of_a_message) {
  fields f;
  f.add("Content-Encoding", "deflate").add("Content-Encoding", "gzip, identity");
  content_decoder decoder{f, no_limit};
  EXPECT_FALSE(decoder.is_identity());
  const auto encoded = gzipped(deflated("hello", MAX_WBITS));
  std::string_view input = encoded;
  ASSERT_EQ(decoder.next(input), decode_event::data);
  EXPECT_EQ(decoder.piece(), "hello");
  EXPECT_EQ(decoder.next(input), decode_event::more);
  EXPECT_EQ(decoder.finish(), decode_event::end);
  EXPECT_TRUE(content_decoder(fields{}, no_limit).is_identity());
}

TEST(content_decoder, identity_hands_the_input_through_under_the_limit) {
  EXPECT_EQ(decode({}, "hello", 5).text, "hello");
  EXPECT_EQ(decode_pieces({"identity"}, {"hel", "lo"}, 5).text, "hello");
  EXPECT_EQ(decode({}, "hello", 4).failure, "decoded_too_large");
  EXPECT_EQ(decode_pieces({}, {"hel", "lo"}, 4).failure, "decoded_too_large");
}

TEST(content_decoder, refuses_unknown_codings_and_too_many) {
  for (const auto& codings : {std::vector<std::string_view>{"compress"}, std::vector<std::string_view>{"gzip", "zstd"},
                              std::vector<std::string_view>(5, "gzip")}) {
    try {
      const content_decoder decoder{codings, no_limit};
      ADD_FAILURE();
    } catch (const error& e) {
      EXPECT_EQ(e.kind(), errc::unsupported_content_coding);
    }
  }
}

TEST(content_decoder, empty_input_is_empty_content) {
  for (const auto* coding : {"gzip", "deflate", "br"}) {
    EXPECT_EQ(decode({coding}, "").failure, "");
    EXPECT_EQ(decode({coding, "gzip"}, gzipped("")).failure, "");
  }
}

TEST(content_decoder, every_truncation_is_noticed) {
  const auto text = text_of(3'000);
  for (const auto& [coding, encoded] : samples_of(text))
    for (std::size_t size = 1; size < encoded.size(); ++size) {
      const auto result = decode({coding}, std::string_view{encoded}.substr(0, size));
      ASSERT_EQ(result.failure, "truncated_content") << coding << " after " << size;
      ASSERT_TRUE(text.starts_with(result.text));
    }
  const auto twice = gzipped(gzipped(text));
  EXPECT_EQ(decode({"gzip", "gzip"}, std::string_view{twice}.substr(0, twice.size() / 2)).failure, "truncated_content");
}

TEST(content_decoder, corrupt_data_is_noticed) {
  const auto text = text_of(3'000);
  auto bad_sum = gzipped(text);
  bad_sum[bad_sum.size() - 8] ^= 1;
  const auto result = decode({"gzip"}, bad_sum);
  EXPECT_EQ(result.failure, "corrupt_content");
  EXPECT_EQ(result.text, text);
  auto bad_adler = deflated(text, MAX_WBITS);
  bad_adler.back() ^= 1;
  EXPECT_EQ(decode({"deflate"}, bad_adler).failure, "corrupt_content");
  EXPECT_EQ(decode({"gzip"}, "<html>this is no gzip</html>").failure, "corrupt_content");
  EXPECT_EQ(decode({"deflate"}, "<html>this is no deflate</html>").failure, "corrupt_content");
  EXPECT_EQ(decode({"br"}, "\xff\xff\xff\xff\xff\xff").failure, "corrupt_content");
  EXPECT_EQ(decode({"gzip", "gzip"}, gzipped("not gzip again")).failure, "corrupt_content");
  auto dictionary = deflated(text, MAX_WBITS);
  dictionary[0] = '\x78';
  dictionary[1] = '\xbb'; // asks for a preset dictionary
  EXPECT_EQ(decode({"deflate"}, dictionary).failure, "corrupt_content");
}

TEST(content_decoder, gzip_members_follow_each_other_and_rubbish_behind_them_is_ignored) {
  const auto two = gzipped("hello ") + gzipped("world");
  EXPECT_EQ(decode({"gzip"}, two).text, "hello world");
  EXPECT_EQ(decode_pieces({"gzip"}, bytewise(two)).text, "hello world");
  EXPECT_EQ(decode({"gzip"}, std::string_view{two}.substr(0, two.size() - 1)).failure, "truncated_content");
  for (const std::string_view rubbish :
       {std::string_view{"\0\0\0\0", 4}, std::string_view{"rubbish"}, std::string_view{"\x1f rubbish"}}) {
    for (const auto& [coding, encoded] : samples_of("hello")) {
      const auto all = encoded + std::string{rubbish};
      EXPECT_EQ(decode({coding}, all).failure, "") << coding;
      EXPECT_EQ(decode({coding}, all).text, "hello") << coding;
      EXPECT_EQ(decode_pieces({coding}, bytewise(all)).failure, "") << coding;
      EXPECT_EQ(decode_pieces({coding}, bytewise(all)).text, "hello") << coding;
    }
  }
}

TEST(content_decoder, the_limit_holds_at_its_exact_size) {
  const auto text = text_of(40'000);
  for (const auto& [coding, encoded] : samples_of(text)) {
    EXPECT_EQ(decode({coding}, encoded, 40'000).failure, "") << coding;
    const auto result = decode({coding}, encoded, 39'999);
    EXPECT_EQ(result.failure, "decoded_too_large") << coding;
    EXPECT_LT(result.text.size(), 40'000U);
  }
}

TEST(content_decoder, a_bomb_comes_out_in_small_pieces_and_only_to_its_limit) {
  const std::string zeros = std::string{}.append(50'000'000, '\0');
  const auto gzip = gzipped(zeros);
  ASSERT_LT(gzip.size(), 60'000U);
  const auto result = decode({"gzip"}, gzip, 1'000'000);
  EXPECT_EQ(result.failure, "decoded_too_large");
  EXPECT_LE(result.text.size(), 1'000'000U);
  EXPECT_LE(result.largest_piece, content_decoder::piece_size);
  EXPECT_EQ(decode({"br"}, brotlied(zeros), 1'000'000).failure, "decoded_too_large");
  const auto twice = decode({"gzip", "gzip"}, gzipped(gzip), 1'000'000);
  EXPECT_EQ(twice.failure, "decoded_too_large");
  EXPECT_LE(twice.text.size(), 1'000'000U);
}

TEST(content_decoder, a_stage_that_expands_without_result_is_limited_too) {
  // Millions of empty gzip members, compressed: the inner stage works, but puts out nothing.
  std::string members;
  const auto one = gzipped("");
  for (int i = 0; i < 200'000; ++i)
    members += one;
  EXPECT_EQ(decode({"gzip", "gzip"}, gzipped(members), 1'000'000).failure, "decoded_too_large");
}

TEST(content_decoder, random_damage_does_no_harm) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  const auto samples = samples_of(text_of(2'000));
  for (int round = 0; round < 5'000; ++round) {
    auto [coding, encoded] = samples[random() % samples.size()];
    for (auto changes = 1 + random() % 4; changes > 0; --changes)
      encoded[random() % encoded.size()] = static_cast<char>(random());
    const auto cut = random() % (encoded.size() + 1);
    const auto view = std::string_view{encoded};
    const auto split = decode_pieces({coding}, {view.substr(0, cut), view.substr(cut)}, 1'000'000);
    const auto whole = decode({coding}, view, 1'000'000);
    ASSERT_EQ(split.failure, whole.failure) << coding << " cut at " << cut;
    // How much comes out before the damage depends on the split.
    if (whole.failure.empty()) {
      ASSERT_EQ(split.text, whole.text) << coding << " cut at " << cut;
    }
  }
}

} // namespace
} // namespace actors::http::internal
