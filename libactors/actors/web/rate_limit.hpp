#pragma once

#include <actors/core/task.hpp>
#include <actors/web/middleware.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

/// Bounds how often a client may ask:
///
///     app.use(rate_limit{10, std::chrono::seconds(1)});                       // each address, bursts of 10
///     login.use(rate_limit{5, std::chrono::minutes(1)}.key([](context& c) {   // each user
///       return std::string{c.request().get("X-User").value_or("")};
///     }));
///
/// A token bucket a key (supervise/token_bucket.hpp): it holds `count` requests and fills in `per`. A request that
/// finds it empty is answered with 429 and Retry-After. Replies tell how things are in RateLimit-Limit,
/// RateLimit-Remaining and RateLimit-Reset (seconds until the bucket is full), as most APIs do.
///
/// The key is the client's address unless another one is set: of IPv6 the first 64 bits, which is what one customer
/// has. Requests whose key is empty are not counted.
///
/// Memory is bounded: `max_keys` buckets of about 200 bytes; the one that was used least recently makes room. Who has
/// that many addresses gets past it, and is one for a firewall. Buckets are those of this process.
///
/// Threads: copies share the buckets, under one lock that is held for a look-up. Errors: `misuse_error` for a count or
/// time that is not above zero. Cost: a hash look-up.
namespace actors::web {

class rate_limit {
public:
  rate_limit(std::size_t count, std::chrono::nanoseconds per);

  /// How many requests may come at once, if not `count`. To be set before it is used.
  rate_limit& burst(std::size_t value);

  /// Which requests are counted together.
  rate_limit& key(std::function<std::string(context&)> value);

  /// Whether the client is whom the Forwarded field names, which the server has written for trusted proxies; no.
  rate_limit& behind_proxies(bool value = true) noexcept {
    is_behind_proxies_ = value;
    return *this;
  }

  /// 100,000.
  rate_limit& max_keys(std::size_t value);

  /// How many buckets there are.
  [[nodiscard]] std::size_t size() const;

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  class buckets;

  std::shared_ptr<buckets> buckets_;
  std::function<std::string(context&)> key_;
  bool is_behind_proxies_ = false;
};

} // namespace actors::web
