#pragma once

#include <actors/http/websocket.hpp>

#include <cstddef>
#include <memory>

/// A room: everything that is said in it goes to all WebSockets that are in it.
///
///     websocket_room room;
///     auto here = room.join(socket.sender());             // leaves when it goes
///     while (auto message = co_await socket.receive())
///       room.broadcast(prepared_message{*std::move(message)});
///
/// A message is encoded, and compressed, once for all; what a broadcast does for each member is to put it into that
/// member's queue and to wake who writes it, on the member's own worker. It never waits: what happens with a member
/// whose queue is full is for its connection's `when_full` to say, and with `slow_reader::wait` that member misses the
/// message.
///
/// Ownership: copies stand for the same room. Membership ends with its object, or with the connection. Threads: all
/// members may be called from any task and thread; the messages of one sender reach every member in order.
namespace actors::http {

class websocket_room {
public:
  websocket_room();

  /// One connection's place in a room.
  class membership {
  public:
    membership() = default;
    membership(membership&& other) noexcept;
    membership& operator=(membership&& other) noexcept;
    ~membership();

    void leave() noexcept;

  private:
    friend class websocket_room;
    struct room_state;
    struct place;

    std::shared_ptr<room_state> room_;
    std::shared_ptr<place> place_;
  };

  [[nodiscard]] membership join(websocket_sender who);

  /// What became of a message.
  struct outcome {
    std::size_t queued = 0;
    std::size_t missed = 0; ///< dropped, or no room
  };

  /// Sends to all members; to all but one.
  outcome broadcast(const prepared_message& message) const;
  outcome broadcast(const prepared_message& message, const websocket_sender& except) const;

  [[nodiscard]] std::size_t size() const;

private:
  std::shared_ptr<membership::room_state> state_;
};

} // namespace actors::http
