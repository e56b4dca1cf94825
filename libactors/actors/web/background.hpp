#pragma once

#include <actors/core/task.hpp>
#include <actors/supervise/retry.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// GCC 12 complains that frames of coroutines hold types that only one file can name.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif

/// What is done after the reply, such as sending a mail: a handler that has a `background_tasks&` as parameter adds to
/// it.
///
///     order create(body<order> o, background_tasks& later) {
///       later.add(send_mail, o->customer, "thank you");                    // void or task<void>, arguments are copied
///       later.add(supervise::retry_policy{}.attempts(3), tell_shop, *o);
///       return save(*o);
///     }
///
/// They begin when the reply has been sent, or could not be since the client has left, and run one after another in a
/// task of the application's: no client, connection or dependency of the request is part of it. A handler that throws
/// takes back what was added; one that is cancelled does not, as what it has promised by then holds. When the
/// application shuts down, it waits for them, up to its deadline.
///
/// Errors: a task that fails, after the last attempt of its policy, is logged with its name and the request's id; the
/// others still run. Cost: an allocation a task, and an actor a request that has some.
namespace actors::web {

class background_tasks {
public:
  struct entry {
    std::string name;
    std::function<task<void>()> run;
  };

  background_tasks() = default;
  background_tasks(const background_tasks&) = delete;
  background_tasks& operator=(const background_tasks&) = delete;

  /// `function(arguments…)`, once.
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>&, std::decay_t<Args>&...>
  background_tasks& add(F&& function, Args&&... arguments) {
    return push({}, call_of(std::forward<F>(function), std::forward<Args>(arguments)...));
  }

  /// The same, again when it fails, as the policy has it.
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>&, std::decay_t<Args>&...>
  background_tasks& add(supervise::retry_policy policy, F&& function, Args&&... arguments) {
    return push_retried(std::move(policy), call_of(std::forward<F>(function), std::forward<Args>(arguments)...));
  }

  /// What the task added last is called in logs.
  background_tasks& named(std::string name);

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  void clear() noexcept { entries_.clear(); }

  /// Takes all of them, to be run.
  [[nodiscard]] std::vector<entry> take() noexcept { return std::exchange(entries_, {}); }

private:
  template <class F, class... Args>
  static std::function<task<void>()> call_of(F&& function, Args&&... arguments) {
    using result = std::invoke_result_t<std::decay_t<F>&, std::decay_t<Args>&...>;
    return [function = std::decay_t<F>(std::forward<F>(function)),
            kept = std::tuple<std::decay_t<Args>...>(std::forward<Args>(arguments)...)]() mutable -> task<void> {
      if constexpr (actors::detail::is_task<result>::value) {
        auto pending = std::apply(function, kept);
        co_await std::move(pending);
      } else {
        std::apply(function, kept);
        co_return;
      }
    };
  }

  background_tasks& push(std::string name, std::function<task<void>()> run);
  background_tasks& push_retried(supervise::retry_policy policy, std::function<task<void>()> run);

  std::vector<entry> entries_;
};

} // namespace actors::web

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
