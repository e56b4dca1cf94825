#pragma once

#include <actors/core/task.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Bodies of requests that are made while they are sent: from files, from other streams, from whatever a coroutine
/// computes.
///
///     auto upload = co_await file_body("backup.tar");
///     auto answer = co_await web.send("http://example.com/backup", request{method::put, "/"}, std::move(upload));
///
/// The sender pulls: nothing is asked for before the last piece is on its way, so a slow server slows the source. A
/// source of a known size is sent with Content-Length and must give exactly so many bytes, else the request fails with
/// `misuse_error`; any other is sent chunked.
///
/// Ownership: whoever sends owns the source. Threads: one call at a time, in a task of the sender's. Cancellation: the
/// call under way is cancelled when the response has come early, or nobody waits for it any more. `client::send` waits
/// for its end; after `client::open` it may come a moment after the end of the stream, so there a source must not refer
/// to what can be gone then.
///
/// Errors: what a source throws ends the request and comes out of the sending call, unchanged.
///
/// @snippet examples/http.cpp bodies
namespace actors::http {

class body_source {
public:
  body_source() = default;
  body_source(const body_source&) = delete;
  body_source& operator=(const body_source&) = delete;
  virtual ~body_source() = default;

  /// How many bytes there will be, where that is known.
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const { return std::nullopt; }

  /// The next piece, empty at the end. Valid until the next call.
  [[nodiscard]] virtual task<std::string_view> read_some() = 0;

  /// Begins again, for a redirect that repeats the request, an answer to a challenge, or a retry; false if the source
  /// cannot do that.
  [[nodiscard]] virtual bool rewind() { return false; }
};

/// A text.
[[nodiscard]] std::unique_ptr<body_source> text_body(std::string text);

/// What a callable gives; an empty string ends it.
[[nodiscard]] std::unique_ptr<body_source> pulled_body(std::function<task<std::string>()> next);

/// A file, read in pieces of 64 KiB. Its size is asked for now: what is added later is not sent, and a file that
/// shrinks meanwhile fails the request. Errors: `fs::file_error`.
[[nodiscard]] task<std::unique_ptr<body_source>> file_body(std::filesystem::path path);

} // namespace actors::http
