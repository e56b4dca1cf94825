#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace services::scraper::internal {

/// Collects visible text and collapses white space as it comes, up to a limit in bytes.
class text_builder {
public:
  explicit text_builder(std::size_t limit) : limit_(limit) {}

  /// Text between tags: white space becomes one space, or nothing at the start of a line.
  void add(std::string_view text);

  /// What follows, by `add_preformatted`, starts a new line; a line break at its very start does not count, as in HTML.
  void begin_preformatted() noexcept {
    end_line();
    fresh_ = true;
  }

  /// Text in which white space means itself.
  void add_preformatted(std::string_view text);

  /// The next text starts a new line.
  void end_line() noexcept { gap_ = gap::line; }

  /// The next text is another cell of the same row.
  void end_cell() noexcept {
    if (gap_ != gap::line)
      gap_ = gap::cell;
  }

  /// True once something was left out.
  [[nodiscard]] bool full() const noexcept { return full_; }

  /// The text, without white space at its end.
  [[nodiscard]] std::string take();

private:
  enum class gap { none, space, cell, line };

  void word(std::string_view text);
  void put(std::string_view text);

  std::string text_;
  std::size_t limit_;
  gap gap_ = gap::none;
  bool full_ = false;
  bool fresh_ = false;
};

} // namespace services::scraper::internal
