// The part of server_connection that makes answers and writes them.

#include <actors/core/detail/exception_cast.hpp>
#include <actors/core/detail/io_worker.hpp>
#include <actors/core/error.hpp>
#include <actors/http/date.hpp>
#include <actors/http/internal/server_connection.hpp>
#include <actors/http/websocket_error.hpp>
#include <actors/net/error.hpp>

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace actors::http::internal {

namespace {

/// What is logged for a client that has left before it was answered, as nginx does.
constexpr auto client_closed = static_cast<status>(499);

/// Date and Server are the same for a second in all answers of a server: once a thread and not once a connection, so
/// that many connections do not each bring theirs into the cache. Valid until the next call of the thread.
[[gnu::noinline]] std::string_view standing_text(const std::string& server_name) {
  struct standing {
    std::time_t second = -1;
    std::string server_name;
    std::string text;
  };

  thread_local standing kept;
  if (const auto now = std::time(nullptr); now != kept.second || server_name != kept.server_name) {
    auto text = format_date(std::chrono::sys_seconds{std::chrono::seconds{now}});
    if (!server_name.empty())
      text.append("\r\nServer: ").append(server_name);
    kept = {now, server_name, std::move(text)};
  }
  return kept.text;
}

} // namespace

// -- writing -----------------------------------------------------------------------------------------------------------

/// True if all is written; keeps the rest.
bool server_connection::flush_now() {
  flush_wanted_ = false;
  if (!out_.empty()) {
    out_.took(stream_->try_write_some(out_.view()));
    if (!out_.empty())
      return false;
  }
  if (body_.empty())
    return true;
  if (const auto size = stream_->try_write_some(body_); size < body_.size()) {
    body_.erase(0, size);
    return false;
  }
  std::string{}.swap(body_);
  return true;
}

task<void> server_connection::flush() {
  flush_wanted_ = false; // a nudge must not write in the middle of this
  co_await write_rest(out_.view());
  out_.release();
  co_await write_rest(body_);
  std::string{}.swap(body_);
}

task<void> server_connection::write_rest(std::string_view data) {
  // It waits for little at a time, so that a slow client that does take bytes has time; what the system takes at once
  // may be much. TLS takes a record at once, and is quicker with more.
  const std::size_t waited_for = std::size_t{tls_ == nullptr ? 16U : 64U} * 1024;
  const std::size_t at_once = tls_ == nullptr ? std::size_t{256} * 1024 : 0;
  if (!data.empty())
    release_buffer();
  while (!data.empty()) {
    const auto piece = data.substr(0, waited_for);
    begin_wait(saturating_add(now(), core_->options().write_timeout()));
    try {
      co_await stream_->write_all(piece);
      data.remove_prefix(piece.size());
      data.remove_prefix(stream_->try_write_some(data.substr(0, at_once)));
    } catch (const cancelled&) {
      end_wait();
      if (!take_expiry())
        throw;
      throw net::net_error("write to", stream_->peer(), std::make_error_code(std::errc::timed_out));
    } catch (...) {
      end_wait();
      throw;
    }
  }
  if (own_wait_)
    end_wait();
}

// -- answers -----------------------------------------------------------------------------------------------------------

connection_note server_connection::note_for(const response& answer, const field_survey& found) {
  if (found.has_connection && answer.fields().has_token("Connection", "close"))
    keep_alive_ = false;
  if (keep_alive_ && core_->wants_end())
    keep_alive_ = false;
  if (!keep_alive_)
    return connection_note::close;
  return version_ == version::http_1_0 ? connection_note::keep_alive : connection_note::none;
}

/// The value of Date with, as part of it, the Server field.
std::string_view server_connection::standing_fields(const field_survey& found) const {
  constexpr std::size_t date_size = 29;
  const auto all = standing_text(core_->options().server_name());
  return found.has_server ? all.substr(0, date_size) : all;
}

void server_connection::append(response&& answer) {
  sent_status_ = answer.status();
  const field_survey found{answer.fields()};
  append_head(out_.text(), answer, found, framing_of(answer, method_), standing_fields(found), note_for(answer, found));
  if (!sends_body(answer.status(), method_)) {
    sent_bytes_ = 0;
    return;
  }
  sent_bytes_ = answer.body().size();
  if (answer.body().size() <= flush_size)
    out_.text().append(answer.body());
  else
    body_ = std::move(answer.body());
}

void server_connection::append_error(status code, std::string_view problem) {
  const bool was = std::exchange(keep_alive_, false);
  std::string text = std::to_string(http::code(code));
  text.append(" ").append(reason_phrase(code));
  if (!problem.empty())
    text.append(": ").append(problem);
  text.append("\n");
  append(response{code, std::move(text), "text/plain; charset=utf-8"});
  keep_alive_ = was;
}

std::string_view server_connection::scheme() const noexcept {
  return tls_ != nullptr ? "https" : "http";
}

void server_connection::begin_access(const request& head) {
  if (!access_)
    access_ = std::make_unique<access_state>();
  auto& event = access_->event;
  event.when = std::chrono::system_clock::now();
  event.peer = stream_->peer();
  if (core_->options().proxies())
    if (auto origin = origin_of(head))
      event.peer = std::move(origin->client);
  event.method = method_;
  event.target = target_;
  event.version = version_;
  event.host = head.get("Host").value_or("");
  event.referer = head.get("Referer").value_or("");
  event.user_agent = head.get("User-Agent").value_or("");
  sent_status_ = client_closed;
  sent_bytes_ = 0;
  access_->begun = now();
  access_->is_open = true;
}

void server_connection::log_open_access(bool is_aborted) {
  auto& event = access_->event;
  event.status = sent_status_;
  event.sent = sent_bytes_;
  event.is_aborted = is_aborted;
  event.took = now() - access_->begun;
  access_->is_open = false;
  core_->options().access_log()(event);
}

void server_connection::append_failure(const std::exception_ptr& error) {
  log_failure(describe(error));
  append(response{status::internal_server_error, "500 Internal Server Error\n", "text/plain; charset=utf-8"});
}

void server_connection::log_end_of_handler(const std::exception_ptr& error) const {
  const auto* const failure = actors::detail::exception_cast<websocket_error>(error);
  const bool was_told =
      failure != nullptr && answer_ == answer_state::done && (upgraded_ || failure->kind() == websocket_errc::refused);
  if (!was_told)
    log_failure(describe(error));
  else if (failure->kind() != websocket_errc::disconnected) // that one has gone without a word is not worth one
    log_failure(failure->what(), log_level::info);          // what clients do
}

void server_connection::log_failure(std::string_view problem, log_level level) const {
  std::string text{http::to_string(method_)};
  text.append(" ").append(target_).append(" failed: ").append(problem);
  core_->log(*context()).write({level, "http", text});
}

} // namespace actors::http::internal
