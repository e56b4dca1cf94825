#include <actors/supervise/circuit_breaker.hpp>

#include <actors/supervise/internal/call_window.hpp>
#include <actors/supervise/internal/settings.hpp>

#include <mutex>

namespace actors::supervise {

/// Reads the options for the circuit.
class circuit_breaker_access {
public:
  explicit circuit_breaker_access(const circuit_options& options) noexcept : options_(&options) {}

  [[nodiscard]] const std::string& name() const noexcept { return options_->name_; }

  [[nodiscard]] bool counts(const std::exception_ptr& error) const {
    return !options_->filter_ || options_->filter_(error);
  }

  void tell(const circuit_event& event) const {
    if (options_->handler_)
      options_->handler_(event);
  }

  [[nodiscard]] internal::call_window make_window() const {
    return options_->window_calls_ != 0 ? internal::call_window::of_calls(options_->window_calls_)
                                        : internal::call_window::of_time(options_->window_);
  }

  [[nodiscard]] bool too_many(std::uint64_t calls, std::uint64_t failures) const noexcept {
    if (options_->rate_ == 0)
      return failures >= options_->failures_;
    return calls >= options_->at_least_ &&
           static_cast<double>(failures) >= options_->rate_ * static_cast<double>(calls);
  }

  [[nodiscard]] duration open_for() const noexcept { return options_->open_for_; }

  [[nodiscard]] std::size_t probes() const noexcept { return options_->probes_; }

private:
  const circuit_options* options_;
};

namespace detail {

class circuit {
public:
  explicit circuit(circuit_options options)
      : options_(std::move(options)), window_(circuit_breaker_access{options_}.make_window()) {}

  [[nodiscard]] std::uint64_t enter(time_point now) {
    std::optional<circuit_event> event;
    std::uint64_t result = 0;
    {
      const std::scoped_lock guard{mutex_};
      if (state_ == circuit_state::open) {
        if (now < open_until_)
          throw open_circuit_error{settings().name(), open_until_, open_until_ - now};
        event = change(circuit_state::half_open, nullptr);
      }
      if (state_ == circuit_state::half_open) {
        if (probing_ + probed_ >= settings().probes())
          throw open_circuit_error{settings().name(), now, duration::zero()};
        ++probing_;
      }
      result = generation_;
    }
    tell(event);
    return result;
  }

  void leave(std::uint64_t generation, bool failed, const std::exception_ptr& error, time_point now) {
    const bool counts = failed && settings().counts(error);
    std::optional<circuit_event> event;
    {
      const std::scoped_lock guard{mutex_};
      // It began before the last change.
      if (generation != generation_)
        return;
      if (state_ == circuit_state::half_open) {
        --probing_;
        if (counts)
          event = open(now, error);
        else if (++probed_ >= settings().probes())
          event = change(circuit_state::closed, nullptr);
      } else {
        window_.add(counts, now);
        if (counts && settings().too_many(window_.calls(now), window_.failures(now)))
          event = open(now, error);
      }
    }
    tell(event);
  }

  void forget(std::uint64_t generation) noexcept {
    const std::scoped_lock guard{mutex_};
    if (generation == generation_ && state_ == circuit_state::half_open)
      --probing_;
  }

  void trip(time_point now) {
    std::optional<circuit_event> event;
    {
      const std::scoped_lock guard{mutex_};
      event = open(now, nullptr);
    }
    tell(event);
  }

  void reset() {
    std::optional<circuit_event> event;
    {
      const std::scoped_lock guard{mutex_};
      window_.clear();
      if (state_ != circuit_state::closed)
        event = change(circuit_state::closed, nullptr);
    }
    tell(event);
  }

  [[nodiscard]] circuit_state state() const {
    const std::scoped_lock guard{mutex_};
    return state_;
  }

private:
  [[nodiscard]] circuit_breaker_access settings() const noexcept { return circuit_breaker_access{options_}; }

  // Handlers run without the lock: they may look at the circuit.
  void tell(const std::optional<circuit_event>& event) const {
    if (event)
      settings().tell(*event);
  }

  circuit_event change(circuit_state to, const std::exception_ptr& error) {
    const circuit_event result{state_, to, error};
    state_ = to;
    ++generation_;
    probing_ = probed_ = 0;
    window_.clear();
    return result;
  }

  circuit_event open(time_point now, const std::exception_ptr& error) {
    open_until_ = saturating_add(now, settings().open_for());
    return change(circuit_state::open, error);
  }

  const circuit_options options_;
  mutable std::mutex mutex_;
  internal::call_window window_;
  circuit_state state_ = circuit_state::closed;
  time_point open_until_;
  std::uint64_t generation_ = 0;
  std::size_t probing_ = 0;
  std::size_t probed_ = 0;
};

} // namespace detail

std::string_view to_string(circuit_state state) noexcept {
  switch (state) {
  case circuit_state::closed:
    return "closed";
  case circuit_state::open:
    return "open";
  case circuit_state::half_open:
    return "half open";
  }
  return "unknown";
}

open_circuit_error::open_circuit_error(std::string_view name, time_point retry_at, duration retry_after)
    : std::runtime_error("'" + std::string{name} + "' is open: " +
                         (retry_after > duration::zero() ? "try again in " + internal::seconds(retry_after)
                                                         : std::string{"probes are under way"})),
      retry_at_(retry_at), retry_after_(retry_after) {}

circuit_options& circuit_options::failures(std::uint64_t value) {
  if (value == 0)
    throw std::invalid_argument("circuit breaker: failures must be at least 1");
  failures_ = value;
  rate_ = 0;
  return *this;
}

circuit_options& circuit_options::failure_rate(double share, std::uint64_t at_least) {
  if (!(share > 0) || share > 1)
    throw std::invalid_argument("circuit breaker: the failure rate must be above 0 and at most 1, not " +
                                std::to_string(share));
  if (at_least == 0)
    throw std::invalid_argument("circuit breaker: a failure rate needs at least 1 call");
  rate_ = share;
  at_least_ = at_least;
  return *this;
}

circuit_options& circuit_options::window(duration length) {
  internal::require_positive("circuit breaker", "the window", length);
  window_ = length;
  window_calls_ = 0;
  return *this;
}

circuit_options& circuit_options::window_of_calls(std::size_t count) {
  if (count == 0)
    throw std::invalid_argument("circuit breaker: the window must hold at least 1 call");
  window_calls_ = count;
  return *this;
}

circuit_options& circuit_options::open_for(duration value) {
  internal::require_positive("circuit breaker", "open_for", value);
  open_for_ = value;
  return *this;
}

circuit_options& circuit_options::probes(std::size_t value) {
  if (value == 0)
    throw std::invalid_argument("circuit breaker: there must be at least 1 probe");
  probes_ = value;
  return *this;
}

circuit_breaker::call::~call() {
  if (circuit_)
    circuit_->forget(generation_);
}

void circuit_breaker::call::succeeded(time_point now) {
  if (const auto circuit = std::exchange(circuit_, nullptr))
    circuit->leave(generation_, false, nullptr, now);
}

void circuit_breaker::call::failed(const std::exception_ptr& error, time_point now) {
  if (const auto circuit = std::exchange(circuit_, nullptr))
    circuit->leave(generation_, true, error, now);
}

circuit_breaker::circuit_breaker(circuit_options options)
    : circuit_(std::make_shared<detail::circuit>(std::move(options))) {}

circuit_breaker::call circuit_breaker::enter(time_point now) const {
  const auto generation = circuit_->enter(now);
  return {circuit_, generation};
}

circuit_state circuit_breaker::state() const {
  return circuit_->state();
}

void circuit_breaker::trip(time_point now) const {
  circuit_->trip(now);
}

void circuit_breaker::reset() const {
  circuit_->reset();
}

} // namespace actors::supervise
