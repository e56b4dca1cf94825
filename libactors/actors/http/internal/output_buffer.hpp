#pragma once

#include <actors/http/internal/spare_of_thread.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http::internal {

/// What a connection has to write. Nothing is held when there is nothing: the thread has memory at hand, which its
/// connections use in turn and which so stays in the cache.
class output_buffer {
public:
  [[nodiscard]] bool empty() const noexcept { return !text_ || text_->empty(); }

  [[nodiscard]] std::string_view view() const noexcept { return text_ ? std::string_view{*text_} : std::string_view{}; }

  [[nodiscard]] std::size_t size() const noexcept { return text_ ? text_->size() : 0; }

  /// To append to.
  [[nodiscard]] std::string& text() {
    if (!text_)
      prepare();
    return *text_;
  }

  /// So much of it was written.
  void took(std::size_t size) {
    if (size == text_->size())
      release();
    else
      text_->erase(0, size);
  }

  /// Out of line, because coroutines call it. Memory of unusually big output goes.
  [[gnu::noinline]] void release() noexcept {
    constexpr std::size_t usual = std::size_t{128} * 1024;
    if (text_ && text_->capacity() <= usual) {
      text_->clear();
      spares::give(std::move(text_));
    }
    text_.reset();
  }

private:
  using spares = spare_of_thread<std::unique_ptr<std::string>, 2>;

  [[gnu::noinline]] void prepare() {
    text_ = spares::take();
    if (!text_)
      text_ = std::make_unique<std::string>();
  }

  std::unique_ptr<std::string> text_;
};

} // namespace actors::http::internal
