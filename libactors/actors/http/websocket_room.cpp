#include <actors/http/websocket_room.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace actors::http {

/// Where a member stands in the list, under the room's lock.
struct websocket_room::membership::place {
  websocket_sender who;
  std::size_t index = 0;
};

struct websocket_room::membership::room_state {
  std::mutex mutex;
  std::vector<std::shared_ptr<place>> members;

  outcome send(const prepared_message& message, const websocket_sender* except) {
    outcome result;
    const std::scoped_lock guard{mutex};
    for (const auto& member : members) {
      if (except != nullptr && member->who == *except)
        continue;
      switch (member->who.post(message)) {
      case post_result::queued:
        ++result.queued;
        break;
      case post_result::dropped:
      case post_result::full:
        ++result.missed;
        break;
      case post_result::closed:
        break;
      }
    }
    return result;
  }
};

websocket_room::websocket_room() : state_(std::make_shared<membership::room_state>()) {}

websocket_room::membership websocket_room::join(websocket_sender who) {
  membership result;
  result.room_ = state_;
  result.place_ = std::make_shared<membership::place>();
  result.place_->who = std::move(who);
  const std::scoped_lock guard{state_->mutex};
  result.place_->index = state_->members.size();
  state_->members.push_back(result.place_);
  return result;
}

websocket_room::outcome websocket_room::broadcast(const prepared_message& message) const {
  return state_->send(message, nullptr);
}

websocket_room::outcome websocket_room::broadcast(const prepared_message& message,
                                                  const websocket_sender& except) const {
  return state_->send(message, &except);
}

std::size_t websocket_room::size() const {
  const std::scoped_lock guard{state_->mutex};
  return state_->members.size();
}

// -- membership ----------------------------------------------------------------------------------------------------------

websocket_room::membership::membership(membership&& other) noexcept
    : room_(std::exchange(other.room_, nullptr)), place_(std::exchange(other.place_, nullptr)) {}

websocket_room::membership& websocket_room::membership::operator=(membership&& other) noexcept {
  membership moved{std::move(other)};
  std::swap(room_, moved.room_);
  std::swap(place_, moved.place_);
  return *this;
}

websocket_room::membership::~membership() {
  leave();
}

void websocket_room::membership::leave() noexcept {
  const auto room = std::exchange(room_, nullptr);
  if (!room)
    return;
  const std::scoped_lock guard{room->mutex};
  // The last one takes the free place.
  auto& members = room->members;
  const auto index = place_->index;
  members.back()->index = index;
  std::swap(members[index], members.back());
  members.pop_back();
}

} // namespace actors::http
