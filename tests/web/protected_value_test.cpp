#include <actors/core/error.hpp>
#include <actors/web/constant_time.hpp>
#include <actors/web/internal/base64url.hpp>
#include <actors/web/internal/crypto.hpp>
#include <actors/web/protected_value.hpp>
#include <actors/web/random_token.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>

namespace actors::web::test {
namespace {

using namespace std::chrono_literals;
using internal::base64url_decode;
using internal::base64url_encode;

const std::string first_secret(32, 'a');
const std::string second_secret(32, 'b');
const wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1} + 12h};

std::string from_hex(std::string_view digits) {
  std::string result;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    result.push_back(static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16)));
  return result;
}

template <class T>
class protected_values : public ::testing::Test {};

using both = ::testing::Types<value_signer, value_sealer>;
TYPED_TEST_SUITE(protected_values, both);

TYPED_TEST(protected_values, come_back_as_they_were) {
  const TypeParam keeper{key_ring{first_secret}, "test"};
  std::string all;
  for (int i = 0; i < 256; ++i)
    all.push_back(static_cast<char>(i));
  for (const auto& value : {std::string{}, std::string{"x"}, all, std::string(100'000, '\0')})
    EXPECT_EQ(keeper.recover(keeper.protect(value)), value);
}

TYPED_TEST(protected_values, are_text_for_cookies) {
  const TypeParam keeper{key_ring{first_secret}, "test"};
  const auto text = keeper.protect("\r\n; =\"\xff");
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
            std::string::npos);
}

TYPED_TEST(protected_values, are_lost_with_any_change) {
  const TypeParam keeper{key_ring{first_secret}, "test"};
  const auto text = keeper.protect("alice", noon);
  ASSERT_EQ(keeper.recover(text, {}, noon), "alice");
  for (std::size_t i = 0; i < text.size(); ++i)
    for (const char other : {'A', 'B', '.', '=', '\0'}) {
      auto changed = text;
      changed[i] = other;
      if (changed != text) {
        EXPECT_EQ(keeper.recover(changed, {}, noon), std::nullopt) << i;
      }
    }
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(keeper.recover(text.substr(0, size), {}, noon), std::nullopt) << size;
  EXPECT_EQ(keeper.recover(text + "A", {}, noon), std::nullopt);
  EXPECT_EQ(keeper.recover(text + "=", {}, noon), std::nullopt);
}

TYPED_TEST(protected_values, are_of_no_use_for_another_purpose_or_secret) {
  const key_ring keys{first_secret};
  const auto text = TypeParam{keys, "one"}.protect("alice");
  EXPECT_EQ(TypeParam(keys, "one").recover(text), "alice");
  EXPECT_EQ(TypeParam(keys, "two").recover(text), std::nullopt);
  EXPECT_EQ(TypeParam(key_ring{second_secret}, "one").recover(text), std::nullopt);
}

TYPED_TEST(protected_values, of_former_secrets_are_accepted_and_no_longer_made) {
  const TypeParam before{key_ring{first_secret}, "test"};
  const TypeParam during{key_ring{second_secret, {first_secret}}, "test"};
  const TypeParam after{key_ring{second_secret}, "test"};
  EXPECT_EQ(during.recover(before.protect("old")), "old");
  EXPECT_EQ(after.recover(during.protect("new")), "new");
  EXPECT_EQ(before.recover(during.protect("new")), std::nullopt);
  EXPECT_EQ(after.recover(before.protect("old")), std::nullopt);
}

TYPED_TEST(protected_values, end_with_their_time) {
  const TypeParam keeper{key_ring{first_secret}, "test"};
  const auto text = keeper.protect("alice", noon);
  EXPECT_EQ(keeper.recover(text, 60s, noon + 60s), "alice");
  EXPECT_EQ(keeper.recover(text, 60s, noon + 61s), std::nullopt);
  EXPECT_EQ(keeper.recover(text, std::nullopt, noon + 24h * 36500), "alice");
  EXPECT_EQ(keeper.recover(text, std::nullopt, noon - 60s), "alice") << "clocks differ";
  EXPECT_EQ(keeper.recover(text, std::nullopt, noon - 61s), std::nullopt);
}

TEST(sealed_values, tell_nothing_but_their_size) {
  const value_sealer keeper{key_ring{first_secret}, "test"};
  const auto text = keeper.protect("alice");
  EXPECT_NE(text, keeper.protect("alice")) << "equal values cannot be recognised";
  EXPECT_EQ(text.size(), value_sealer::protected_size(5));
  EXPECT_EQ(base64url_decode(text)->find("alice"), std::string::npos);
}

TEST(signed_values, can_be_read_by_everybody) {
  const value_signer keeper{key_ring{first_secret}, "test"};
  const auto text = keeper.protect("alice");
  EXPECT_EQ(base64url_decode(text.substr(0, text.find('.'))), "alice");
}

TEST(key_rings, refuse_secrets_that_are_too_short) {
  EXPECT_THROW(key_ring{std::string(31, 'x')}, misuse_error);
  EXPECT_THROW((key_ring{first_secret, {std::string{"password"}}}), misuse_error);
}

TEST(constant_time_comparison, compares) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
  EXPECT_FALSE(equal_in_constant_time("a", {}));
}

TEST(random_tokens, differ) {
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i)
    all.insert(random_token());
  EXPECT_EQ(all.size(), 100U);
  EXPECT_EQ(all.begin()->size(), 43U);
}

TEST(base64_for_urls, has_one_text_for_each_value) {
  EXPECT_EQ(base64url_encode(""), "");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
  EXPECT_EQ(base64url_encode("foo"), "Zm9v");
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
  EXPECT_EQ(base64url_decode("-_8"), "\xfb\xff");
  for (const auto* text : {"Z", "Zh", "Zm9", "Zg==", "+/8", "Zg\n", " Zg", "Zm9v\0"})
    EXPECT_EQ(base64url_decode(text), text == std::string{"Zm9v"} ? std::optional<std::string>{"foo"} : std::nullopt)
        << text;
}

TEST(key_derivation, gives_what_the_standard_says) {
  // RFC 5869, appendix A.1.
  EXPECT_EQ(internal::hkdf(std::string(22, '\x0b'), from_hex("000102030405060708090a0b0c"),
                           from_hex("f0f1f2f3f4f5f6f7f8f9"), 42),
            from_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
}

} // namespace
} // namespace actors::web::test
