#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace actors::http::internal {

/// Things that are dear to make, up to `Most` kept by each thread for whoever needs such a one next. So a connection
/// that is silent holds none, one that says a word now and then does not make a new one each time, and what is used is
/// what was used last, which is still in the cache. `T{}` stands for nothing.
///
/// Not to be called from a coroutine directly, which may change its thread between two lines.
template <class T, std::size_t Most = 1>
class spare_of_thread {
public:
  /// The one that was given last, in the state that it was left in; `T{}` if there is none.
  [[nodiscard]] static T take() noexcept {
    if (is_over())
      return T{};
    auto& all = keeper();
    return all.count > 0 ? std::exchange(all.kept[--all.count], T{}) : T{};
  }

  static void give(T what) noexcept {
    if (is_over())
      return;
    auto& all = keeper();
    if (all.count < Most)
      all.kept[all.count++] = std::move(what);
  }

private:
  struct holder {
    holder() = default;
    holder(const holder&) = delete;
    holder& operator=(const holder&) = delete;

    ~holder() { is_over() = true; }

    std::array<T, Most> kept{};
    std::size_t count = 0;
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
