#pragma once

#include <actors/core/task.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/internal/authenticator.hpp>
#include <actors/http/internal/client_exchange.hpp>
#include <actors/http/internal/request_sender.hpp>
#include <actors/http/message.hpp>
#include <actors/http/url.hpp>

#include <memory>

namespace actors::http {
class cookie_jar;
}

namespace actors::http::internal {

/// What it takes to have a request answered: the cookies and credentials that belong to its URL, a second attempt after
/// a challenge, and as many more as the policy for retries says. Goes through all redirects of one request.
class conversation {
public:
  using exchange_ptr = std::unique_ptr<client_exchange>;

  /// `sending` must outlive this. `first` and `where` are the request as it was asked for.
  conversation(std::shared_ptr<const client_options> options, request_sender& sending,
               std::shared_ptr<digest_sessions> digests, const url& where, const request& first);

  /// The exchange up to the head of the answer. The arguments must outlive the call; `what` is completed.
  [[nodiscard]] task<exchange_ptr> answer_to(const url& where, request& what, outgoing_body* body) {
    return options_->retry() && is_idempotent(what.method()) ? try_again(where, what, body)
                                                             : try_once(where, what, body);
  }

private:
  [[nodiscard]] task<exchange_ptr> try_once(const url& where, request& what, outgoing_body* body);
  [[nodiscard]] task<exchange_ptr> try_again(const url& where, request& what, outgoing_body* body);
  void add_cookies(cookie_jar& jar, const url& where, request& what);

  std::shared_ptr<const client_options> options_;
  request_sender* sender_;
  authenticator who_;
  bool own_cookies_;
};

} // namespace actors::http::internal
