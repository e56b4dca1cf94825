#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/net/endpoint.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Answers of the resolver, kept for a while.
///
/// A program that connects to the same few names over and over asks the system once in `ttl` and not each time; tasks
/// that ask for a name at the same time share one question. `pin` fixes the addresses of a name, as a line of the hosts
/// file would (and as curl's `--resolve` does).
///
///     name_cache names;
///     auto connection = co_await connect_tcp(names, "example.org", 80);
///
/// The system's resolver does not tell how long its answers hold, so `ttl` is short by default. A failure is not kept
/// unless `error_ttl` says so.
///
/// Ownership: copies share one cache. Threads: any task of one runtime; `pin`, `forget` and `clear` from anywhere.
/// Cancellation: at once; the question goes on for the others who wait for it. Errors: those of `resolve`. Memory: at
/// most `max_names` names, the answer nearest to its end goes first; pinned ones stay.
///
/// @snippet tests/net/name_cache_test.cpp cache
namespace actors::net {

class name_cache_options {
public:
  /// Asks for the addresses of a name. The default is `resolve`.
  using lookup_function = std::function<task<std::vector<ip_address>>(std::string host)>;

  /// How long an answer holds; 10 s. Zero: only questions at the same time are shared.
  name_cache_options& ttl(duration value) noexcept {
    ttl_ = value;
    return *this;
  }

  /// How long a failure holds; zero: each time is asked again.
  name_cache_options& error_ttl(duration value) noexcept {
    error_ttl_ = value;
    return *this;
  }

  /// How many names are kept; 1,024. At least 1.
  name_cache_options& max_names(std::size_t value) noexcept {
    max_names_ = value > 0 ? value : 1;
    return *this;
  }

  /// Another resolver. May throw `net_error`; an empty answer becomes one.
  name_cache_options& lookup(lookup_function value) {
    lookup_ = std::move(value);
    return *this;
  }

  [[nodiscard]] duration ttl() const noexcept { return ttl_; }

  [[nodiscard]] duration error_ttl() const noexcept { return error_ttl_; }

  [[nodiscard]] std::size_t max_names() const noexcept { return max_names_; }

  [[nodiscard]] const lookup_function& lookup() const noexcept { return lookup_; }

private:
  duration ttl_ = std::chrono::seconds(10);
  duration error_ttl_ = duration::zero();
  std::size_t max_names_ = 1024;
  lookup_function lookup_;
};

class name_cache {
public:
  name_cache() : name_cache(name_cache_options{}) {}

  explicit name_cache(name_cache_options options);

  /// As `net::resolve`.
  [[nodiscard]] task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port) const;

  /// From now on these are the addresses of the name, until `forget`. Throws `misuse_error` if there are none.
  void pin(std::string_view host, std::vector<ip_address> addresses) const;

  /// The next one who asks for the name has it looked up. True if anything was known.
  bool forget(std::string_view host) const;

  /// Forgets everything but what is pinned.
  void clear() const;

  /// How many names are known, pinned ones included.
  [[nodiscard]] std::size_t size() const;

private:
  struct state;

  std::shared_ptr<state> state_;
};

} // namespace actors::net
