#pragma once

#include <actors/core/detail/call_key.hpp>
#include <actors/core/fwd.hpp>

#include <caf/mailbox_element.hpp>

#include <list>
#include <unordered_map>

namespace actors::detail {

/// What arrived before a service had started, in the order in which it came. Calls among it are found by their caller's
/// number, so that many callers who give up cost no more each than one.
class early_messages {
public:
  struct entry {
    caf::mailbox_element_ptr element;
    time_point arrival;
  };

  void add(caf::mailbox_element& element, time_point now);

  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  [[nodiscard]] entry take_first();

  /// The call of that number, which then does not wait any more; without an element if there is none.
  [[nodiscard]] entry take(const call_key& key);

  [[nodiscard]] std::list<entry> take_all() noexcept;

private:
  using position = std::list<entry>::iterator;

  [[nodiscard]] entry take_at(position at);

  std::list<entry> entries_;
  std::unordered_map<call_key, position, call_key_hash> calls_;
};

} // namespace actors::detail
