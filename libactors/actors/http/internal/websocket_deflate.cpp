#include <actors/http/internal/websocket_deflate.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/spare_of_thread.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace actors::http::internal {

namespace {

constexpr std::string_view extension_name = "permessage-deflate";

/// What a flush ends with; not sent (RFC 7692 §7.2.1).
constexpr std::string_view flush_tail{"\0\0\xff\xff", 4};

/// The parameters of one offer or answer.
struct parameters {
  bool server_no_takeover = false;
  bool client_no_takeover = false;
  std::optional<int> server_bits;
  std::optional<int> client_bits;
  bool client_bits_bare = false; // without a value
};

/// 8 … 15 in decimal, without leading zeros; may be quoted.
std::optional<int> parse_bits(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  if (text.size() == 1 && (text[0] == '8' || text[0] == '9'))
    return text[0] - '0';
  if (text.size() == 2 && text[0] == '1' && text[1] >= '0' && text[1] <= '5')
    return 10 + (text[1] - '0');
  return std::nullopt;
}

std::string_view next_part(std::string_view& text) noexcept {
  const auto end = text.find(';');
  const auto part = trim(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return part;
}

bool set_flag(bool& flag, bool has_value) noexcept {
  return !has_value && !std::exchange(flag, true);
}

bool set_bits(std::optional<int>& bits, std::string_view value) noexcept {
  if (bits)
    return false;
  bits = parse_bits(value);
  return bits.has_value();
}

bool set_parameter(parameters& all, std::string_view name, bool has_value, std::string_view value) noexcept {
  if (name == "server_no_context_takeover")
    return set_flag(all.server_no_takeover, has_value);
  if (name == "client_no_context_takeover")
    return set_flag(all.client_no_takeover, has_value);
  if (name == "server_max_window_bits")
    return has_value && set_bits(all.server_bits, value);
  if (name != "client_max_window_bits")
    return false;
  if (all.client_bits_bare)
    return false;
  if (has_value)
    return set_bits(all.client_bits, value);
  all.client_bits_bare = !all.client_bits;
  return all.client_bits_bare;
}

/// Nothing for another extension, or for one with a parameter that is unknown, repeated or malformed.
std::optional<parameters> parse(std::string_view element) noexcept {
  if (!iequals(next_part(element), extension_name))
    return std::nullopt;
  parameters result;
  while (!element.empty()) {
    const auto part = next_part(element);
    const auto equals = part.find('=');
    const bool has_value = equals != std::string_view::npos;
    const auto value = has_value ? trim(part.substr(equals + 1)) : std::string_view{};
    if (!set_parameter(result, trim(part.substr(0, equals)), has_value, value))
      return std::nullopt;
  }
  return result;
}

void append_bits(std::string& out, std::string_view name, int bits) {
  if (bits < 15)
    out.append("; ").append(name).append("=").append(std::to_string(bits));
}

Bytef* bytes_of(std::string_view data) noexcept {
  // zlib's interface is not const-correct; it does not write to its input.
  return reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
}

uInt size_for_zlib(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

} // namespace

// -- agreement -----------------------------------------------------------------------------------------------------------

std::string offer_deflate(const deflate_options& ours) {
  std::string text{extension_name};
  if (!ours.server_context_takeover())
    text.append("; server_no_context_takeover");
  if (!ours.client_context_takeover())
    text.append("; client_no_context_takeover");
  append_bits(text, "server_max_window_bits", ours.server_max_window_bits());
  text.append("; client_max_window_bits");
  if (ours.client_max_window_bits() < 15)
    text.append("=").append(std::to_string(ours.client_max_window_bits()));
  return text;
}

std::optional<deflate_agreement> choose_deflate(const fields& request, const deflate_options& ours) {
  for (const auto element : request.list("Sec-WebSocket-Extensions")) {
    const auto offer = parse(element);
    if (!offer)
      continue;
    deflate_agreement agreed;
    agreed.server_takeover = ours.server_context_takeover() && !offer->server_no_takeover;
    agreed.client_takeover = ours.client_context_takeover() && !offer->client_no_takeover;
    agreed.server_bits = std::min(ours.server_max_window_bits(), offer->server_bits.value_or(15));
    // A client that does not say that it can limit its window must not be asked to.
    if (offer->client_bits_bare || offer->client_bits)
      agreed.client_bits = std::min(ours.client_max_window_bits(), offer->client_bits.value_or(15));
    return agreed;
  }
  return std::nullopt;
}

std::string accept_deflate(const deflate_agreement& agreed) {
  std::string text{extension_name};
  if (!agreed.server_takeover)
    text.append("; server_no_context_takeover");
  if (!agreed.client_takeover)
    text.append("; client_no_context_takeover");
  append_bits(text, "server_max_window_bits", agreed.server_bits);
  append_bits(text, "client_max_window_bits", agreed.client_bits);
  return text;
}

std::optional<deflate_agreement> read_deflate(const fields& response, const std::optional<deflate_options>& ours,
                                              std::string& problem) {
  const auto elements = response.list("Sec-WebSocket-Extensions");
  if (elements.empty())
    return std::nullopt;
  if (!ours) {
    problem = "the server uses an extension that was not offered";
    return std::nullopt;
  }
  const auto answer = elements.size() == 1 ? parse(elements.front()) : std::nullopt;
  if (!answer || answer->client_bits_bare) {
    problem = "the server uses extensions that were not offered, or in a way that is not allowed";
    return std::nullopt;
  }
  if (!ours->server_context_takeover() && !answer->server_no_takeover) {
    problem = "the server ignores server_no_context_takeover";
    return std::nullopt;
  }
  if (answer->server_bits.value_or(15) > ours->server_max_window_bits()) {
    problem = "the server uses a larger window than it was asked to";
    return std::nullopt;
  }
  deflate_agreement agreed;
  agreed.server_takeover = !answer->server_no_takeover;
  agreed.client_takeover = ours->client_context_takeover() && !answer->client_no_takeover;
  agreed.server_bits = answer->server_bits.value_or(15);
  agreed.client_bits = std::min(ours->client_max_window_bits(), answer->client_bits.value_or(15));
  return agreed;
}

// -- message_deflater ----------------------------------------------------------------------------------------------------

struct message_deflater::state {
  state(int for_bits, int for_level) : bits(for_bits), level(for_level) {
    // zlib has no raw window of 8 bits; with one of 9 it refers back 250 bytes at the most, which fits into 8.
    constexpr int memory_level = 8;
    if (deflateInit2(&stream, level, Z_DEFLATED, -std::max(bits, 9), std::min(memory_level, bits - 7 + 1),
                     Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc{};
  }

  state(const state&) = delete;
  state& operator=(const state&) = delete;

  ~state() { deflateEnd(&stream); }

  z_stream stream{};
  int bits;
  int level;
};

message_deflater::message_deflater(int bits, int level) : state_(spare_of_thread<std::unique_ptr<state>>::take()) {
  if (state_ && state_->bits == bits && state_->level == level)
    reset();
  else
    state_ = std::make_unique<state>(bits, level);
}

message_deflater::~message_deflater() {
  spare_of_thread<std::unique_ptr<state>>::give(std::move(state_));
}

void message_deflater::reset() noexcept {
  static_cast<void>(deflateReset(&state_->stream));
}

void message_deflater::compress(std::string_view message, std::string& out) {
  // A second flush with nothing in between writes nothing; this is an empty block without its end (RFC 7692 §7.2.3.6).
  if (message.empty()) {
    out.push_back('\0');
    return;
  }
  auto& stream = state_->stream;
  std::size_t used = out.size();
  for (;;) {
    const auto given = size_for_zlib(message.size());
    stream.next_in = bytes_of(message);
    stream.avail_in = given;
    const bool is_last = given == message.size();
    out.resize(std::max(used + message.size() / 4 + 64, out.size()));
    const auto room = size_for_zlib(out.size() - used);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = room;
    static_cast<void>(deflate(&stream, is_last ? Z_SYNC_FLUSH : Z_NO_FLUSH));
    used += room - stream.avail_out;
    message.remove_prefix(given - stream.avail_in);
    // A flush is complete when it leaves room.
    if (is_last && message.empty() && stream.avail_out > 0)
      break;
    if (used == out.size())
      out.resize(out.size() + out.size() / 2 + 64);
  }
  out.resize(used - flush_tail.size());
}

// -- message_inflater ----------------------------------------------------------------------------------------------------

struct message_inflater::state {
  explicit state(int bits) {
    if (inflateInit2(&stream, -bits) != Z_OK)
      throw std::bad_alloc{};
  }

  state(const state&) = delete;
  state& operator=(const state&) = delete;

  ~state() { inflateEnd(&stream); }

  z_stream stream{};
};

message_inflater::message_inflater(int bits) : state_(spare_of_thread<std::unique_ptr<state>>::take()) {
  if (!state_ || inflateReset2(&state_->stream, -bits) != Z_OK)
    state_ = std::make_unique<state>(bits);
}

message_inflater::~message_inflater() {
  spare_of_thread<std::unique_ptr<state>>::give(std::move(state_));
}

message_inflater::result message_inflater::feed(std::string_view piece, std::string& out, std::size_t limit) {
  auto& stream = state_->stream;
  // Not into `out` itself: room made there costs as much as data, and any number of final blocks may give nothing.
  std::array<char, std::size_t{16} * 1024> room;
  for (;;) {
    if (out.size() > limit)
      return result::too_large;
    const auto given = size_for_zlib(piece.size());
    stream.next_in = bytes_of(piece);
    stream.avail_in = given;
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = size_for_zlib(room.size());
    const int code = inflate(&stream, Z_SYNC_FLUSH);
    const auto added = room.size() - stream.avail_out;
    out.append(room.data(), added);
    piece.remove_prefix(given - stream.avail_in);
    if (code == Z_STREAM_END) {
      // A final block does not end the message (RFC 7692 §7.2.3.5); what follows may refer to what was before.
      if (inflateResetKeep(&stream) != Z_OK)
        return result::corrupt;
      continue;
    }
    if (code != Z_OK && code != Z_BUF_ERROR)
      return result::corrupt;
    if (added < room.size() && piece.empty())
      return out.size() > limit ? result::too_large : result::ok;
    if (code == Z_BUF_ERROR && added == 0 && given == stream.avail_in)
      return piece.empty() ? result::ok : result::corrupt;
  }
}

message_inflater::result message_inflater::finish(std::string& out, std::size_t limit) {
  return feed(flush_tail, out, limit);
}

} // namespace actors::http::internal
