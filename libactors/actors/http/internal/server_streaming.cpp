// The part of server_connection that serves handlers which read and write bodies in pieces.

#include <actors/core/error.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/server_connection.hpp>
#include <actors/http/internal/trace_fields.hpp>
#include <actors/net/error.hpp>

#include <charconv>
#include <string>
#include <utility>

namespace actors::http::internal {

namespace {

/// A body that a handler did not want is read up to here for the sake of the connection.
constexpr std::size_t max_skipped = std::size_t{256} * 1024;

/// The length that the handler announces.
std::optional<std::uint64_t> announced_length(const response& head) {
  const auto text = head.get("Content-Length");
  if (!text)
    return std::nullopt;
  std::uint64_t size = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), size);
  if (problem != std::errc{} || end != text->data() + text->size())
    throw error{errc::bad_framing, "Content-Length of an answer is not a number"};
  return size;
}

} // namespace

task<void> server_connection::call_exchange() {
  answer_ = answer_state::none;
  body_error_.reset();
  body_late_ = false;
  if (has_output()) {
    flush_wanted_ = true;
    nudge_later();
  }
  takes_trailers_ = request_.fields().has_token("TE", "trailers");
  server_exchange exchange{*this};
  request_scope traced{*context(), request_};
  std::exception_ptr problem;
  begin_handler();
  try {
    co_await core_->handler_function().serve(exchange);
  } catch (const cancelled&) {
    if (client_gone_)
      static_cast<void>(take_expiry());
    if (context()->cancel_requests() > 0) {
      traced.failed(std::current_exception());
      if (upgraded_)
        upgraded_->cut();
      log_access(true);
      throw;
    }
    problem = std::current_exception();
  } catch (const net::net_error&) {
    // Ours, if the stream is gone; the connection ends in any case.
    if (upgraded_ || !stream_->is_open()) {
      traced.failed(std::current_exception());
      log_access(true);
      throw;
    }
    problem = std::current_exception();
  } catch (...) {
    problem = std::current_exception();
  }
  end_handler();
  if (upgraded_) {
    if (problem) {
      log_end_of_handler(problem);
      traced.answered(sent_status_, problem);
    }
    co_await wait_for_upgraded();
    co_return;
  }
  if (client_gone_) {
    static_cast<void>(take_expiry());
    if (problem)
      traced.failed(problem);
    log_access(true);
    keep_alive_ = in_body_ = false;
    stream_->close();
    co_return;
  }
  if (problem && answer_ == answer_state::none && body_error_) {
    static_cast<void>(on_failure(*body_error_, describe(problem)));
    traced.answered(sent_status_, problem);
    co_return;
  }
  if (problem && answer_ == answer_state::none && body_late_) {
    static_cast<void>(on_late());
    traced.answered(sent_status_, problem);
    co_return;
  }
  if (!problem && answer_ == answer_state::none)
    problem = std::make_exception_ptr(misuse_error("the handler returned without an answer"));
  if (!problem && answer_ == answer_state::begun && sends_body_ && body_left_ > 0)
    problem = std::make_exception_ptr(
        misuse_error("the handler returned " + std::to_string(body_left_) + " bytes short of its Content-Length"));
  if (!problem) {
    end_answer();
  } else if (answer_ == answer_state::none) {
    append_failure(problem);
  } else {
    log_end_of_handler(problem);
  }
  traced.answered(sent_status_, problem);
  log_access(problem && answer_ == answer_state::begun);
  if (problem && answer_ != answer_state::none) {
    if (answer_ == answer_state::begun) {
      // The client must see that something is missing, so the end of the body must not come.
      keep_alive_ = in_body_ = false;
      co_await flush();
      stream_->close();
      co_return;
    }
  }
  if (in_body_)
    co_await skip_body();
  parser_.recycle(std::move(request_));
}

/// The stream may outlive the handler; until it is gone the connection counts as one of the server.
task<void> server_connection::wait_for_upgraded() {
  try {
    co_await upgraded_->gone();
  } catch (const cancelled&) {
    upgraded_->cut();
    throw;
  }
}

/// Reads a short rest of the request's body; a long one costs the connection.
task<void> server_connection::skip_body() {
  const auto left = parser_.content_length().value_or(0);
  const bool is_worth_it = keep_alive_ && !continue_wanted_ && !body_error_ && left <= max_skipped;
  std::size_t skipped = 0;
  while (is_worth_it && skipped <= max_skipped) {
    std::string_view piece;
    try {
      piece = co_await read_body();
    } catch (const error&) {
      break;
    } catch (const timeout_error&) {
      break;
    }
    if (!in_body_)
      co_return;
    skipped += piece.size();
  }
  in_body_ = keep_alive_ = false;
  must_linger_ = true;
}

task<std::string_view> server_connection::read_body() {
  if (!in_body_)
    co_return std::string_view{};
  if (std::exchange(continue_wanted_, false)) {
    out_.text().append(continue_answer);
    co_await flush();
  }
  for (;;) {
    switch (parser_.next(input_)) {
    case parse_event::body:
      co_return parser_.body();
    case parse_event::complete:
      in_body_ = false;
      co_return std::string_view{};
    case parse_event::failed:
      body_error_ = parser_.failure().kind;
      throw error{parser_.failure().kind, parser_.failure().message};
    default:
      break;
    }
    fit_buffer();
    set_read_deadline();
    std::size_t size = 0;
    try {
      if (auto* const source = at_end_ ? nullptr : stream_->input()) {
        std::optional<std::size_t> got = read_now(*source);
        while (!got) {
          co_await net::detail::input_awaiter{*source};
          got = read_now(*source);
        }
        size = *got;
      } else if (!at_end_) {
        size = co_await stream_->read_some(buffer_.room());
      }
    } catch (const cancelled&) {
      end_read();
      if (!take_expiry())
        throw;
      body_late_ = true;
      throw timeout_error("the client was silent or too slow for too long inside the body");
    } catch (...) {
      end_read();
      throw;
    }
    end_read();
    if (size == 0) {
      body_error_ = errc::truncated;
      throw error{errc::truncated, "the client closed the connection inside the body"};
    }
    received(size);
  }
}

task<std::string> server_connection::read_whole_body() {
  std::string result;
  for (;;) {
    const auto piece = co_await read_body();
    if (piece.empty())
      co_return result;
    result.append(piece);
  }
}

task<void> server_connection::send(response answer) {
  if (answer_ != answer_state::none)
    throw misuse_error("a second answer to one request");
  append(std::move(answer));
  answer_ = answer_state::done;
  if (!flush_now())
    co_await flush();
}

task<void> server_connection::start(response head) {
  if (answer_ != answer_state::none)
    throw misuse_error("a second answer to one request");
  sends_body_ = sends_body(head.status(), method_);
  const auto length = announced_length(head);
  body_left_ = 0;
  if (is_bodiless(head.status())) {
    framing_ = framing_of(head, method_);
  } else if (length) {
    framing_ = body_framing::sized(*length);
    body_left_ = *length;
  } else if (version_ == version::http_1_1) {
    framing_ = body_framing::chunked();
  } else {
    framing_ = body_framing::until_close();
    keep_alive_ = false;
  }
  const field_survey found{head.fields()};
  append_head(out_.text(), head, found, framing_, standing_fields(found), note_for(head, found));
  sent_status_ = head.status();
  sent_bytes_ = 0;
  answer_ = answer_state::begun;
  // Sent with the first piece, unless that is long in coming.
  flush_wanted_ = true;
  nudge_later();
  co_return;
}

task<void> server_connection::write(std::string_view piece) {
  if (answer_ != answer_state::begun)
    throw misuse_error("a piece of a body that was not begun");
  if (!sends_body_ || piece.empty())
    co_return;
  const bool is_chunked = framing_.what() == body_framing::kind::chunked;
  if (framing_.what() == body_framing::kind::sized) {
    if (piece.size() > body_left_)
      throw misuse_error("a body longer than its Content-Length");
    body_left_ -= piece.size();
  }
  sent_bytes_ += piece.size();
  if (is_chunked)
    append_chunk_header(out_.text(), piece.size());
  if (piece.size() <= flush_size) {
    out_.text().append(piece);
  } else {
    co_await flush();
    if (tls_ == nullptr)
      piece.remove_prefix(stream_->try_write_some(piece));
    co_await write_rest(piece);
  }
  if (is_chunked)
    out_.text().append("\r\n");
  if (!flush_now())
    co_await flush();
}

task<std::unique_ptr<net::stream>> server_connection::upgrade(response head) {
  if (answer_ != answer_state::none)
    throw misuse_error("a second answer to one request");
  if (version_ != version::http_1_1)
    throw misuse_error("HTTP/1.0 cannot be left for another protocol");
  while (in_body_) {
    // The end of the request is known with its head when there is no body.
    if (parser_.next(input_) != parse_event::complete)
      throw misuse_error("a request with a body cannot leave HTTP");
    in_body_ = false;
  }
  const field_survey found{head.fields()};
  append_head(out_.text(), head, found, body_framing::none(), standing_fields(found), connection_note::none);
  sent_status_ = head.status();
  answer_ = answer_state::done;
  keep_alive_ = false;
  co_await flush();
  end_handler(); // nobody but the stream's owner reads from here on
  log_access(false);
  auto link = std::make_shared<upgrade_link>();
  upgraded_peer_ = stream_->peer();
  auto result = std::make_unique<upgraded_stream>(std::move(stream_), std::string{input_}, link);
  upgraded_ = std::move(link);
  input_ = {};
  buffer_.release();
  out_.release();
  if (core_->stopping())
    upgraded_->begin_stop();
  co_return result;
}

void server_connection::on_server_stop(std::function<void()> what) {
  if (upgraded_)
    upgraded_->on_stop(std::move(what));
  else if (core_->stopping())
    what();
  else
    on_stop_ = std::move(what); // this worker is told, so there is no race
}

task<void> server_connection::finish(fields trailers) {
  if (answer_ != answer_state::begun)
    throw misuse_error("the end of a body that was not begun");
  if (sends_body_ && body_left_ > 0)
    throw misuse_error("a body that is finished " + std::to_string(body_left_) + " bytes short of its Content-Length");
  if (sends_body_ && framing_.what() == body_framing::kind::chunked) {
    if (takes_trailers_)
      append_last_chunk(out_.text(), trailers);
    else
      append_last_chunk(out_.text());
  }
  answer_ = answer_state::done;
  if (!flush_now())
    co_await flush();
}

void server_connection::end_answer() {
  flush_wanted_ = false;
  if (answer_ == answer_state::begun && sends_body_ && framing_.what() == body_framing::kind::chunked)
    append_last_chunk(out_.text());
}

} // namespace actors::http::internal
