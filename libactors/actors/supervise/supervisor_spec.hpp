#pragma once

#include <actors/core/fwd.hpp>
#include <actors/supervise/backoff.hpp>
#include <actors/supervise/child_event.hpp>
#include <actors/supervise/child_spec.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What a supervisor is to do: its strategy, its limits, its children in the order in which they start.
///
/// A value: every supervisor started from it, and every restart of a nested one, begins with these children. Children
/// that are added at run time are not part of it.
///
/// Errors: `std::invalid_argument` for an empty name and for a period that is not above zero. Two children of one name
/// are found when the supervisor is spawned. Defaults are those of Erlang/OTP: one_for_one, at most 1 restart in 5
/// seconds.
///
/// @snippet examples/supervision.cpp supervisor
namespace actors::supervise {

/// Who is started again with a child that has failed.
enum class strategy : std::uint8_t {
  one_for_one,  ///< nobody
  one_for_all,  ///< all: the others are stopped in reverse order, then all start in order
  rest_for_one, ///< those that were started after it: stopped in reverse order, then it and they start in order
};

/// Which significant children, when they end by themselves and are not started again, end the supervisor.
enum class auto_shutdown : std::uint8_t {
  never,
  any_significant, ///< the first
  all_significant, ///< the last
};

/// How many restarts are too many: more than `restarts` within `period`.
class restart_intensity {
public:
  /// 1 in 5 seconds.
  restart_intensity() = default;

  /// With 0 restarts the first child that would be started again makes the supervisor give up.
  restart_intensity(std::size_t restarts, duration period);

  [[nodiscard]] static restart_intensity unlimited() noexcept;

  [[nodiscard]] bool is_unlimited() const noexcept { return unlimited_; }

  [[nodiscard]] std::size_t restarts() const noexcept { return restarts_; }

  [[nodiscard]] duration period() const noexcept { return period_; }

private:
  std::size_t restarts_ = 1;
  duration period_ = std::chrono::seconds{5};
  bool unlimited_ = false;
};

class supervisor_spec {
public:
  using event_handler = std::function<void(const child_event&)>;

  explicit supervisor_spec(std::string name, supervise::strategy how = supervise::strategy::one_for_one);

  /// Appends a child.
  supervisor_spec& child(child_spec value) {
    children_.push_back(std::move(value));
    return *this;
  }

  supervisor_spec& intensity(std::size_t restarts, duration period) {
    intensity_ = restart_intensity{restarts, period};
    return *this;
  }

  supervisor_spec& intensity(const restart_intensity& value) noexcept {
    intensity_ = value;
    return *this;
  }

  /// Restarts for ever. Give the children a back-off: one that fails at once is restarted at once.
  supervisor_spec& unlimited_restarts() noexcept {
    intensity_ = restart_intensity::unlimited();
    return *this;
  }

  /// The delay before restarts of children that have none of their own. A child that was up for `stable_after` (by
  /// default the longest delay of the policy) begins again with the shortest.
  supervisor_spec& backoff(backoff_policy policy, std::optional<duration> stable_after = std::nullopt);

  /// What the delays are drawn from; by default a random one.
  supervisor_spec& seed(std::uint64_t value) noexcept {
    seed_ = value;
    return *this;
  }

  /// Stops all children at the same time when the supervisor ends, instead of in reverse order one after the other.
  supervisor_spec& stop_together() noexcept {
    stop_together_ = true;
    return *this;
  }

  supervisor_spec& auto_shutdown(supervise::auto_shutdown value) noexcept {
    auto_shutdown_ = value;
    return *this;
  }

  /// Called for every event, on the supervisor: it must not block. What it throws is logged.
  supervisor_spec& on_event(event_handler handler) {
    handlers_.push_back(std::move(handler));
    return *this;
  }

  /// Whether children that fail are logged as warnings, and giving up as an error; true by default.
  supervisor_spec& log_failures(bool value) noexcept {
    log_failures_ = value;
    return *this;
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  [[nodiscard]] supervise::strategy strategy() const noexcept { return strategy_; }

  [[nodiscard]] const std::vector<child_spec>& children() const noexcept { return children_; }

  [[nodiscard]] const restart_intensity& intensity() const noexcept { return intensity_; }

  [[nodiscard]] const std::optional<backoff_policy>& backoff() const noexcept { return backoff_; }

  [[nodiscard]] duration stable_after() const noexcept { return stable_after_; }

  [[nodiscard]] const std::optional<std::uint64_t>& seed() const noexcept { return seed_; }

  [[nodiscard]] bool stops_together() const noexcept { return stop_together_; }

  [[nodiscard]] supervise::auto_shutdown auto_shutdown() const noexcept { return auto_shutdown_; }

  [[nodiscard]] const std::vector<event_handler>& handlers() const noexcept { return handlers_; }

  [[nodiscard]] bool logs_failures() const noexcept { return log_failures_; }

  /// Throws `std::invalid_argument` for what does not fit together: two children of one name, or a significant child
  /// that is permanent or whose end would mean nothing.
  void check() const;

  /// The part of `check` about one child.
  void check(const child_spec& child) const;

private:
  std::string name_;
  std::vector<child_spec> children_;
  restart_intensity intensity_;
  std::optional<backoff_policy> backoff_;
  duration stable_after_ = duration::zero();
  std::optional<std::uint64_t> seed_;
  std::vector<event_handler> handlers_;
  supervise::strategy strategy_;
  supervise::auto_shutdown auto_shutdown_ = supervise::auto_shutdown::never;
  bool stop_together_ = false;
  bool log_failures_ = true;
};

/// A child that is a supervisor. It has the name of its specification, and as long to stop as it takes.
[[nodiscard]] child_spec supervisor_child(supervisor_spec spec);

} // namespace actors::supervise
