#pragma once

#include <actors/core/task.hpp>
#include <actors/web/parameter.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// GCC 12 complains that frames of coroutines hold types that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// What a callable takes and gives, and how it is called with what a request holds.
namespace actors::web::detail {

template <class F>
struct signature : signature<decltype(&F::operator())> {};

template <class R, class... Args>
struct signature_of {
  using result = R;
  using arguments = std::tuple<Args...>;
};

template <class R, class... Args>
struct signature<R (*)(Args...)> : signature_of<R, Args...> {};

template <class R, class... Args>
struct signature<R (*)(Args...) noexcept> : signature_of<R, Args...> {};

template <class C, class R, class... Args>
struct signature<R (C::*)(Args...)> : signature_of<R, Args...> {};

template <class C, class R, class... Args>
struct signature<R (C::*)(Args...) const> : signature_of<R, Args...> {};

template <class C, class R, class... Args>
struct signature<R (C::*)(Args...) noexcept> : signature_of<R, Args...> {};

template <class C, class R, class... Args>
struct signature<R (C::*)(Args...) const noexcept> : signature_of<R, Args...> {};

/// What is in a task, or the type itself.
template <class R>
struct awaited {
  using type = R;
};

template <class R>
struct awaited<task<R>> {
  using type = R;
};

template <class P>
inline constexpr bool parameter_waits = actors::detail::is_task<decltype(parameter_traits<P>::read(
    std::declval<request_reader&>(), std::declval<typename parameter_traits<P>::held&>()))>::value;

template <class P>
constexpr bool parameter_fits(const path_text& where) {
  if constexpr (requires { parameter_traits<P>::fits(where); })
    return parameter_traits<P>::fits(where);
  else
    return true;
}

template <class P>
void parameter_path_names(std::vector<std::string_view>& to) {
  if constexpr (requires { parameter_traits<P>::path_names(to); })
    parameter_traits<P>::path_names(to);
}

template <class Arguments>
struct arguments_of;

/// The arguments of one call, gathered from a request.
template <class... Args>
struct arguments_of<std::tuple<Args...>> {
  template <class A>
  using traits = parameter_traits<std::remove_cvref_t<A>>;

  static constexpr std::size_t count = sizeof...(Args);
  static constexpr bool waits = (parameter_waits<std::remove_cvref_t<Args>> || ...);
  static constexpr body_need needs = (body_need::none | ... | traits<Args>::needs);

  std::tuple<typename traits<Args>::held...> held;

  /// In the order of `value_source`; true if nothing was wrong.
  [[nodiscard]] bool read(request_reader& from) { return read_in_order(from, std::make_index_sequence<count>{}); }

  /// The same for those of whom one waits.
  [[nodiscard]] static task<bool> read_later(arguments_of& self, request_reader& from) {
    bool ok = true;
    for (const auto index : order) {
      bool is_right = false;
      auto waiting = self.read_one(from, index, is_right);
      if (waiting)
        is_right = co_await std::move(waiting);
      ok = ok && is_right;
    }
    co_return ok;
  }

  template <class F>
  decltype(auto) call(F& function) {
    return call_with(function, std::index_sequence_for<Args...>{});
  }

  static constexpr bool fits(const path_text& where) {
    return (parameter_fits<std::remove_cvref_t<Args>>(where) && ...);
  }

  static void describe(operation& to) { (traits<Args>::describe(to), ...); }

  static void path_names(std::vector<std::string_view>& to) {
    (parameter_path_names<std::remove_cvref_t<Args>>(to), ...);
  }

private:
  static constexpr auto order = [] {
    std::array<std::size_t, count> result{};
    const std::array<value_source, count> sources{traits<Args>::source...};
    std::size_t place = 0;
    for (int source = 0; source <= static_cast<int>(value_source::request); ++source)
      for (std::size_t i = 0; i < count; ++i)
        if (static_cast<int>(sources[i]) == source)
          result[place++] = i;
    return result;
  }();

  template <std::size_t... I>
  bool read_in_order(request_reader& from, std::index_sequence<I...>) {
    bool ok = true;
    ((ok = read_now<order[I]>(from) && ok), ...);
    return ok;
  }

  template <std::size_t I>
  auto read_now(request_reader& from) {
    return traits<std::tuple_element_t<I, std::tuple<Args...>>>::read(from, std::get<I>(held));
  }

  /// The one at a place that is known at run time only; what it gives comes as a task if it waits.
  task<bool> read_one(request_reader& from, std::size_t index, bool& result) {
    task<bool> waiting;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      static_cast<void>(((I == index && (begin_read<I>(from, result, waiting), true)) || ...));
    }(std::index_sequence_for<Args...>{});
    return waiting;
  }

  template <std::size_t I>
  void begin_read(request_reader& from, bool& result, task<bool>& waiting) {
    if constexpr (parameter_waits<std::remove_cvref_t<std::tuple_element_t<I, std::tuple<Args...>>>>)
      waiting = read_now<I>(from);
    else
      result = read_now<I>(from);
  }

  template <class F, std::size_t... I>
  decltype(auto) call_with(F& function, std::index_sequence<I...>) {
    return function(traits<Args>::give(std::get<I>(held))...);
  }
};

template <class F>
using arguments_for = arguments_of<typename signature<F>::arguments>;

template <class F>
using awaited_result = typename awaited<typename signature<F>::result>::type;

} // namespace actors::web::detail

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
