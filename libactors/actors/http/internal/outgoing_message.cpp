#include <actors/http/internal/outgoing_message.hpp>

#include <actors/core/error.hpp>
#include <actors/core/printable_text.hpp>
#include <actors/http/internal/websocket_deflate.hpp>

namespace actors::http::internal {

outgoing_message::outgoing_message(ws_message message, audience who)
    : message_(std::move(message)), forms_(who == audience::many ? std::make_unique<forms>() : nullptr) {
  if (!message_.is_text())
    return;
  if (const auto at = find_invalid_utf8(message_.data()))
    throw misuse_error("a WebSocket text that is to be sent is not UTF-8 at byte " + std::to_string(*at));
}

const std::string& outgoing_message::frame() const {
  const std::scoped_lock guard{forms_->mutex};
  if (forms_->plain.empty())
    append_frame(forms_->plain, {code(), true, 0}, data());
  return forms_->plain;
}

const std::string& outgoing_message::compressed_frame(int bits, int level) const {
  const std::scoped_lock guard{forms_->mutex};
  auto& form = forms_->compressed.at(static_cast<std::size_t>(bits) - 8);
  if (form.empty()) {
    std::string payload;
    message_deflater{bits, level}.compress(data(), payload);
    append_frame(form, {code(), true, compressed_bit}, payload);
  }
  return form;
}

} // namespace actors::http::internal
