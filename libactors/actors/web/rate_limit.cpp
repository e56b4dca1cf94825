#include <actors/web/rate_limit.hpp>

#include <actors/core/error.hpp>
#include <actors/core/this_task.hpp>
#include <actors/net/ip_network.hpp>
#include <actors/supervise/token_bucket.hpp>
#include <actors/web/internal/request_facts.hpp>

#include <algorithm>
#include <cmath>
#include <list>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace actors::web {

namespace {

using supervise::token_bucket;

/// One household or machine has at least a /64 of IPv6, so that single addresses bound nobody.
std::string usual_key(context& c, bool is_behind_proxies) {
  auto address = internal::client_address(c, is_behind_proxies);
  if (std::count(address.begin(), address.end(), ':') < 2)
    return address;
  const auto parsed = net::ip_address::parse(address);
  return parsed ? internal::network_of(*parsed) : address;
}

} // namespace

class rate_limit::buckets {
public:
  struct verdict {
    bool is_allowed = false;
    std::size_t remaining = 0;
    long reset = 0; // seconds until it is full
    long retry = 0; // seconds until the next request is allowed
  };

  buckets(std::size_t count, std::chrono::nanoseconds per) {
    if (count == 0 || per <= std::chrono::nanoseconds::zero())
      throw misuse_error("a rate_limit is above zero");
    rate = static_cast<double>(count) / std::chrono::duration<double>(per).count();
    burst = count;
  }

  verdict take(std::string key, time_point now) {
    const std::scoped_lock guard{mutex_};
    auto& bucket = find(std::move(key), now);
    verdict result;
    result.is_allowed = bucket.try_take(now);
    const auto there = bucket.available(now);
    result.remaining = static_cast<std::size_t>(std::max(0.0, std::floor(there)));
    result.reset = std::lround(std::ceil((bucket.burst() - there) / rate));
    result.retry =
        std::max(1L, std::lround(std::ceil(std::chrono::duration<double>(bucket.ready_at(now) - now).count())));
    return result;
  }

  [[nodiscard]] std::size_t size() const {
    const std::scoped_lock guard{mutex_};
    return by_key_.size();
  }

  double rate = 0;
  std::size_t burst = 0;
  std::size_t max_keys = 100'000;

private:
  struct entry {
    std::string key;
    token_bucket bucket;
  };

  token_bucket& find(std::string key, time_point now) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->bucket;
    }
    while (by_key_.size() >= max_keys) {
      by_key_.erase(recent_.back().key);
      recent_.pop_back();
    }
    recent_.push_front({std::move(key), token_bucket{rate, static_cast<double>(burst), now}});
    by_key_.emplace(recent_.front().key, recent_.begin());
    return recent_.front().bucket;
  }

  mutable std::mutex mutex_;
  std::list<entry> recent_; // the last used first
  std::unordered_map<std::string_view, std::list<entry>::iterator> by_key_;
};

rate_limit::rate_limit(std::size_t count, std::chrono::nanoseconds per)
    : buckets_(std::make_shared<buckets>(count, per)) {}

rate_limit& rate_limit::burst(std::size_t value) {
  if (value == 0)
    throw misuse_error("a rate_limit's burst is above zero");
  buckets_->burst = value;
  return *this;
}

rate_limit& rate_limit::key(std::function<std::string(context&)> value) {
  key_ = std::move(value);
  return *this;
}

rate_limit& rate_limit::max_keys(std::size_t value) {
  if (value == 0)
    throw misuse_error("a rate_limit without keys");
  buckets_->max_keys = value;
  return *this;
}

std::size_t rate_limit::size() const {
  return buckets_->size();
}

task<reply> rate_limit::operator()(context& c, next go_on) const {
  auto key = key_ ? key_(c) : usual_key(c, is_behind_proxies_);
  if (key.empty())
    co_return co_await go_on(c);
  const auto now = (co_await this_task()).now();
  const auto verdict = buckets_->take(std::move(key), now);
  reply answer;
  if (verdict.is_allowed) {
    answer = co_await go_on(c);
  } else {
    answer = internal::refusal(http::status::too_many_requests, "Too many requests");
    answer.head().set("Retry-After", std::to_string(verdict.retry));
  }
  if (!answer.is_taken_over()) {
    answer.head()
        .set("RateLimit-Limit", std::to_string(buckets_->burst))
        .set("RateLimit-Remaining", std::to_string(verdict.remaining))
        .set("RateLimit-Reset", std::to_string(verdict.reset));
  }
  co_return answer;
}

} // namespace actors::web
