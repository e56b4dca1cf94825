#include <actors/http/websocket_options.hpp>

#include <actors/core/error.hpp>
#include <actors/http/internal/ascii.hpp>

#include <string>

namespace actors::http {

namespace {

int checked(int value, int low, int high, const char* what) {
  if (value < low || value > high)
    throw misuse_error(std::string{what} + " of permessage-deflate is " + std::to_string(value) + ", outside of " +
                       std::to_string(low) + " … " + std::to_string(high));
  return value;
}

} // namespace

deflate_options& deflate_options::server_max_window_bits(int value) {
  return set(server_bits_, checked(value, 8, 15, "server_max_window_bits"));
}

deflate_options& deflate_options::client_max_window_bits(int value) {
  return set(client_bits_, checked(value, 8, 15, "client_max_window_bits"));
}

deflate_options& deflate_options::level(int value) {
  return set(level_, checked(value, 1, 9, "the level"));
}

websocket_options& websocket_options::protocols(std::vector<std::string> value) {
  for (const auto& protocol : value)
    if (!internal::consists_of(internal::token_char, protocol))
      throw misuse_error("the WebSocket sub-protocol \"" + protocol + "\" is not a token");
  protocols_ = std::move(value);
  return *this;
}

websocket_options& websocket_options::slow_reader_code(close_code value) {
  if (!can_be_sent(value))
    throw misuse_error("the close code " + std::to_string(static_cast<int>(value)) + " cannot be sent");
  slow_code_ = value;
  return *this;
}

} // namespace actors::http
