#pragma once

#include <memory>
#include <utility>

namespace actors::http::internal {

/// One object that is dear to make, kept by each thread for whoever needs such a one next. So a connection that is
/// silent holds none, and one that says a word now and then does not make a new one each time.
///
/// Not to be called from a coroutine directly, which may change its thread between two lines.
template <class T>
class spare_of_thread {
public:
  /// The one that was given last, in the state that it was left in; null if there is none.
  [[nodiscard]] static std::unique_ptr<T> take() noexcept {
    return is_over() ? nullptr : std::exchange(keeper().kept, nullptr);
  }

  static void give(std::unique_ptr<T> what) noexcept {
    if (!is_over())
      keeper().kept = std::move(what);
  }

private:
  struct holder {
    holder() = default;
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;

    ~holder() { is_over() = true; }

    std::unique_ptr<T> kept;
  };

  static holder& keeper() noexcept {
    thread_local holder instance;
    return instance;
  }

  /// Whether the thread has come to the end of its variables, which others may do after it.
  static bool& is_over() noexcept {
    thread_local bool over = false;
    return over;
  }
};

} // namespace actors::http::internal
