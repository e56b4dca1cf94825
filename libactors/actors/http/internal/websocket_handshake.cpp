#include <actors/http/internal/websocket_handshake.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/base64.hpp>
#include <actors/http/url.hpp>

#include <openssl/evp.h>

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace actors::http::internal {

namespace {

constexpr std::size_t key_size = 16;

/// Whether the text is 16 bytes in base64.
bool is_key(std::string_view text) {
  const auto bytes = base64_decode(text);
  return bytes && bytes->size() == key_size;
}

handshake_verdict refuse(status code, std::string problem) {
  handshake_verdict verdict;
  verdict.answer = response{code, std::to_string(http::code(code)) + " " + problem + "\n", "text/plain; charset=utf-8"};
  verdict.problem = std::move(problem);
  return verdict;
}

/// Whether the page that asks may do so.
bool is_allowed_origin(const request& what, const websocket_options& options) {
  if (options.any_origin() || what.fields().count("Origin") == 0)
    return true;
  if (what.fields().count("Origin") > 1)
    return false;
  const auto origin = *what.get("Origin");
  const auto& allowed = options.origins();
  if (!allowed.empty())
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) { return iequals(one, origin); });
  const auto parsed = url::try_parse(origin);
  return parsed && parsed->is_http() && iequals(parsed->authority(), what.get("Host").value_or(""));
}

std::string choose_protocol(const request& what, const websocket_options& options) {
  const auto offered = what.fields().list("Sec-WebSocket-Protocol");
  for (const auto& ours : options.protocols())
    if (std::find(offered.begin(), offered.end(), ours) != offered.end())
      return ours;
  return {};
}

} // namespace

std::string accept_key(std::string_view key) {
  std::string text{key};
  text.append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    throw std::bad_alloc{};
  return base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

std::string make_key() {
  std::array<char, key_size> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::system_category(), "random bytes for a WebSocket");
  return base64_encode({bytes.data(), bytes.size()});
}

handshake_verdict judge_handshake(const request& what, const websocket_options& options) {
  const auto& fields = what.fields();
  if (what.version() != version::http_1_1)
    return refuse(status::bad_request, "a WebSocket needs HTTP/1.1");
  if (what.method() != method::get) {
    auto verdict = refuse(status::method_not_allowed, "a WebSocket is opened with GET");
    verdict.answer.set("Allow", "GET");
    return verdict;
  }
  if (!fields.has_token("Upgrade", "websocket") || !fields.has_token("Connection", "upgrade")) {
    auto verdict = refuse(status::upgrade_required, "this is for WebSockets");
    verdict.answer.set("Upgrade", "websocket").set("Connection", "Upgrade").set("Sec-WebSocket-Version", "13");
    return verdict;
  }
  if (fields.count("Sec-WebSocket-Version") != 1 || what.get("Sec-WebSocket-Version") != "13") {
    auto verdict = refuse(status::upgrade_required, "only version 13 of WebSocket is spoken");
    verdict.answer.set("Sec-WebSocket-Version", "13").set("Upgrade", "websocket").set("Connection", "Upgrade");
    return verdict;
  }
  const auto key = what.get("Sec-WebSocket-Key").value_or("");
  if (fields.count("Sec-WebSocket-Key") != 1 || !is_key(key))
    return refuse(status::bad_request, "Sec-WebSocket-Key is not 16 bytes in base64");
  if (fields.contains("Content-Length") && what.get("Content-Length") != "0")
    return refuse(status::bad_request, "a WebSocket is opened without a body");
  if (fields.contains("Transfer-Encoding"))
    return refuse(status::bad_request, "a WebSocket is opened without a body");
  if (!is_allowed_origin(what, options))
    return refuse(status::forbidden, "pages of this origin may not connect");
  handshake_verdict verdict;
  verdict.agreed.protocol = choose_protocol(what, options);
  if (options.require_protocol() && verdict.agreed.protocol.empty())
    return refuse(status::bad_request, "none of the sub-protocols is spoken");
  verdict.answer = response{status::switching_protocols};
  verdict.answer.set("Upgrade", "websocket").set("Connection", "Upgrade").set("Sec-WebSocket-Accept", accept_key(key));
  if (!verdict.agreed.protocol.empty())
    verdict.answer.set("Sec-WebSocket-Protocol", verdict.agreed.protocol);
  if (options.compression()) {
    verdict.agreed.deflate = choose_deflate(fields, *options.compression());
    if (verdict.agreed.deflate)
      verdict.answer.set("Sec-WebSocket-Extensions", accept_deflate(*verdict.agreed.deflate));
  }
  return verdict;
}

void set_handshake_fields(request& what, const websocket_options& options, std::string_view key) {
  what.set("Upgrade", "websocket").set("Connection", "Upgrade").set("Sec-WebSocket-Version", "13");
  what.set("Sec-WebSocket-Key", key);
  what.fields().remove("Sec-WebSocket-Protocol");
  std::string protocols;
  for (const auto& protocol : options.protocols())
    protocols.append(protocols.empty() ? "" : ", ").append(protocol);
  if (!protocols.empty())
    what.set("Sec-WebSocket-Protocol", protocols);
  what.fields().remove("Sec-WebSocket-Extensions");
  if (options.compression())
    what.set("Sec-WebSocket-Extensions", offer_deflate(*options.compression()));
}

websocket_agreement check_answer(const response& answer, const websocket_options& options, std::string_view key,
                                 std::string& problem) {
  const auto& fields = answer.fields();
  websocket_agreement agreed;
  if (!fields.has_token("Upgrade", "websocket") || !fields.has_token("Connection", "upgrade")) {
    problem = "the server's 101 is not for WebSocket";
    return agreed;
  }
  if (fields.count("Sec-WebSocket-Accept") != 1 || answer.get("Sec-WebSocket-Accept") != accept_key(key)) {
    problem = "Sec-WebSocket-Accept does not answer our key";
    return agreed;
  }
  agreed.deflate = read_deflate(fields, options.compression(), problem);
  if (!problem.empty())
    return agreed;
  const auto& offered = options.protocols();
  if (fields.contains("Sec-WebSocket-Protocol")) {
    agreed.protocol = *answer.get("Sec-WebSocket-Protocol");
    if (fields.count("Sec-WebSocket-Protocol") != 1 ||
        std::find(offered.begin(), offered.end(), agreed.protocol) == offered.end())
      problem = "the server uses a sub-protocol that was not offered";
  } else if (options.require_protocol()) {
    problem = "the server speaks none of our sub-protocols";
  }
  return agreed;
}

} // namespace actors::http::internal
