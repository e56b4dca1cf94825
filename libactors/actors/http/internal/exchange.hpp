#pragma once

#include <actors/core/task.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/message.hpp>
#include <actors/http/server_exchange.hpp>
#include <actors/net/stream.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http::internal {

/// What a `server_exchange` speaks to: the connection, or a filter between it and a handler.
class exchange {
public:
  exchange() = default;
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  [[nodiscard]] virtual const request& head() const noexcept = 0;
  [[nodiscard]] virtual std::string peer() const = 0;
  [[nodiscard]] virtual const net::tls_stream* tls() const noexcept = 0;
  [[nodiscard]] virtual task<std::string_view> read_body() = 0;
  [[nodiscard]] virtual task<std::string> read_whole_body() = 0;
  [[nodiscard]] virtual task<void> send(response answer) = 0;
  [[nodiscard]] virtual task<void> start(response head) = 0;
  [[nodiscard]] virtual task<void> write(std::string_view piece) = 0;
  [[nodiscard]] virtual task<void> finish(fields trailers) = 0;
  [[nodiscard]] virtual const fields& trailers() const noexcept = 0;
  [[nodiscard]] virtual task<std::unique_ptr<net::stream>> upgrade(response head) = 0;
  virtual void on_server_stop(std::function<void()> what) = 0;

protected:
  ~exchange() = default;
};

/// A handler's exchange that hands all on to another one. What a wrapper changes, it overrides.
class exchange_filter : public exchange {
public:
  explicit exchange_filter(server_exchange& under) noexcept : under_(&under) {}

  [[nodiscard]] const request& head() const noexcept override { return under_->head(); }

  [[nodiscard]] std::string peer() const override { return under_->peer(); }

  [[nodiscard]] const net::tls_stream* tls() const noexcept override { return under_->tls(); }

  [[nodiscard]] task<std::string_view> read_body() override { return under_->read_some(); }

  [[nodiscard]] task<std::string> read_whole_body() override { return under_->read_all(); }

  [[nodiscard]] task<void> send(response answer) override { return under_->send(std::move(answer)); }

  [[nodiscard]] task<void> start(response head) override { return under_->start(std::move(head)); }

  [[nodiscard]] task<void> write(std::string_view piece) override { return under_->write(piece); }

  [[nodiscard]] task<void> finish(fields trailers) override { return under_->finish(std::move(trailers)); }

  [[nodiscard]] const fields& trailers() const noexcept override { return under_->trailers(); }

  [[nodiscard]] task<std::unique_ptr<net::stream>> upgrade(response head) override {
    return under_->upgrade(std::move(head));
  }

  void on_server_stop(std::function<void()> what) override { under_->on_server_stop(std::move(what)); }

protected:
  ~exchange_filter() = default;

  [[nodiscard]] server_exchange& under() noexcept { return *under_; }

private:
  server_exchange* under_;
};

} // namespace actors::http::internal
