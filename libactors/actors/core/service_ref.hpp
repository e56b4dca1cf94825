#pragma once

#include <actors/core/call_context.hpp>

#include <caf/actor.hpp>

#include <utility>

namespace actors {

/// The address of a service: an actor that understands `call_context`, here or on another node.
///
/// The type is the promise: `ask` sends the context (time left, call id, trace) to a `service_ref` and leaves it out
/// for a plain `caf::actor`. Address a service that was found by name or came in a message with the explicit
/// constructor.
///
/// Copies share the actor. It travels in messages.
class service_ref {
public:
  service_ref() = default;

  explicit service_ref(caf::actor actor) noexcept : actor_(std::move(actor)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(actor_); }

  /// The actor, for CAF code: services accept plain messages too.
  [[nodiscard]] const caf::actor& actor() const noexcept { return actor_; }

  friend bool operator==(const service_ref& a, const service_ref& b) noexcept { return a.actor_ == b.actor_; }

  template <class Inspector>
  friend bool inspect(Inspector& f, service_ref& x) {
    return f.object(x).fields(f.field("actor", x.actor_));
  }

private:
  caf::actor actor_;
};

} // namespace actors
