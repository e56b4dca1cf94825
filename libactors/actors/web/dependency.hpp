#pragma once

#include <actors/core/task.hpp>
#include <actors/web/context.hpp>
#include <actors/web/detail/endpoint_base.hpp>
#include <actors/web/detail/signature.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

// GCC 12 complains that frames of coroutines hold types that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// Dependencies: functions that make what handlers need, of parameters as handlers have them, other dependencies
/// included.
///
///     user current_user(header<"x-token", std::string> token, state<database> db);     // or task<user>
///
///     void remove(path<"id", int> id, depends<current_user> who) { … who->name … }
///
/// A dependency is called once a request, whoever asks for it; all share the value. It is destroyed when the reply has
/// been sent, in the reverse order. What must be undone by more than a destructor is given as `provided`:
///
///     task<provided<transaction>> begin(state<database> db) {
///       auto t = co_await db->begin();
///       co_return provided{std::move(t), [](transaction& t, const std::exception_ptr& error) -> task<void> {
///         co_await (error ? t.rollback() : t.commit());
///       }};
///     }
///
/// Errors: what a dependency throws is the request's error. If one of its parameters is wrong it is not called, and
/// what is wrong is told with all else. What a teardown throws is logged; the others are still called. Cancellation and
/// a client that leaves: everything is torn down, with the `cancelled` as error; one that takes longer than the
/// application's limit for teardowns is cancelled. A killed task runs destructors only.
///
/// Tests put another function in the place of one: `app.override_dependency<current_user>(somebody)`. Cost: a frame and
/// an allocation each.
namespace actors::web {

/// A value with what undoes it.
template <class T>
class provided {
public:
  using value_type = T;
  using teardown = std::function<task<void>(T&, const std::exception_ptr&)>;

  /// `undo` is a coroutine of the value, and of the request's error if it takes it: null if all went well.
  template <class F>
    requires std::invocable<F&, T&> || std::invocable<F&, T&, const std::exception_ptr&>
  provided(T of, F undo) : value_(std::move(of)) {
    if constexpr (std::invocable<F&, T&, const std::exception_ptr&>)
      undo_ = std::move(undo);
    else
      undo_ = [undo = std::move(undo)](T& what, const std::exception_ptr&) { return undo(what); };
  }

  [[nodiscard]] T& value() noexcept { return value_; }

  [[nodiscard]] teardown& undo() noexcept { return undo_; }

private:
  T value_;
  teardown undo_;
};

namespace detail {

struct nothing {};

template <class R>
struct dependency_value {
  using type = R;
};

template <>
struct dependency_value<void> {
  using type = nothing;
};

template <class T>
struct dependency_value<provided<T>> {
  using type = T;
};

template <class F>
using dependency_value_t = typename dependency_value<std::remove_cvref_t<awaited_result<F>>>::type;

/// What the context keeps of a dependency; the value comes first.
template <class T>
struct kept_dependency {
  T value;
  typename provided<T>::teardown undo;

  static task<void> tear_down(void* object, const std::exception_ptr& error) {
    auto& self = *static_cast<kept_dependency*>(object);
    return self.undo(self.value, error);
  }
};

template <class T>
void keep_dependency(context& c, std::type_index key, T value, typename provided<T>::teardown undo = {}) {
  auto made = std::make_unique<kept_dependency<T>>(kept_dependency<T>{std::move(value), std::move(undo)});
  c.keep({key, made.get(), context::destroy<kept_dependency<T>>, made->undo ? kept_dependency<T>::tear_down : nullptr});
  static_cast<void>(made.release());
}

template <class R>
void keep_result(context& c, std::type_index key, R&& result) {
  using type = std::remove_cvref_t<R>;
  if constexpr (requires { typename dependency_value<type>::type; } &&
                !std::same_as<typename dependency_value<type>::type, type>)
    keep_dependency(c, key, std::move(result.value()), std::move(result.undo()));
  else
    keep_dependency<type>(c, key, std::forward<R>(result));
}

/// Calls a dependency and keeps what it gives.
template <class F>
task<bool> provide_by(const F& function, request_reader& from, std::type_index key) {
  using arguments = arguments_for<F>;
  using returned = typename signature<F>::result;
  if constexpr (arguments::needs != body_need::none)
    co_await from.prepare(arguments::needs);
  arguments all;
  bool ok = true;
  if constexpr (arguments::waits) {
    auto reading = arguments::read_later(all, from);
    ok = co_await std::move(reading);
  } else {
    ok = all.read(from);
  }
  if (!ok)
    co_return false;
  if constexpr (std::is_void_v<returned>) {
    all.call(function);
    keep_result(from.of(), key, nothing{});
  } else if constexpr (std::is_same_v<returned, task<void>>) {
    auto pending = all.call(function);
    co_await std::move(pending);
    keep_result(from.of(), key, nothing{});
  } else if constexpr (actors::detail::is_task<returned>::value) {
    auto pending = all.call(function);
    auto result = co_await std::move(pending);
    keep_result(from.of(), key, std::move(result));
  } else {
    keep_result(from.of(), key, all.call(function));
  }
  co_return true;
}

template <class F>
class dependency_of final : public dependency_base {
public:
  explicit dependency_of(F function) : function_(std::move(function)) {}

  [[nodiscard]] task<bool> provide(request_reader& from, std::type_index key) const override {
    return provide_by(function_, from, key);
  }

  void describe(operation& to) const override { arguments_for<F>::describe(to); }

  void path_names(std::vector<std::string_view>& to) const override { arguments_for<F>::path_names(to); }

private:
  F function_;
};

} // namespace detail

/// The value of a dependency; see the head of this file. One that gives nothing is called for what it throws.
template <auto Function>
class depends {
public:
  using function_type = std::decay_t<decltype(Function)>;
  using value_type = detail::dependency_value_t<function_type>;

  depends(value_type& of) noexcept : of_(&of) {} // NOLINT(google-explicit-constructor): stands for it

  [[nodiscard]] value_type& operator*() const noexcept { return *of_; }

  [[nodiscard]] value_type* operator->() const noexcept { return of_; }

  [[nodiscard]] operator value_type&() const noexcept { return *of_; } // NOLINT(google-explicit-constructor)

private:
  value_type* of_;
};

template <auto Function>
struct parameter_traits<depends<Function>> {
  using function_type = typename depends<Function>::function_type;
  using value_type = typename depends<Function>::value_type;

  static constexpr auto source = value_source::dependency;
  static constexpr auto needs = body_need::none; // it sees to that itself

  struct held {
    value_type* it = nullptr;
  };

  static task<bool> read(request_reader& from, held& into) {
    const std::type_index key = typeid(depends<Function>);
    auto& c = from.of();
    if (c.find_kept(key) == nullptr) {
      const auto* other = detail::override_of(c, key);
      auto making = other != nullptr ? other->provide(from, key) : detail::provide_by(function(), from, key);
      const bool ok = co_await std::move(making);
      if (!ok)
        co_return false;
    }
    into.it = static_cast<value_type*>(c.find_kept(key));
    co_return true;
  }

  static depends<Function> give(held& from) noexcept { return *from.it; }

  static void describe(operation& to) { detail::arguments_for<function_type>::describe(to); }

  static constexpr bool fits(const path_text& where) { return detail::arguments_for<function_type>::fits(where); }

  static void path_names(std::vector<std::string_view>& to) { detail::arguments_for<function_type>::path_names(to); }

private:
  static const function_type& function() {
    static constexpr function_type one = Function;
    return one;
  }
};

} // namespace actors::web

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
