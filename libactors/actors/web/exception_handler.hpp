#pragma once

#include <actors/core/task.hpp>
#include <actors/web/context.hpp>
#include <actors/web/detail/to_reply.hpp>
#include <actors/web/reply.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

// GCC 12 complains that frames of coroutines hold types that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

namespace actors::web::detail {

/// Makes replies of exceptions of one type.
class exception_handler_base {
public:
  exception_handler_base() = default;
  exception_handler_base(const exception_handler_base&) = delete;
  exception_handler_base& operator=(const exception_handler_base&) = delete;
  virtual ~exception_handler_base() = default;

  [[nodiscard]] virtual bool takes(const std::exception_ptr& error) const = 0;

  /// Of one that it takes.
  [[nodiscard]] virtual task<reply> answer(context& c, std::exception_ptr error) const = 0;
};

using exception_handler_list = std::vector<std::shared_ptr<const exception_handler_base>>;

template <class E, class F>
class exception_handler_of final : public exception_handler_base {
public:
  explicit exception_handler_of(F function) : function_(std::move(function)) {}

  [[nodiscard]] bool takes(const std::exception_ptr& error) const override { return find(error) != nullptr; }

  [[nodiscard]] task<reply> answer(context& c, std::exception_ptr error) const override {
    using result = std::invoke_result_t<const F&, context&, const E&>;
    const E& what = *find(error); // lives as long as `error`
    if constexpr (actors::detail::is_task<result>::value) {
      auto pending = function_(c, what);
      co_return to_reply(c, co_await std::move(pending));
    } else {
      co_return to_reply(c, function_(c, what));
    }
  }

private:
  static const E* find(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const E& what) {
      return &what; // the same object: rethrowing copies none in the ABI of our compilers
    } catch (...) {
      return nullptr;
    }
  }

  F function_;
};

} // namespace actors::web::detail

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
