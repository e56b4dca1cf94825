#include <actors/http/internal/authenticator.hpp>

#include <actors/http/query.hpp>

#include <algorithm>
#include <utility>

namespace actors::http::internal {

std::optional<std::string> digest_sessions::answer(const std::string& origin, const credentials& who,
                                                   std::string_view method, std::string_view target) {
  const std::scoped_lock guard{mutex_};
  const auto found = sessions_.find(origin);
  if (found == sessions_.end())
    return std::nullopt;
  return found->second.answer(who, method, target, random_cnonce());
}

bool digest_sessions::learn(const std::string& origin, const fields& challenge, std::string_view sent) {
  auto next = digest_session::choose(parse_challenges(challenge, "WWW-Authenticate"));
  if (!next)
    return false;
  // An answer that was refused, though its nonce was good, is wrong: the password is.
  const bool is_refusal = sent.starts_with("Digest ") && !next->is_stale();
  const std::scoped_lock guard{mutex_};
  const auto known = sessions_.find(origin);
  if (is_refusal && known != sessions_.end() &&
      parse_parameters(sent.substr(7)).get("nonce").value_or("") == known->second.nonce()) {
    sessions_.erase(known);
    return false;
  }
  sessions_.insert_or_assign(origin, *std::move(next));
  return true;
}

void digest_sessions::follow(const std::string& origin, const fields& answer) {
  const auto info = answer.get("Authentication-Info");
  if (!info)
    return;
  const auto parameters = parse_parameters(*info);
  const auto next = parameters.get("nextnonce");
  if (!next)
    return;
  const std::scoped_lock guard{mutex_};
  if (const auto known = sessions_.find(origin); known != sessions_.end())
    known->second.set_nonce(std::string{*next});
}

std::optional<credentials> credentials_in(const url& where) {
  const auto info = where.userinfo();
  if (info.empty())
    return std::nullopt;
  const auto colon = std::min(info.find(':'), info.size());
  return credentials::basic(percent_decode(info.substr(0, colon)),
                            percent_decode(info.substr(std::min(info.size(), colon + 1))));
}

authenticator::authenticator(std::shared_ptr<const client_options> options, std::shared_ptr<digest_sessions> sessions,
                             const url& where, const request& what)
    : options_(std::move(options)), sessions_(std::move(sessions)), own_(what.fields().contains("Authorization")) {
  if (own_ || where.userinfo().empty())
    return;
  first_origin_ = where.origin();
  from_url_ = credentials_in(where);
}

const credentials* authenticator::find(const std::string& origin) const {
  if (from_url_ && origin == first_origin_)
    return &*from_url_;
  return options_->credentials_for(origin);
}

void authenticator::prepare(const url& where, request& what) {
  if (own_ && what.fields().contains("Authorization"))
    return;
  own_ = false;
  if (!from_url_ && !options_->has_credentials())
    return;
  const auto origin = where.origin();
  const auto* const who = find(origin);
  what.fields().remove("Authorization");
  if (who == nullptr)
    return;
  if (who->what() != credentials::kind::digest) {
    what.set("Authorization", who->field_value());
    return;
  }
  const auto field = sessions_->answer(origin, *who, to_string(what.method()), where.target());
  if (field)
    what.set("Authorization", *field);
}

bool authenticator::is_challenged(const url& where, const request& what, const response& answer) {
  if (own_ || !options_->has_credentials())
    return false;
  const auto origin = where.origin();
  const auto* const who = find(origin);
  if (who == nullptr || who->what() != credentials::kind::digest)
    return false;
  if (answer.status() != status::unauthorized) {
    sessions_->follow(origin, answer.fields());
    return false;
  }
  // A server that finds every nonce stale must not keep us busy.
  constexpr int max_challenges = 3;
  if (++challenges_ > max_challenges)
    return false;
  return sessions_->learn(origin, answer.fields(), what.get("Authorization").value_or(""));
}

} // namespace actors::http::internal
