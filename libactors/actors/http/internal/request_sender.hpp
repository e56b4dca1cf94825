#pragma once

#include <actors/core/fwd.hpp>
#include <actors/core/task.hpp>
#include <actors/http/client_error.hpp>
#include <actors/http/client_options.hpp>
#include <actors/http/internal/client_exchange.hpp>
#include <actors/http/internal/connection_pool.hpp>
#include <actors/http/internal/transport.hpp>
#include <actors/http/message.hpp>
#include <actors/http/url.hpp>
#include <actors/net/stream.hpp>

#include <memory>
#include <string_view>

namespace actors::http::internal {

[[nodiscard]] client_error make_client_error(client_errc kind, const request& what, const url& where,
                                             std::string_view problem);

/// A limit as messages name it: `250 ms`.
[[nodiscard]] std::string text_of(duration limit);

/// One request and its answer, on a connection of the pool or a new one.
class request_sender {
public:
  /// `decodes`: whether compressed bodies are to be decoded.
  request_sender(std::shared_ptr<const client_options> options, std::shared_ptr<connection_pool> pool,
                 std::shared_ptr<transport> opener, time_point deadline, bool decodes);

  /// The exchange up to the head of the response. A kept connection that the server had closed meanwhile is replaced,
  /// once, if the request can be sent again. The arguments must outlive the call.
  [[nodiscard]] task<std::unique_ptr<client_exchange>> send(const url& where, const request& what, outgoing_body* body);

  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

private:
  [[nodiscard]] task<connection_pool::lease> acquire(const url& where, const request& what);
  [[nodiscard]] task<void> connect(connection_pool::lease& lease, const url& where, const request& what);
  [[nodiscard]] task<std::unique_ptr<net::stream>> open_stream(const url& where, const request& what) const;
  [[nodiscard]] task<duration> time_left() const;
  [[nodiscard]] client_error late(const url& where, const request& what, std::string_view doing) const;

  std::shared_ptr<const client_options> options_;
  std::shared_ptr<connection_pool> pool_;
  std::shared_ptr<transport> transport_;
  time_point deadline_;
  bool decodes_;
};

} // namespace actors::http::internal
