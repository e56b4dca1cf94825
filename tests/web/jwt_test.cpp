#include "jwt_keys.hpp"

#include <actors/core/error.hpp>
#include <actors/web/internal/base64url.hpp>
#include <actors/web/jwt.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::web::test {
namespace {

using namespace std::chrono_literals;
using internal::base64url_encode;
using nlohmann::json;

const wall_time noon{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1} + 12h};
const std::string secret(64, 's');

json claims() {
  return {{"sub", "alice"}, {"exp", seconds_since_1970(noon + 1h)}};
}

/// A key to sign with and one to check with, of each algorithm.
std::vector<std::pair<jwt_key, jwt_key>> pairs() {
  std::vector<std::pair<jwt_key, jwt_key>> result;
  for (const auto algorithm : {jwt_algorithm::hs256, jwt_algorithm::hs384, jwt_algorithm::hs512})
    result.emplace_back(jwt_key::secret(algorithm, secret), jwt_key::secret(algorithm, secret));
  result.emplace_back(jwt_key::private_pem(jwt_algorithm::rs256, rsa_private),
                      jwt_key::public_pem(jwt_algorithm::rs256, rsa_public));
  result.emplace_back(jwt_key::private_pem(jwt_algorithm::es256, ec_private),
                      jwt_key::public_pem(jwt_algorithm::es256, ec_public));
  result.emplace_back(jwt_key::private_pem(jwt_algorithm::eddsa, ed_private),
                      jwt_key::public_pem(jwt_algorithm::eddsa, ed_public));
  return result;
}

/// What is wrong with a token, or nothing.
std::string problem(const jwt_verifier& by, std::string_view token, wall_time now = noon) {
  try {
    static_cast<void>(by.verify(token, now));
    return "";
  } catch (const jwt_error& error) {
    return std::string{to_string(error.kind())};
  }
}

jwt_key hs256() {
  return jwt_key::secret(jwt_algorithm::hs256, secret);
}

/// Signed with the right key, whatever it says.
std::string forged(std::string_view head, std::string_view body) {
  auto result = base64url_encode(head) + "." + base64url_encode(body);
  return result + "." + base64url_encode(hs256().sign(result));
}

/// Whether making a key fails as it should.
template <class F>
bool is_refused(F make) {
  try {
    static_cast<void>(make());
    return false;
  } catch (const misuse_error&) {
    return true;
  }
}

TEST(tokens, say_what_was_signed_with_every_algorithm) {
  for (const auto& [signing, checking] : pairs()) {
    const auto token = sign_jwt(signing, claims());
    EXPECT_EQ(jwt_verifier{checking}.verify(token, noon), claims()) << to_string(signing.algorithm());
    EXPECT_EQ(jwt_verifier{signing}.verify(token, noon), claims()) << "a private key checks too";
  }
}

TEST(tokens, are_refused_with_any_change) {
  for (const auto& [signing, checking] : pairs()) {
    const auto token = sign_jwt(signing, claims());
    const jwt_verifier by{checking};
    for (std::size_t i = 0; i < token.size(); i += 7) {
      auto changed = token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_NE(problem(by, changed), "") << i;
    }
    EXPECT_EQ(problem(by, token.substr(0, token.rfind('.') + 1)), "bad_signature");
    EXPECT_EQ(problem(by, token + "AAAA"), "bad_signature");
  }
}

TEST(tokens, of_another_key_or_algorithm_are_refused) {
  const auto all = pairs();
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < all.size(); ++j)
      if (i != j) {
        EXPECT_EQ(problem(jwt_verifier{all[j].second}, sign_jwt(all[i].first, claims())), "wrong_algorithm");
      }
  const auto other = jwt_key::secret(jwt_algorithm::hs256, std::string(32, 'o'));
  EXPECT_EQ(problem(jwt_verifier{hs256()}, sign_jwt(other, claims())), "bad_signature");
}

TEST(tokens, without_a_signature_are_refused) {
  const jwt_verifier by{hs256()};
  for (const auto* name : {"none", "None", "NONE", "nOnE", "", "hs256", "HS256 "}) {
    const auto head = json{{"alg", name}, {"typ", "JWT"}}.dump();
    EXPECT_EQ(problem(by, base64url_encode(head) + "." + base64url_encode(claims().dump()) + "."), "wrong_algorithm");
    EXPECT_EQ(problem(by, forged(head, claims().dump())), "wrong_algorithm");
  }
  EXPECT_EQ(problem(by, forged("{}", claims().dump())), "wrong_algorithm");
  EXPECT_EQ(problem(by, forged(R"({"alg":null})", claims().dump())), "malformed");
  EXPECT_EQ(problem(by, forged(R"({"alg":["HS256"]})", claims().dump())), "malformed");
}

TEST(tokens, signed_with_a_public_key_as_the_secret_are_refused) {
  const jwt_verifier by{jwt_key::public_pem(jwt_algorithm::rs256, rsa_public)};
  EXPECT_TRUE(is_refused([] { return jwt_key::secret(jwt_algorithm::hs256, std::string{rsa_public}); }));
  // What an attacker makes who has that key.
  const auto as_secret = jwt_key::from_jwk({{"kty", "oct"}, {"alg", "HS256"}, {"k", base64url_encode(secret)}});
  EXPECT_EQ(problem(by, sign_jwt(as_secret, claims())), "wrong_algorithm");
}

TEST(tokens, that_are_none_are_refused) {
  const jwt_verifier by{hs256()};
  const auto token = sign_jwt(hs256(), claims());
  for (const std::string text : {"", ".", "..", "...", "a.b.c", "a.b", "e30.e30.e30.e30", "=.=.=", "\xff.\xff.\xff"})
    EXPECT_NE(problem(by, text), "") << text;
  EXPECT_EQ(problem(by, token + ".x"), "malformed");
  EXPECT_EQ(problem(by, " " + token), "malformed");
  EXPECT_EQ(problem(by, std::string(17'000, 'A')), "malformed");
  EXPECT_EQ(problem(jwt_verifier{hs256()}.max_size(10), token), "malformed");
  const std::string head = R"({"alg":"HS256"})";
  EXPECT_EQ(problem(by, forged(head, "[]")), "malformed");
  EXPECT_EQ(problem(by, forged(head, "\"text\"")), "malformed");
  EXPECT_EQ(problem(by, forged(head, "")), "malformed");
  EXPECT_EQ(problem(by, forged(head, R"({"sub":"alice","sub":"admin","exp":99999999999})")), "malformed");
  EXPECT_EQ(problem(by, forged(head, R"({"exp":)" + std::string(5000, '[') + std::string(5000, ']') + "}")),
            "malformed");
  EXPECT_EQ(problem(by, forged(R"({"alg":"HS256","alg":"none"})", claims().dump())), "malformed");
  EXPECT_EQ(problem(by, forged(R"({"alg":"HS256","crit":["b64"],"b64":false})", claims().dump())), "unknown_extension");
}

TEST(tokens, have_a_time) {
  const jwt_verifier by{hs256()};
  const auto at = [](std::chrono::seconds after) { return seconds_since_1970(noon + after); };
  const auto of = [&](const json& all) { return problem(by, sign_jwt(hs256(), all)); };
  EXPECT_EQ(of({{"exp", at(1s)}}), "");
  EXPECT_EQ(of({{"exp", at(0s)}}), "expired");
  EXPECT_EQ(of({{"exp", static_cast<double>(at(0s)) + 0.5}}), "");
  EXPECT_EQ(of({{"sub", "alice"}}), "missing_claim");
  EXPECT_EQ(of({{"exp", at(9s)}, {"nbf", at(0s)}}), "");
  EXPECT_EQ(of({{"exp", at(9s)}, {"nbf", at(1s)}}), "not_yet_valid");
  EXPECT_EQ(of({{"exp", at(9s)}, {"iat", at(1s)}}), "not_yet_valid");
  for (const auto* name : {"exp", "nbf", "iat"})
    for (const auto& value : {json("99999999999"), json(true), json(nullptr), json::array()}) {
      auto all = claims();
      all[name] = value;
      EXPECT_EQ(of(all), "malformed") << name << value;
    }
  EXPECT_EQ(of({{"exp", 1e300}}), "");
  EXPECT_EQ(of({{"exp", -1e300}}), "expired");
}

TEST(tokens, of_clocks_that_differ_are_accepted_within_the_leeway) {
  const auto by = jwt_verifier{hs256()}.leeway(30s).max_age(60s);
  const auto of = [&](std::chrono::seconds made, std::chrono::seconds end) {
    return problem(
        by, sign_jwt(hs256(), {{"iat", seconds_since_1970(noon + made)}, {"exp", seconds_since_1970(noon + end)}}));
  };
  EXPECT_EQ(of(30s, -29s), "");
  EXPECT_EQ(of(31s, 60s), "not_yet_valid");
  EXPECT_EQ(of(0s, -30s), "expired");
  EXPECT_EQ(of(-89s, 60s), "");
  EXPECT_EQ(of(-90s, 60s), "expired");
  EXPECT_EQ(problem(by, sign_jwt(hs256(), claims())), "missing_claim") << "a bound on the age needs one";
  EXPECT_EQ(problem(jwt_verifier{hs256()}.allow_unlimited(), sign_jwt(hs256(), {{"sub", "x"}})), "");
}

TEST(tokens, are_of_an_issuer_and_for_an_audience) {
  const auto by = jwt_verifier{hs256()}.issuer("me").issuer("my twin").audience("shop").audience("bank");
  const auto of = [&](const json& more) {
    auto all = claims();
    all.update(more);
    return problem(by, sign_jwt(hs256(), all));
  };
  EXPECT_EQ(of({{"iss", "me"}, {"aud", "shop"}}), "");
  EXPECT_EQ(of({{"iss", "my twin"}, {"aud", {"other", "bank"}}}), "");
  EXPECT_EQ(of({{"aud", "shop"}}), "missing_claim");
  EXPECT_EQ(of({{"iss", "me"}}), "missing_claim");
  EXPECT_EQ(of({{"iss", "you"}, {"aud", "shop"}}), "wrong_issuer");
  EXPECT_EQ(of({{"iss", "me"}, {"aud", "other"}}), "wrong_audience");
  EXPECT_EQ(of({{"iss", "me"}, {"aud", json::array()}}), "wrong_audience");
  EXPECT_EQ(of({{"iss", 5}, {"aud", "shop"}}), "malformed");
  EXPECT_EQ(of({{"iss", "me"}, {"aud", 5}}), "malformed");
  EXPECT_EQ(of({{"iss", "me"}, {"aud", {"shop", 5}}}), "malformed");
  auto for_others = claims();
  for_others["aud"] = "shop";
  EXPECT_EQ(problem(jwt_verifier{hs256()}, sign_jwt(hs256(), for_others)), "wrong_audience");
  EXPECT_EQ(problem(jwt_verifier{hs256()}.require("scope"), sign_jwt(hs256(), claims())), "missing_claim");
}

TEST(tokens, are_checked_with_the_key_that_they_name) {
  const auto first = hs256().id("1");
  const auto second = jwt_key::secret(jwt_algorithm::hs256, std::string(32, '2')).id("2");
  const auto by = jwt_verifier{first}.also_accept(second);
  EXPECT_EQ(problem(by, sign_jwt(first, claims())), "");
  EXPECT_EQ(problem(by, sign_jwt(second, claims())), "");
  EXPECT_EQ(problem(by, sign_jwt(hs256().id("3"), claims())), "unknown_key");
  EXPECT_EQ(problem(by, sign_jwt(hs256().id("2"), claims())), "bad_signature");
  EXPECT_EQ(problem(by, sign_jwt(hs256(), claims())), "") << "one that names none may be of any";
}

TEST(tokens, of_the_standard_are_understood) {
  const std::string body =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const wall_time then{std::chrono::seconds{1300819379}};
  // RFC 7515, appendix A.1.
  const auto a1 =
      jwt_key::from_jwk({{"kty", "oct"},
                         {"alg", "HS256"},
                         {"k", "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAz"
                               "Zr1Z9CAow"}});
  EXPECT_EQ(jwt_verifier{a1}.verify("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + body +
                                        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                                    then)["iss"],
            "joe");
  // Appendix A.3.
  const auto a3 = jwt_key::from_jwk({{"kty", "EC"},
                                     {"crv", "P-256"},
                                     {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                     {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}});
  EXPECT_EQ(jwt_verifier{a3}.verify("eyJhbGciOiJFUzI1NiJ9." + body +
                                        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqP"
                                        "P3-Kg6NU1Q",
                                    then)["iss"],
            "joe");
  EXPECT_FALSE(a3.can_sign());
  // RFC 8037, appendix A.
  const auto ed = jwt_key::from_jwk(
      {{"kty", "OKP"}, {"crv", "Ed25519"}, {"kid", "e"}, {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}});
  EXPECT_EQ(ed.id(), "e");
  EXPECT_TRUE(ed.verify("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                        *internal::base64url_decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5Bh"
                                                    "VsPt9g7sVvpAr_MuM0KAg")));
}

TEST(key_sets, of_providers_are_read) {
  const json set{{"keys",
                  {{{"kty", "EC"},
                    {"crv", "P-256"},
                    {"kid", "good"},
                    {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                    {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}},
                   {{"kty", "EC"}, {"crv", "P-521"}, {"x", "AA"}, {"y", "AA"}},
                   {{"kty", "oct"}, {"alg", "HS512"}, {"k", base64url_encode(secret)}},
                   "nonsense"}}};
  const auto by = jwt_verifier{hs256()}.also_accept_set(set);
  EXPECT_EQ(problem(by, sign_jwt(jwt_key::private_pem(jwt_algorithm::es256, ec_private).id("good"), claims())),
            "bad_signature");
  EXPECT_EQ(problem(by, sign_jwt(jwt_key::secret(jwt_algorithm::hs512, secret), claims())), "wrong_algorithm");
  EXPECT_TRUE(is_refused([] { return jwt_verifier{hs256()}.also_accept_set(json::array()); }));
  EXPECT_TRUE(is_refused([] { return jwt_verifier{hs256()}.also_accept_set({{"keys", 5}}); }));
}

TEST(keys_of_tokens, that_are_weak_or_do_not_fit_are_refused) {
  EXPECT_TRUE(is_refused([] { return jwt_key::secret(jwt_algorithm::hs256, std::string(31, 'x')); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::secret(jwt_algorithm::hs512, std::string(63, 'x')); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::secret(jwt_algorithm::rs256, secret); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::public_pem(jwt_algorithm::rs256, weak_rsa_public); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::public_pem(jwt_algorithm::rs256, ec_public); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::public_pem(jwt_algorithm::es256, ec384_public); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::public_pem(jwt_algorithm::es256, ed_public); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::public_pem(jwt_algorithm::eddsa, rsa_public); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::public_pem(jwt_algorithm::hs256, rsa_public); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::public_pem(jwt_algorithm::rs256, "nonsense"); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::public_pem(jwt_algorithm::rs256, "-----BEGIN CERTIFICATE-----\n"); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::private_pem(jwt_algorithm::rs256, rsa_public); }));
  EXPECT_TRUE(is_refused([] { return sign_jwt(jwt_key::public_pem(jwt_algorithm::es256, ec_public), claims()); }));
  EXPECT_TRUE(is_refused([] { return sign_jwt(hs256(), json::array()); }));
}

TEST(keys_of_tokens, are_read_from_certificates_and_with_passwords) {
  const auto signing = jwt_key::private_pem(jwt_algorithm::es256, ec_encrypted, "secret");
  EXPECT_EQ(
      problem(jwt_verifier{jwt_key::public_pem(jwt_algorithm::es256, ec_certificate)}, sign_jwt(signing, claims())),
      "");
  EXPECT_TRUE(is_refused([] { return jwt_key::private_pem(jwt_algorithm::es256, ec_encrypted, "wrong"); }));
  EXPECT_TRUE(is_refused([] { return jwt_key::private_pem(jwt_algorithm::es256, ec_encrypted); }));
}

TEST(keys_of_tokens, as_json_are_checked) {
  for (const auto& jwk :
       {json(nullptr), json::object(), json{{"kty", 5}}, json{{"kty", "RSA"}},
        json{{"kty", "RSA"}, {"n", "AQAB"}, {"e", "AQAB"}}, json{{"kty", "RSA"}, {"n", 5}, {"e", 5}},
        json{{"kty", "EC"}, {"crv", "P-256"}, {"x", "AA"}, {"y", "AA"}},
        json{{"kty", "EC"}, {"crv", "P-256"}, {"x", std::string(43, 'A')}, {"y", std::string(43, 'A')}},
        json{{"kty", "EC"}, {"crv", 5}}, json{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "AA"}},
        json{{"kty", "oct"}, {"alg", "HS256"}, {"k", "AA"}},
        json{{"kty", "oct"}, {"alg", "none"}, {"k", std::string(64, 'A')}},
        json{{"kty", "oct"}, {"alg", "RS256"}, {"k", std::string(64, 'A')}},
        json{{"kty", "RSA"}, {"use", "enc"}, {"n", "AQAB"}, {"e", "AQAB"}}})
    EXPECT_TRUE(is_refused([&] { return jwt_key::from_jwk(jwk); })) << jwk;
}

} // namespace
} // namespace actors::web::test
