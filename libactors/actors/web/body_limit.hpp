#pragma once

#include <actors/core/task.hpp>
#include <actors/web/middleware.hpp>

#include <cstdint>

/// Bounds the body of requests, below the server's own bound (http::server_options::max_body):
///
///     app.use(body_limit{64 * 1024});
///
/// One that announces more is answered with 413 before a byte of it is read; one that comes in chunks when more has
/// come, and is not kept beyond that. Of several bounds the lowest counts. Handlers that read the body by the context's
/// exchange count for themselves: only what is announced is bounded then.
namespace actors::web {

class body_limit {
public:
  explicit body_limit(std::uint64_t bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  std::uint64_t bytes_;
};

} // namespace actors::web
