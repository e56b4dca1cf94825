#include <actors/http/request_decoding.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/content_decoder.hpp>
#include <actors/http/internal/exchange.hpp>
#include <actors/net/stream.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace actors::http {

namespace {

using internal::content_decoder;
using internal::decode_event;

response refusal(const error& why) {
  const auto code = status_for(why.kind());
  std::string text = std::to_string(http::code(code));
  text.append(" ").append(reason_phrase(code)).append(": ").append(why.what()).append("\n");
  response answer{code, std::move(text), "text/plain; charset=utf-8"};
  if (code == status::unsupported_media_type)
    answer.set("Accept-Encoding", content_decoder::accepted);
  return answer;
}

void forget_coding(request& what) {
  what.fields().remove("Content-Encoding");
  what.fields().remove("Content-Length");
}

/// Decodes on until the end, or until the output is longer than `enough`; true at the end.
bool decode_some(content_decoder& decoder, std::string_view& input, std::string& output, std::size_t enough) {
  while (output.size() <= enough) {
    auto event = decoder.next(input);
    if (event == decode_event::more)
      event = decoder.finish();
    if (event == decode_event::data)
      output.append(decoder.piece());
    else if (event == decode_event::end)
      return true;
    else
      throw error{decoder.kind(), decoder.message()};
  }
  return false;
}

task<void> decode_body(request& what, std::uint64_t max_size) {
  content_decoder decoder{what.fields(), max_size};
  if (!decoder.is_identity()) {
    constexpr std::size_t enough_for_a_worker = std::size_t{64} * 1024;
    const auto body = std::move(what.body());
    std::string_view input = body;
    std::string output;
    // Much input may be no output at all, such as a million empty members of gzip.
    const bool is_little = body.size() <= enough_for_a_worker;
    if (!is_little || !decode_some(decoder, input, output, enough_for_a_worker)) {
      auto call = to_thread([&decoder, &input, &output] {
        static_cast<void>(decode_some(decoder, input, output, std::string::npos - 1));
      });
      co_await call;
    }
    what.set_body(std::move(output));
  }
  forget_coding(what);
}

/// For handlers that get the whole request.
class decoded_call {
public:
  decoded_call(handler inner, decode_options options) : inner_(std::move(inner)), options_(options) {}

  task<response> operator()(request&& what) const { return run(std::move(what)); }

private:
  task<response> run(request what) const {
    if (what.fields().contains("Content-Encoding")) {
      std::optional<response> refused;
      try {
        co_await decode_body(what, options_.max_size());
      } catch (const error& why) {
        refused = refusal(why);
      }
      if (refused)
        co_return std::move(*refused);
    }
    const auto& function = inner_.function();
    if (function.form() == detail::handler_form::plain)
      co_return function.answer(std::move(what));
    co_return co_await function.answer_later(std::move(what));
  }

  handler inner_;
  decode_options options_;
};

/// Stands between a handler that reads its request and the connection.
class decoding_filter final : public internal::exchange_filter {
public:
  decoding_filter(server_exchange& under, std::uint64_t max_size)
      : exchange_filter(under), head_(under.head()), decoder_(head_.fields(), max_size) {
    forget_coding(head_);
  }

  [[nodiscard]] const request& head() const noexcept override { return head_; }

  task<std::string_view> read_body() override {
    for (;;) {
      // Little input may be much output, and then nothing else would ever make this task wait.
      auto event = decode_event::more;
      if (pieces_ < pieces_in_a_row) {
        event = decoder_.next(input_);
      } else {
        pieces_ = 0;
        auto call = to_thread([this] { return decoder_.next(input_); });
        event = co_await call;
      }
      switch (event) {
      case decode_event::data:
        ++pieces_;
        co_return decoder_.piece();
      case decode_event::more:
        break;
      default:
        fail();
      }
      if (!at_end_)
        input_ = co_await under().read_some();
      if (!input_.empty())
        continue;
      at_end_ = true;
      if (decoder_.finish() == decode_event::failed)
        fail();
      co_return std::string_view{};
    }
  }

  task<std::string> read_whole_body() override {
    std::string result;
    for (;;) {
      const auto piece = co_await read_body();
      if (piece.empty())
        co_return result;
      result.append(piece);
    }
  }

  task<void> send(response answer) override {
    answered_ = true;
    return under().send(std::move(answer));
  }

  task<void> start(response head) override {
    answered_ = true;
    return under().start(std::move(head));
  }

  task<std::unique_ptr<net::stream>> upgrade(response head) override {
    answered_ = true;
    return under().upgrade(std::move(head));
  }

  /// Whether an error of the handler is one of the decoder that nobody has answered.
  [[nodiscard]] bool must_refuse() const noexcept { return failed_ && !answered_; }

private:
  static constexpr int pieces_in_a_row = 16;

  [[noreturn]] void fail() {
    failed_ = true;
    throw error{decoder_.kind(), decoder_.message()};
  }

  request head_;
  content_decoder decoder_;
  std::string_view input_; // read and not decoded
  int pieces_ = 0;         // since the pool was last used
  bool at_end_ = false;
  bool failed_ = false;
  bool answered_ = false;
};

class decoded_exchange {
public:
  decoded_exchange(handler inner, decode_options options) : inner_(std::move(inner)), options_(options) {}

  task<void> operator()(server_exchange& x) const {
    if (!x.head().fields().contains("Content-Encoding")) {
      co_await inner_.function().serve(x);
      co_return;
    }
    std::optional<decoding_filter> filter;
    std::optional<response> refused;
    try {
      filter.emplace(x, options_.max_size());
    } catch (const error& why) {
      refused = refusal(why);
    }
    if (filter) {
      server_exchange inside{*filter};
      try {
        co_await inner_.function().serve(inside);
      } catch (const error& why) {
        if (!filter->must_refuse())
          throw;
        refused = refusal(why);
      }
    }
    if (refused)
      co_await x.send(std::move(*refused));
  }

private:
  handler inner_;
  decode_options options_;
};

} // namespace

handler decode_requests(handler inner, decode_options options) {
  if (inner.function().form() == detail::handler_form::exchange)
    return decoded_exchange{std::move(inner), options};
  return decoded_call{std::move(inner), options};
}

} // namespace actors::http
