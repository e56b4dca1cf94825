#pragma once

#include <cstddef>
#include <cstdint>

namespace actors::http {

/// What a peer may make us hold or work through in one message. Beyond a limit parsing fails with the error named here,
/// and a server answers with `status_for` of it. The defaults suit a public server; sizes are bytes.
///
///     message_limits{}.max_body(64 << 20).max_fields(200)
class message_limits {
public:
  /// The request target, or the reason phrase of a response: `start_line_too_long` (414).
  [[nodiscard]] std::size_t max_start_line() const noexcept { return start_line_; }

  /// All header and trailer fields together, each counted as name + value + 4: `fields_too_large` (431). Padding that
  /// is dropped counts against this limit and that of the start line together.
  [[nodiscard]] std::size_t max_field_bytes() const noexcept { return field_bytes_; }

  /// How many header and trailer fields: `too_many_fields` (431).
  [[nodiscard]] std::size_t max_fields() const noexcept { return fields_; }

  /// The body as transferred, without chunk framing: `body_too_large` (413).
  [[nodiscard]] std::uint64_t max_body() const noexcept { return body_; }

  /// At most 1 GiB, more is taken for that.
  message_limits& max_start_line(std::size_t value) noexcept {
    start_line_ = value < most ? value : most;
    return *this;
  }

  /// At most 1 GiB, more is taken for that.
  message_limits& max_field_bytes(std::size_t value) noexcept {
    field_bytes_ = value < most ? value : most;
    return *this;
  }

  message_limits& max_fields(std::size_t value) noexcept {
    fields_ = value;
    return *this;
  }

  message_limits& max_body(std::uint64_t value) noexcept {
    body_ = value;
    return *this;
  }

private:
  static constexpr std::size_t most = std::size_t{1} << 30;

  std::size_t start_line_ = std::size_t{8} * 1024;
  std::size_t field_bytes_ = std::size_t{32} * 1024;
  std::size_t fields_ = 100;
  std::uint64_t body_ = std::uint64_t{16} * 1024 * 1024;
};

} // namespace actors::http
