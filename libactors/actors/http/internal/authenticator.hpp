#pragma once

#include <actors/http/client_options.hpp>
#include <actors/http/internal/digest.hpp>
#include <actors/http/message.hpp>
#include <actors/http/url.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace actors::http::internal {

/// User and password of a URL, if it has them. @throws error `invalid_value`
[[nodiscard]] std::optional<credentials> credentials_in(const url& where);

/// The client's answers to challenges, by origin: what was agreed for one request serves the next. As many as there are
/// credentials for digests. Threads: any.
class digest_sessions {
public:
  /// The field for a request; nothing if the server has not asked yet.
  [[nodiscard]] std::optional<std::string> answer(const std::string& origin, const credentials& who,
                                                  std::string_view method, std::string_view target);

  /// Takes over a challenge; true if it can be answered and `sent` was no answer to it. `sent`: the field that the
  /// request had, empty for none.
  [[nodiscard]] bool learn(const std::string& origin, const fields& challenge, std::string_view sent);

  /// Takes over the nonce for the next request, if the server names one.
  void follow(const std::string& origin, const fields& answer);

private:
  std::mutex mutex_;
  std::map<std::string, digest_session> sessions_;
};

/// Writes the Authorization field of one request and of those that follow from it, for each origin its own.
class authenticator {
public:
  /// A request that has the field already is left alone, up to a redirect that takes it away.
  authenticator(std::shared_ptr<const client_options> options, std::shared_ptr<digest_sessions> sessions,
                const url& where, const request& what);

  void prepare(const url& where, request& what);

  /// Whether the response is a challenge, and the request shall be sent again.
  [[nodiscard]] bool is_challenged(const url& where, const request& what, const response& answer);

private:
  [[nodiscard]] const credentials* find(const std::string& origin) const;

  std::shared_ptr<const client_options> options_;
  std::shared_ptr<digest_sessions> sessions_;
  std::string first_origin_;
  std::optional<credentials> from_url_; // what stands in the URL that was asked for is for its origin only
  bool own_ = false;
  int challenges_ = 0;
};

} // namespace actors::http::internal
