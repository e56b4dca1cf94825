#pragma once

#include <actors/core/task.hpp>
#include <actors/http/compression.hpp>
#include <actors/web/middleware.hpp>

#include <memory>

/// Compresses replies with Brotli or gzip for clients that accept it:
///
///     app.use(compression{});
///     app.use(compression{http::compress_options{}.codings({"gzip"}).min_size(500)});
///
/// Replies in pieces are compressed piece by piece, each flushed, so that events arrive when they are sent. What is
/// compressed and what is left alone, and what to beware of (BREACH), is told in http/compression.hpp.
///
/// Put it inside of what looks at bodies or their sizes, such as an access log. Threads: big bodies are compressed in
/// the blocking pool.
namespace actors::web {

class compression {
public:
  explicit compression(http::compress_options options = {})
      : options_(std::make_shared<const http::compress_options>(std::move(options))) {}

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  std::shared_ptr<const http::compress_options> options_;
};

} // namespace actors::web
