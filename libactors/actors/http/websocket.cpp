#include <actors/http/websocket.hpp>

#include <actors/core/error.hpp>
#include <actors/core/printable_text.hpp>
#include <actors/http/internal/outgoing_message.hpp>
#include <actors/http/internal/websocket_core.hpp>
#include <actors/http/internal/websocket_handshake.hpp>

#include <exception>
#include <utility>

namespace actors::http {

using internal::outgoing_message;
using internal::websocket_core;

namespace {

internal::outgoing_ptr for_one(ws_message message) {
  return std::make_shared<const outgoing_message>(std::move(message), outgoing_message::audience::one);
}

close_status checked_status(close_code code, std::string reason) {
  constexpr std::size_t max_reason = 123;
  if (!can_be_sent(code))
    throw misuse_error("the close code " + std::to_string(static_cast<int>(code)) + " cannot be sent");
  if (reason.size() > max_reason || find_invalid_utf8(reason))
    throw misuse_error("the reason of a Close is not UTF-8 of at most 123 bytes");
  return {code, std::move(reason)};
}

websocket_core& checked(const std::shared_ptr<websocket_core>& core) {
  if (!core)
    throw misuse_error("a WebSocket that was moved from is used");
  return *core;
}

task<bool> send_nowhere() {
  throw websocket_error{websocket_errc::closed, "of nobody", "there is no connection"};
  co_return false;
}

} // namespace

// -- messages ------------------------------------------------------------------------------------------------------------

bool can_be_sent(close_code code) noexcept {
  const auto number = static_cast<int>(code);
  return (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1014) || (number >= 3000 && number <= 4999);
}

prepared_message::prepared_message(ws_message message)
    : shared_(std::make_shared<const outgoing_message>(std::move(message), outgoing_message::audience::many)) {}

std::size_t prepared_message::size() const noexcept {
  return shared_->size();
}

// -- websocket_sender ----------------------------------------------------------------------------------------------------

task<bool> websocket_sender::send(ws_message message) const {
  return core_ ? websocket_core::send(core_, for_one(std::move(message))) : send_nowhere();
}

task<bool> websocket_sender::send(prepared_message message) const {
  return core_ ? websocket_core::send(core_, std::move(message.shared_)) : send_nowhere();
}

post_result websocket_sender::post(ws_message message) const {
  return core_ ? core_->post(for_one(std::move(message))) : post_result::closed;
}

post_result websocket_sender::post(const prepared_message& message) const {
  return core_ ? core_->post(message.shared_) : post_result::closed;
}

void websocket_sender::begin_close(close_code code, std::string reason) const {
  const auto status = checked_status(code, std::move(reason));
  if (core_)
    core_->begin_close(status);
}

bool websocket_sender::is_open() const {
  return core_ && core_->is_open();
}

std::size_t websocket_sender::queued() const {
  return core_ ? core_->queued() : 0;
}

std::uint64_t websocket_sender::dropped() const {
  return core_ ? core_->dropped() : 0;
}

std::string websocket_sender::peer() const {
  return core_ ? core_->peer() : std::string{};
}

// -- websocket -----------------------------------------------------------------------------------------------------------

websocket& websocket::operator=(websocket&& other) noexcept {
  websocket moved{std::move(other)};
  std::swap(sender_, moved.sender_);
  return *this;
}

websocket::~websocket() {
  if (sender_.core_)
    sender_.core_->abandon(
        close_status{std::uncaught_exceptions() > 0 ? close_code::going_away : close_code::normal, {}});
}

task<std::optional<ws_message>> websocket::receive() {
  static_cast<void>(checked(sender_.core_));
  return websocket_core::receive(sender_.core_);
}

bool websocket::ping(std::string payload) {
  return checked(sender_.core_).ping(std::move(payload));
}

task<void> websocket::close(close_code code, std::string reason) {
  static_cast<void>(checked(sender_.core_));
  return websocket_core::close(sender_.core_, checked_status(code, std::move(reason)));
}

close_status websocket::peer_status() const {
  return checked(sender_.core_).peer_status();
}

const std::string& websocket::protocol() const {
  return checked(sender_.core_).protocol();
}

bool websocket::compresses() const {
  return checked(sender_.core_).deflate().has_value();
}

// -- the server's handshake ----------------------------------------------------------------------------------------------

task<websocket> accept_websocket(server_exchange& exchange, websocket_options options) {
  auto verdict = internal::judge_handshake(exchange.head(), options);
  if (!verdict.problem.empty()) {
    const auto code = verdict.answer.status();
    co_await exchange.send(std::move(verdict.answer));
    throw websocket_error{websocket_errc::refused, exchange.peer(), verdict.problem, code};
  }
  auto stream = co_await exchange.upgrade(std::move(verdict.answer));
  auto core = std::make_shared<websocket_core>(std::move(stream), internal::websocket_side::server, std::move(options),
                                               std::move(verdict.agreed), std::string{});
  core->start();
  exchange.on_server_stop([weak = std::weak_ptr<websocket_core>{core}] {
    if (const auto open = weak.lock())
      open->begin_close(close_status{close_code::going_away, "the server stops"});
  });
  co_return websocket{std::move(core)};
}

} // namespace actors::http
