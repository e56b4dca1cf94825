#pragma once

#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace actors::detail {

/// One call of a service. A caller numbers its own calls, so one number alone stands for many.
struct call_key {
  const caf::actor_control_block* caller;
  std::uint64_t id;

  friend bool operator==(const call_key&, const call_key&) = default;
};

struct call_key_hash {
  std::size_t operator()(const call_key& key) const noexcept {
    return std::hash<const void*>{}(key.caller) ^ (std::hash<std::uint64_t>{}(key.id) * 0x9e3779b97f4a7c15U);
  }
};

} // namespace actors::detail
