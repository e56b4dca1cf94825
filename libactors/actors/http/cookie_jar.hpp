#pragma once

#include <actors/http/cookie.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/url.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The cookies that a client keeps, and which of them a request takes along.
///
///     auto jar = std::make_shared<cookie_jar>();
///     client web{client_options{}.cookies(jar)};                  // also through redirects
///
/// As browsers do: a cookie goes to the host that set it, or with a Domain to that domain and all below; to its path
/// and all below; over `https` only if it is secure. Plain `http` can neither set secure cookies nor put others in
/// their place; names with `__Secure-` and `__Host-` keep what they promise. There is no list of public suffixes here:
/// a Domain of one label, such as `com`, or an IP address is no domain for cookies, but a server at `shop.co.uk` may
/// set cookies for `co.uk`. So use one jar for servers that do not trust one another only if that does not matter.
/// SameSite is kept and not acted upon, as a client that shows no pages has no site of its own.
///
/// Limits: beyond so many cookies of a domain, or in all, those that have ended go first, then those used longest ago.
///
/// Threads: any; copies are not made, share it by pointer. Time: the system's clock, or the one given.
/// Source: RFC 6265bis §5.7, §5.8.
///
/// @snippet examples/http.cpp client
namespace actors::http {

/// A cookie in the jar.
struct cookie {
  std::string name;
  std::string value;
  std::string domain;
  std::string path;
  std::optional<std::chrono::sys_seconds> expires; ///< nothing: with the session, which is the jar's life
  bool host_only = true;                           ///< for `domain` itself, not for what is below
  bool secure = false;
  bool http_only = false;
  same_site sent_to = same_site::unspecified;

  [[nodiscard]] friend bool operator==(const cookie&, const cookie&) = default;
};

class cookie_jar_limits {
public:
  cookie_jar_limits() = default;

  /// Cookies of one domain; 180.
  cookie_jar_limits& per_domain(std::size_t value) noexcept { return per_domain_ = value, *this; }

  /// Cookies in all; 3000.
  cookie_jar_limits& total(std::size_t value) noexcept { return total_ = value, *this; }

  [[nodiscard]] std::size_t per_domain() const noexcept { return per_domain_; }

  [[nodiscard]] std::size_t total() const noexcept { return total_; }

private:
  std::size_t per_domain_ = 180;
  std::size_t total_ = 3000;
};

class cookie_jar {
public:
  using clock = std::function<std::chrono::sys_seconds()>;

  /// Without a clock the system's.
  explicit cookie_jar(cookie_jar_limits limits = {}, clock now = {});

  cookie_jar(const cookie_jar&) = delete;
  cookie_jar& operator=(const cookie_jar&) = delete;
  ~cookie_jar() = default;

  /// Takes over the Set-Cookie fields of a response from `where`.
  void store(const url& where, const fields& response);

  /// Takes over one Set-Cookie field; false if it is to be ignored.
  bool store(const url& where, std::string_view set_cookie_text);
  bool store(const url& where, const set_cookie& given);

  /// The Cookie field of a request to `where`; empty if there are none.
  [[nodiscard]] std::string field_for(const url& where);

  /// All that have not ended, such as for saving them, by domain and age.
  [[nodiscard]] std::vector<cookie> cookies() const;

  /// Puts in what was saved; replaces one with the same name, domain and path.
  void insert(cookie one);

  void clear();

  /// Removes those that end with the session.
  void end_session();

  [[nodiscard]] std::size_t size() const;

private:
  struct entry {
    cookie what;
    std::uint64_t created = 0; // numbers that grow; seconds would not tell two apart
    std::uint64_t used = 0;
  };

  using entries = std::vector<entry>;

  [[nodiscard]] std::chrono::sys_seconds now() const;
  [[nodiscard]] bool hides_secure(const cookie& fresh, std::chrono::sys_seconds time) const;
  void put(cookie&& one, std::chrono::sys_seconds time);
  void make_room(const std::string& domain, std::chrono::sys_seconds time);
  void drop_ended(std::chrono::sys_seconds time);

  const cookie_jar_limits limits_;
  const clock clock_;
  mutable std::mutex mutex_;
  std::map<std::string, entries, std::less<>> domains_;
  std::size_t count_ = 0;
  std::uint64_t last_number_ = 0;
};

} // namespace actors::http
