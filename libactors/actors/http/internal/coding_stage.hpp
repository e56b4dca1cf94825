#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace actors::http::internal {

/// One content coding: turns encoded bytes into decoded ones, piece by piece.
class coding_stage {
public:
  enum class result : std::uint8_t {
    progress, ///< `output()` holds bytes
    starved,  ///< no output, all input consumed
    corrupt,  ///< see `problem()`
  };

  virtual ~coding_stage() = default;

  /// The stage for a coding's name in any case; null if it is unknown.
  [[nodiscard]] static std::unique_ptr<coding_stage> make(std::string_view coding);

  /// Decodes from `pending()` until a piece is full or the input is used up.
  [[nodiscard]] result run(std::size_t piece_size);

  [[nodiscard]] std::string_view& pending() noexcept { return pending_; }

  [[nodiscard]] std::string_view output() const noexcept { return {buffer_.data(), produced_}; }

  /// All that was put out so far.
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

  /// Whether the input may end here: behind a complete stream, or before it began.
  [[nodiscard]] bool is_whole() const noexcept { return !seen_ || is_at_end(); }

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  [[nodiscard]] virtual std::string problem() const = 0;

protected:
  /// Takes from the front of `in`, puts at most `size` bytes to `out`, returns how many; sets `broken` on corrupt
  /// input.
  virtual std::size_t decode(std::string_view& in, char* out, std::size_t size, bool& broken) = 0;
  [[nodiscard]] virtual bool is_at_end() const noexcept = 0;

private:
  std::string_view pending_;
  std::vector<char> buffer_;
  std::size_t produced_ = 0;
  std::uint64_t total_ = 0;
  bool seen_ = false;
};

} // namespace actors::http::internal
