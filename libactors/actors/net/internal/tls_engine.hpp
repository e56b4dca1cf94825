#pragma once

#include <actors/net/internal/tls_library.hpp>
#include <actors/net/tls_stream.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace actors::net::internal {

/// TLS as a state machine between two kinds of bytes: records on one side, what they carry on the other. Does no I/O.
///
/// It is given records with `feed`, and what it has to send is in `output`, after any call. Threads: one at a time.
class tls_engine {
public:
  enum class outcome : std::uint8_t {
    done,
    /// Nothing to be done without more input.
    wants_input,
    /// The peer has said that this is its end.
    ended,
    /// For good; see `failure`.
    failed,
  };

  explicit tls_engine(ssl_ptr ssl);

  tls_engine(const tls_engine&) = delete;
  tls_engine& operator=(const tls_engine&) = delete;
  ~tls_engine() = default;

  /// Goes on with the handshake.
  [[nodiscard]] outcome handshake();

  /// Reads what there is, at most `into.size()` bytes.
  [[nodiscard]] outcome read(std::span<char> into, std::size_t& count);

  /// Makes records of all of `data`. Only after the handshake.
  [[nodiscard]] outcome write(std::string_view data);

  /// Makes the record that ends our direction.
  void end();

  /// Records from the peer, which have to stay where they are until `has_input` is false. Only then may there be more.
  void feed(std::string_view records) noexcept { input_ = records; }

  [[nodiscard]] bool has_input() const noexcept { return !input_.empty(); }

  /// Records to send. The caller takes them out.
  [[nodiscard]] std::string& output() noexcept { return output_; }

  [[nodiscard]] const std::optional<tls_failure>& failure() const noexcept { return failure_; }

  // -- what was agreed on --

  [[nodiscard]] std::optional<certificate_info> peer_certificate() const;
  [[nodiscard]] tls_version version() const;
  [[nodiscard]] std::string cipher() const;
  [[nodiscard]] std::string alpn() const;
  [[nodiscard]] std::string server_name() const;
  [[nodiscard]] bool resumed() const;

private:
  [[nodiscard]] static const BIO_METHOD* bio_method();
  [[nodiscard]] static int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* count);
  [[nodiscard]] static int bio_write(BIO* bio, const char* from, std::size_t size, std::size_t* count);
  [[nodiscard]] static long bio_control(BIO* bio, int command, long number, void* pointer);

  [[nodiscard]] outcome outcome_of(int result);

  std::string_view input_;
  std::string output_;
  std::optional<tls_failure> failure_;
  ssl_ptr ssl_;
};

} // namespace actors::net::internal
