#include <actors/http/server_exchange.hpp>

#include <actors/http/internal/exchange.hpp>

#include <utility>

namespace actors::http {

const request& server_exchange::head() const noexcept {
  return exchange_->head();
}

std::string server_exchange::peer() const {
  return exchange_->peer();
}

const net::tls_stream* server_exchange::tls() const noexcept {
  return exchange_->tls();
}

task<std::string_view> server_exchange::read_some() {
  return exchange_->read_body();
}

task<std::string> server_exchange::read_all() {
  return exchange_->read_whole_body();
}

task<void> server_exchange::send(response answer) {
  return exchange_->send(std::move(answer));
}

task<void> server_exchange::start(response head) {
  return exchange_->start(std::move(head));
}

task<void> server_exchange::write(std::string_view piece) {
  return exchange_->write(piece);
}

task<void> server_exchange::finish(fields trailers) {
  return exchange_->finish(std::move(trailers));
}

const fields& server_exchange::trailers() const noexcept {
  return exchange_->trailers();
}

task<std::unique_ptr<net::stream>> server_exchange::upgrade(response head) {
  return exchange_->upgrade(std::move(head));
}

void server_exchange::on_server_stop(std::function<void()> what) {
  exchange_->on_server_stop(std::move(what));
}

} // namespace actors::http
