#pragma once

#include <actors/core/detail/task_context.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/service_ref.hpp>
#include <actors/core/task.hpp>

#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>
#include <caf/message.hpp>
#include <caf/message_id.hpp>
#include <caf/type_id_list.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// A probe: an actor that stands in for another one in a test, keeps what it receives, and answers as the test says.
///
/// Give its address to the code under test, then say what has to come: `auto request = co_await
/// probe.expect<std::string>();` waits for the next message and checks its types; `request.value()` is its content and
/// `request.reply(42)` answers it. `expect_nothing(1s)` waits and throws if a message comes. Messages are expected in
/// the order in which they came, and each is given once; `history()` has all of them. A request that is not answered
/// leaves its sender waiting, as a slow actor would.
///
/// As a `service_ref` it is asked as services are: the call context is taken off the message. A caller that gives up
/// then shows as a `cancel_call`. `watch(actor)` makes the end of an actor come as a `caf::down_msg`.
///
/// Ownership: the actor ends with the object, and what is sent to it then fails as for every ended actor. Threads: one
/// task expects at a time; `history` from any thread.
///
/// Time: limits are of the runtime's clock, so under virtual time waiting for nothing costs nothing. Cancellation ends
/// the wait and takes no message.
///
/// Errors: `expectation_error` says what was expected and what has come instead, or that nothing has.
///
/// @snippet examples/testing.cpp probe
namespace actors::testing {

/// What was expected of a probe did not happen.
class expectation_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

namespace detail {

struct probe_state;

/// A message as the probe got it.
class probe_message {
public:
  probe_message() = default;
  probe_message(caf::strong_actor_ptr probe, caf::strong_actor_ptr sender, caf::message_id id, caf::message content);

  /// The elements after the call context.
  [[nodiscard]] std::size_t first() const noexcept { return first_; }

  [[nodiscard]] const caf::message& content() const noexcept { return content_; }

  [[nodiscard]] const caf::strong_actor_ptr& sender() const noexcept { return sender_; }

  [[nodiscard]] bool is_request() const noexcept;

  /// Whether it has these types, without the call context.
  [[nodiscard]] bool has_types(caf::type_id_list types) const noexcept;

  /// Such as `"text", 42`.
  [[nodiscard]] std::string to_string() const;

  void answer(caf::message content);

private:
  caf::strong_actor_ptr probe_;
  caf::strong_actor_ptr sender_;
  caf::message_id id_;
  caf::message content_;
  std::size_t first_ = 0;
  bool answered_ = false;
};

[[noreturn]] void throw_unexpected(const probe_message& message, caf::type_id_list expected);

} // namespace detail

/// A message that was expected, with the types that were asked for.
template <class... Ts>
class received {
public:
  explicit received(detail::probe_message message) noexcept : message_(std::move(message)) {}

  /// The element of that index.
  template <std::size_t I>
  [[nodiscard]] const std::tuple_element_t<I, std::tuple<Ts...>>& get() const {
    return message_.content().template get_as<std::tuple_element_t<I, std::tuple<Ts...>>>(message_.first() + I);
  }

  /// The only element.
  [[nodiscard]] const auto& value() const
    requires(sizeof...(Ts) == 1)
  {
    return get<0>();
  }

  /// All elements, copied.
  [[nodiscard]] std::tuple<Ts...> values() const {
    return [&]<std::size_t... Is>(std::index_sequence<Is...>) {
      return std::tuple<Ts...>{get<Is>()...};
    }(std::index_sequence_for<Ts...>{});
  }

  /// True if the sender waits for an answer.
  [[nodiscard]] bool is_request() const noexcept { return message_.is_request(); }

  /// Who has sent it, null if nobody said.
  [[nodiscard]] const caf::strong_actor_ptr& sender() const noexcept { return message_.sender(); }

  /// Answers a request. Throws `misuse_error` if it is none or was answered.
  template <class... Args>
  void reply(Args&&... values) {
    message_.answer(caf::make_message(std::forward<Args>(values)...));
  }

  /// Answers a request with an error.
  void fail(const caf::error& error) { message_.answer(caf::make_message(error)); }

private:
  detail::probe_message message_;
};

class probe {
public:
  /// How long `expect` waits unless it is told otherwise.
  static constexpr std::chrono::seconds patience{5};

  /// Starts a probe in the runtime of the running task. Throws `misuse_error` outside of tasks.
  probe();

  /// Starts a probe from a plain thread.
  explicit probe(runtime& owner);

  ~probe();
  probe(const probe&) = delete;
  probe& operator=(const probe&) = delete;

  /// The probe's address, for CAF code.
  [[nodiscard]] const caf::actor& actor() const noexcept { return actor_; }

  /// The probe as a service.
  [[nodiscard]] service_ref service() const { return service_ref{actor_}; }

  /// Waits for the next message and takes it. Throws `expectation_error` if it has other types, or if there is none in
  /// time.
  template <class... Ts>
  task<received<Ts...>> expect(duration within = patience) {
    constexpr auto types = caf::make_type_id_list<Ts...>();
    auto message = co_await next(within, types);
    if (!message.has_types(types))
      detail::throw_unexpected(message, types);
    co_return received<Ts...>{std::move(message)};
  }

  /// Waits so long and throws `expectation_error` if a message comes, or was there already.
  [[nodiscard]] task<void> expect_nothing(duration length);

  /// Takes messages until there is one of these types; what it passes over is gone.
  template <class... Ts>
  task<received<Ts...>> expect_eventually(duration within = patience) {
    constexpr auto types = caf::make_type_id_list<Ts...>();
    const auto deadline = co_await deadline_after(within);
    for (;;) {
      auto message = co_await next_until(deadline, types);
      if (message.has_types(types))
        co_return received<Ts...>{std::move(message)};
    }
  }

  /// The end of this actor will come as a `caf::down_msg`.
  void watch(const caf::actor& other) const;

  /// All messages that came, as text, in their order.
  [[nodiscard]] std::vector<std::string> history() const;

private:
  [[nodiscard]] task<detail::probe_message> next(duration within, caf::type_id_list expected);
  [[nodiscard]] task<detail::probe_message> next_until(time_point deadline, caf::type_id_list expected);
  [[nodiscard]] static task<time_point> deadline_after(duration within);

  std::shared_ptr<detail::probe_state> state_;
  caf::actor actor_;
};

} // namespace actors::testing
