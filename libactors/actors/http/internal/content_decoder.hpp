#pragma once

#include <actors/http/error.hpp>
#include <actors/http/fields.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace actors::http::internal {

class coding_stage;

/// What `content_decoder` came upon.
enum class decode_event : std::uint8_t {
  more,   ///< all input is consumed, more is needed
  data,   ///< `piece()` is the next piece of decoded content
  end,    ///< from `finish()`: the content is complete
  failed, ///< see `kind()` and `message()`
};

/// Streaming decoder of Content-Encoding: gzip, deflate (with the zlib wrapper, as it should be, and without, as some
/// servers send it), br, and several of them one over the other.
///
///     content_decoder decoder{response.fields(), limit};
///     while (decoder.next(input) == decode_event::data) use(decoder.piece());
///
/// Safe against bombs: a piece is at most `piece_size` bytes, however much the input expands, so the caller sets the
/// pace; every stage may put out `max_output` bytes in all; at most `max_codings` stages. Memory per stage is one piece
/// and the window (32 KiB for gzip and deflate, up to 16 MiB for br if the stream asks for it and fills it). Empty
/// input is empty content, whatever the coding. Bytes behind a complete stream that begin no new gzip member are
/// ignored, as browsers do. Source: RFC 9110 §8.4, RFC 1950, 1951, 1952, 7932.
class content_decoder {
public:
  static constexpr std::size_t piece_size = std::size_t{16} * 1024;
  static constexpr std::size_t max_codings = 4;

  /// What a client may put into Accept-Encoding.
  static constexpr std::string_view accepted = "gzip, deflate, br";

  /// For a message with these fields. @throws error `unsupported_content_coding` for an unknown coding or too many.
  content_decoder(const fields& message_fields, std::uint64_t max_output);

  /// For codings in the order in which they were applied.
  content_decoder(const std::vector<std::string_view>& codings, std::uint64_t max_output);

  content_decoder(content_decoder&&) noexcept;
  content_decoder& operator=(content_decoder&&) noexcept;
  ~content_decoder();

  /// Whether there is nothing to decode; `next` then hands the input through, under the same limit.
  [[nodiscard]] bool is_identity() const noexcept { return stages_.empty(); }

  /// Decodes up to the next piece and removes what it consumed from the front of `input`.
  [[nodiscard]] decode_event next(std::string_view& input);

  /// To be called after the last input, when `next` has returned `more`: `end`, or `failed` with `truncated_content`.
  [[nodiscard]] decode_event finish();

  /// On `data`; valid until the next call.
  [[nodiscard]] std::string_view piece() const noexcept { return piece_; }

  /// On `failed`: `corrupt_content`, `truncated_content` or `decoded_too_large`.
  [[nodiscard]] errc kind() const noexcept { return kind_; }

  [[nodiscard]] const std::string& message() const noexcept { return message_; }

private:
  [[nodiscard]] decode_event pull(std::size_t index, std::string_view& input);
  decode_event fail(errc kind, std::string message);

  std::vector<std::unique_ptr<coding_stage>> stages_; // in the order of decoding
  std::uint64_t max_output_;
  std::uint64_t passed_ = 0; // without stages
  std::string_view piece_;
  std::string message_;
  errc kind_ = errc::corrupt_content;
  bool failed_ = false;
};

} // namespace actors::http::internal
