#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

/// Clients that behave badly, on plain sockets and threads of their own, at random and as a seed says: they send
/// requests in pieces, one behind the other, byte by byte; break off anywhere in them; close, half-close or reset; read
/// all of the answers, a part, or nothing. Who sent all and reads all must get the right answers.
///
/// Each session is one connection, and its script follows from the seed and its number alone; only the times do not.
namespace actors::http::test {

/// How sessions ended.
struct rough_counts {
  std::atomic<std::uint64_t> sessions{0};
  std::atomic<std::uint64_t> requests{0}; ///< begun
  std::atomic<std::uint64_t> answers{0};  ///< read whole and found right
  std::atomic<std::uint64_t> cut{0};      ///< sessions that broke off within a request
  std::atomic<std::uint64_t> reset{0};
  std::atomic<std::uint64_t> unread{0}; ///< closed before the end of the answers
  std::atomic<std::uint64_t> websockets{0};
};

class rough_clients {
public:
  /// The ports of `rough_sites`: plain, waiting, streaming.
  using ports = std::array<std::uint16_t, 3>;

  rough_clients(const ports& at, std::uint64_t seed) : ports_(at), seed_(seed) {}

  /// Runs so many threads until that many more requests have been begun, or one session met what must not be.
  void run(std::uint64_t requests, unsigned threads);

  [[nodiscard]] const rough_counts& counts() const noexcept { return counts_; }

  /// The first session that met what must not be; empty if none did.
  [[nodiscard]] std::string problem() const;

private:
  void run_session(std::uint64_t number);

  ports ports_;
  std::uint64_t seed_;
  std::atomic<std::uint64_t> next_{0};
  rough_counts counts_;
  mutable std::mutex mutex_;
  std::string problem_;
};

} // namespace actors::http::test
