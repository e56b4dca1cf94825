#include <actors/core/detail/early_messages.hpp>

#include <actors/core/call_context.hpp>

#include <iterator>
#include <optional>
#include <utility>

namespace actors::detail {

namespace {

/// None for a message that is no call, or one that cannot be cancelled.
std::optional<call_key> key_of(const caf::mailbox_element& element) {
  const auto& content = element.payload;
  if (element.sender == nullptr || content.empty() || !content.match_element<call_context>(0))
    return std::nullopt;
  const auto id = content.get_as<call_context>(0).call_id;
  if (id == 0)
    return std::nullopt;
  return call_key{element.sender.get(), id};
}

} // namespace

void early_messages::add(caf::mailbox_element& element, time_point now) {
  const auto key = key_of(element);
  entries_.push_back({caf::make_mailbox_element(std::move(element.sender), element.mid, std::move(element.stages),
                                                std::move(element.payload)),
                      now});
  // A caller that uses a number twice breaks the rules, and can cancel only the first of the two.
  if (key)
    calls_.try_emplace(*key, std::prev(entries_.end()));
}

early_messages::entry early_messages::take_first() {
  return take_at(entries_.begin());
}

early_messages::entry early_messages::take(const call_key& key) {
  const auto found = calls_.find(key);
  return found == calls_.end() ? entry{} : take_at(found->second);
}

std::list<early_messages::entry> early_messages::take_all() noexcept {
  calls_.clear();
  return std::exchange(entries_, {});
}

early_messages::entry early_messages::take_at(position at) {
  if (const auto key = key_of(*at->element))
    if (const auto found = calls_.find(*key); found != calls_.end() && found->second == at)
      calls_.erase(found);
  auto taken = std::move(*at);
  entries_.erase(at);
  return taken;
}

} // namespace actors::detail
