#pragma once

#include <actors/core/task.hpp>
#include <actors/web/dependency.hpp>
#include <actors/web/detail/endpoint_base.hpp>
#include <actors/web/detail/signature.hpp>
#include <actors/web/detail/to_reply.hpp>
#include <actors/web/path_pattern.hpp>

#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// GCC 12 complains that frames of coroutines hold types that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// Handlers: any callable whose parameters say where they come from (parameter.hpp), and which gives an answer, or a
/// value to be written as JSON, or nothing, at once or in a task.
///
/// | it gives | the answer |
/// |---|---|
/// | `http::response`, `reply` | that |
/// | a value (values.hpp) | JSON, with the status of the route, 200 if it has none |
/// | nothing | `null`, as JSON |
///
/// A text is a text of JSON; a page is `http::response{status::ok, page, "text/html; charset=utf-8"}`. A handler that
/// is no coroutine is called without one: it must not block. Threads: called as const from all workers at once.
namespace actors::web {

namespace detail {

[[noreturn]] void throw_problems(request_reader& from);

void describe_result(operation& to, schema_function schema);

template <class F>
class endpoint_of final : public endpoint_base {
  using arguments = arguments_for<F>;
  using returned = typename signature<F>::result;
  using result = awaited_result<F>;

  static constexpr bool is_coroutine = actors::detail::is_task<returned>::value;
  static constexpr bool plain = !is_coroutine && !arguments::waits;

public:
  explicit endpoint_of(F function) : function_(std::move(function)) {}

  [[nodiscard]] bool is_plain() const noexcept override { return plain; }

  [[nodiscard]] body_need needs() const noexcept override { return arguments::needs; }

  [[nodiscard]] reply answer(context& c) const override {
    if constexpr (plain) {
      request_reader from{c};
      arguments all;
      if (!all.read(from))
        throw_problems(from);
      return call(c, all);
    } else {
      return endpoint_base::answer(c);
    }
  }

  [[nodiscard]] task<reply> answer_later(context& c) const override {
    if constexpr (plain)
      return endpoint_base::answer_later(c);
    else
      return gather_and_call(c);
  }

  void describe(operation& to) const override {
    arguments::describe(to);
    if constexpr (whole_answer<result>)
      describe_result(to, nullptr);
    else if constexpr (std::is_void_v<result>)
      describe_result(to, [](schema_builder&) { return nlohmann::json{{"type", "null"}}; });
    else
      describe_result(to, [](schema_builder& builder) { return value_traits<result>::schema(builder, no_rules); });
  }

  void path_names(std::vector<std::string_view>& to) const override { arguments::path_names(to); }

private:
  reply call(context& c, arguments& all) const {
    if constexpr (std::is_void_v<returned>) {
      all.call(function_);
      return json_reply(c, "null");
    } else {
      return to_reply(c, all.call(function_));
    }
  }

  task<reply> gather_and_call(context& c) const {
    request_reader from{c};
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
      throw_problems(from);
    if constexpr (!is_coroutine) {
      co_return call(c, all);
    } else if constexpr (std::is_void_v<result>) {
      auto pending = all.call(function_);
      co_await std::move(pending);
      co_return json_reply(c, "null");
    } else {
      auto pending = all.call(function_);
      auto made = co_await std::move(pending);
      co_return to_reply(c, std::move(made));
    }
  }

  F function_;
};

template <class F>
[[nodiscard]] std::shared_ptr<const endpoint_base> make_endpoint(F&& function) {
  return std::make_shared<const endpoint_of<std::decay_t<F>>>(std::forward<F>(function));
}

/// Ends in here, at compile time, if a handler asks for a parameter that its path does not have.
inline void the_path_has_no_such_parameter() {}

} // namespace detail

/// A path whose parameters are not compared with the handler's before the application is made: for routes of a router
/// whose prefix has some of them.
class behind_prefix {
public:
  template <class Text>
    requires std::is_convertible_v<const Text&, std::string_view>
  consteval explicit behind_prefix(const Text& pattern) : text_(path_text{pattern}.view()) {}

  [[nodiscard]] constexpr std::string_view view() const noexcept { return text_; }

private:
  std::string_view text_;
};

/// The path of a handler: compiles if it is a pattern, and has the parameters that the handler asks for. In a router
/// with a prefix it may be empty.
template <class F>
class path_of {
public:
  template <class Text>
    requires std::is_convertible_v<const Text&, std::string_view>
  consteval path_of(const Text& pattern) : text_(pattern) { // NOLINT(google-explicit-constructor): a literal is one
    const path_text whole{text_.empty() ? std::string_view{"/"} : text_};
    if (!detail::arguments_for<std::decay_t<F>>::fits(whole))
      detail::the_path_has_no_such_parameter();
  }

  path_of(behind_prefix path) : text_(path.view()) {} // NOLINT(google-explicit-constructor)

  [[nodiscard]] constexpr std::string_view view() const noexcept { return text_; }

private:
  std::string_view text_;
};

} // namespace actors::web

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
