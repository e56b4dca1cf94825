#pragma once

#include <actors/http/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Byte ranges: a part of a representation, or several (RFC 9110 §14).
///
/// A handler with the whole body in memory answers with `apply_ranges`; one that sends from elsewhere asks
/// `select_ranges` which bytes are wanted and frames them with `content_range` or, several, `multipart_ranges`.
///
///     auto asked = range_request::parse("bytes=0-99,-1");        // the first hundred bytes and the last one
///     auto wanted = select_ranges(*asked, 1000);
///     wanted.ranges();                                           // {0, 99}, {999, 999}
///
/// Strict: what is not exactly a list of byte ranges (another unit, a last position before the first, numbers beyond
/// 2^64) is no Range field, and the whole is sent, as RFC 9110 §14.2 allows. Valid, but all behind the end: 416. Ranges
/// of an empty representation that begin at its start, or count from its end, give the whole of it, as servers do
/// everywhere.
///
/// Against requests that are small and answers that are not (CVE-2011-3192): more than `max_ranges` ranges, or ranges
/// that together are larger than the representation, which takes overlap, are answered with the whole.
namespace actors::http {

/// Positions of the first and the last byte, both included, as in `bytes=0-99`.
class byte_range {
public:
  byte_range(std::uint64_t first, std::uint64_t last) noexcept : first_(first), last_(last) {}

  [[nodiscard]] std::uint64_t first() const noexcept { return first_; }

  [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

  [[nodiscard]] std::uint64_t size() const noexcept { return last_ - first_ + 1; }

  [[nodiscard]] friend bool operator==(const byte_range&, const byte_range&) = default;

private:
  std::uint64_t first_;
  std::uint64_t last_;
};

/// A Range field as it was asked, for a representation of unknown size. Clients make one, servers parse it.
class range_request {
public:
  /// One element: `first-last`, `first-`, or `-suffix` if there is no first.
  struct element {
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last; ///< of a suffix: how many bytes

    [[nodiscard]] friend bool operator==(const element&, const element&) = default;
  };

  range_request() = default;

  /// Nothing if it is not a valid list of byte ranges, or one of more than `max_ranges`.
  [[nodiscard]] static std::optional<range_request> parse(std::string_view text, std::size_t max_ranges = 32);

  /// @throws error `invalid_value` if `last` comes before `first`.
  range_request& add(std::uint64_t first, std::uint64_t last);
  range_request& add_from(std::uint64_t first);
  range_request& add_suffix(std::uint64_t size);

  [[nodiscard]] const std::vector<element>& elements() const noexcept { return elements_; }

  /// Such as `bytes=0-99,-1`.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] friend bool operator==(const range_request&, const range_request&) = default;

private:
  std::vector<element> elements_;
};

/// Which bytes to send.
class range_selection {
public:
  enum class kind : std::uint8_t {
    whole,         ///< 200, as if nobody had asked for ranges
    partial,       ///< 206 with `ranges()`
    unsatisfiable, ///< 416 with `unsatisfied_range`
  };

  explicit range_selection(kind what) noexcept : kind_(what) {}

  explicit range_selection(std::vector<byte_range> ranges) noexcept
      : kind_(kind::partial), ranges_(std::move(ranges)) {}

  [[nodiscard]] kind what() const noexcept { return kind_; }

  /// In the order asked for, all inside of the representation.
  [[nodiscard]] const std::vector<byte_range>& ranges() const noexcept { return ranges_; }

private:
  kind kind_;
  std::vector<byte_range> ranges_;
};

/// For a representation of this size.
[[nodiscard]] range_selection select_ranges(const range_request& asked, std::uint64_t size);

/// By the Range field of a request: `whole` without one, and for every method but GET. If-Range is for the caller, see
/// `range_applies`.
[[nodiscard]] range_selection select_ranges(const request& r, std::uint64_t size, std::size_t max_ranges = 32);

/// `bytes 0-99/1000`
[[nodiscard]] std::string content_range(const byte_range& range, std::uint64_t size);

/// `bytes */1000`, for a 416.
[[nodiscard]] std::string unsatisfied_range(std::uint64_t size);

/// The frames of a `multipart/byteranges` body (RFC 9110 §14.6): `header(0)`, the bytes of the first range,
/// `header(1)`, …, `end()`.
class multipart_ranges {
public:
  /// With a random boundary; `content_type` is that of the whole, empty if it has none.
  multipart_ranges(std::vector<byte_range> ranges, std::uint64_t size, std::string_view content_type);

  /// With a boundary of one's own: a token of at most 70 characters that does not come in the body.
  multipart_ranges(std::vector<byte_range> ranges, std::uint64_t size, std::string_view content_type,
                   std::string boundary);

  [[nodiscard]] const std::vector<byte_range>& ranges() const noexcept { return ranges_; }

  /// For the Content-Type of the answer.
  [[nodiscard]] std::string content_type() const;

  /// For its Content-Length.
  [[nodiscard]] std::uint64_t content_length() const;

  /// What goes before the bytes of a range.
  [[nodiscard]] std::string header(std::size_t index) const;

  /// What goes behind the bytes of the last one.
  [[nodiscard]] std::string end() const;

private:
  std::vector<byte_range> ranges_;
  std::uint64_t size_;
  std::string part_type_;
  std::string boundary_;
};

/// Turns a 200 that has its whole body into a 206 or 416 if the request asks for ranges, respecting If-Range. Adds
/// `Accept-Ranges: bytes`. Anything but a 200 to GET comes back as it was.
[[nodiscard]] response apply_ranges(const request& r, response answer, std::chrono::sys_seconds now,
                                    std::size_t max_ranges = 32);

} // namespace actors::http
