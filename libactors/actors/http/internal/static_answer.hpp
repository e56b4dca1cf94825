#pragma once

#include <actors/http/byte_range.hpp>
#include <actors/http/internal/served_tree.hpp>
#include <actors/http/message.hpp>
#include <actors/http/static_files.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace actors::http::internal {

/// What `static_files` answers: a whole response, or the head of one with the file whose bytes follow.
class static_answer {
public:
  /// Bodies up to this size are read at once.
  static constexpr std::size_t small = std::size_t{64} * 1024;

  explicit static_answer(response whole) noexcept : head_(std::move(whole)) {}

  /// Looks the answer up; blocks.
  [[nodiscard]] static static_answer find(const served_tree& tree, const static_options& options, const request& r);

  /// For a request that needs no look at the files: nothing if it does.
  [[nodiscard]] static std::optional<response> refuse(const static_options& options, const request& r);

  [[nodiscard]] response& head() noexcept { return head_; }

  /// Open if its bytes follow the head.
  [[nodiscard]] const served_entry& file() const noexcept { return file_; }

  /// Which of them.
  [[nodiscard]] const std::vector<byte_range>& ranges() const noexcept { return ranges_; }

  /// What goes between them, if they are sent as parts.
  [[nodiscard]] const std::optional<multipart_ranges>& parts() const noexcept { return parts_; }

private:
  static_answer(const request& r, served_entry file, response head, const static_options& options);

  response head_;
  served_entry file_;
  std::vector<byte_range> ranges_;
  std::optional<multipart_ranges> parts_;
};

} // namespace actors::http::internal
