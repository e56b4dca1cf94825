#include <actors/http/response_stream.hpp>

#include <actors/core/error.hpp>
#include <actors/http/internal/client_exchange.hpp>

#include <algorithm>
#include <utility>

namespace actors::http {

using step = internal::client_exchange::step;

namespace {

void require(const std::unique_ptr<internal::client_exchange>& exchange) {
  if (!exchange)
    throw misuse_error("an empty response stream (default-constructed or moved from) was used");
}

} // namespace

response_stream::response_stream() noexcept = default;

response_stream::response_stream(std::unique_ptr<internal::client_exchange> exchange, std::size_t redirects) noexcept
    : exchange_(std::move(exchange)), redirects_(redirects) {}

response_stream::response_stream(response_stream&&) noexcept = default;
response_stream& response_stream::operator=(response_stream&&) noexcept = default;
response_stream::~response_stream() = default;

const response& response_stream::head() const {
  require(exchange_);
  return exchange_->head();
}

const http::url& response_stream::url() const {
  require(exchange_);
  return exchange_->target();
}

std::optional<std::uint64_t> response_stream::content_length() const noexcept {
  return exchange_ ? exchange_->content_length() : std::nullopt;
}

void response_stream::limit_body(std::uint64_t bytes) noexcept {
  if (exchange_)
    exchange_->limit_body(bytes);
}

task<std::string_view> response_stream::read_some() {
  require(exchange_);
  for (;;) {
    const auto next = exchange_->advance();
    if (next != step::wait)
      co_return next == step::piece ? exchange_->piece() : std::string_view{};
    co_await exchange_->fill();
  }
}

task<std::string> response_stream::read_all() {
  require(exchange_);
  // A server may announce what it never sends.
  constexpr std::uint64_t max_reserved = std::uint64_t{1} << 20;
  std::string body;
  body.reserve(static_cast<std::size_t>(std::min(exchange_->content_length().value_or(0), max_reserved)));
  for (;;) {
    const auto next = exchange_->advance();
    if (next == step::end)
      co_return body;
    if (next == step::piece)
      body.append(exchange_->piece());
    else
      co_await exchange_->fill();
  }
}

task<response> response_stream::read_response() {
  auto body = co_await read_all();
  auto result = std::move(exchange_->head());
  result.set_body(std::move(body));
  co_return result;
}

void response_stream::close() noexcept {
  if (exchange_)
    exchange_->abandon();
}

} // namespace actors::http
