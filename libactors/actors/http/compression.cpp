#include <actors/http/compression.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/exchange.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/response_compressor.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace actors::http {

namespace {

using settings_ptr = std::shared_ptr<const compress_options>;

/// For handlers that return their answers.
class compressed_call {
public:
  compressed_call(handler inner, settings_ptr options) : inner_(std::move(inner)), options_(std::move(options)) {}

  task<response> operator()(request&& what) const { return run(std::move(what)); }

private:
  // By value: the caller's goes with the call.
  task<response> run(request what) const {
    response_compressor packer{what, options_};
    const auto& function = inner_.function();
    response answer;
    if (function.form() == detail::handler_form::plain)
      answer = function.answer(std::move(what));
    else
      answer = co_await function.answer_later(std::move(what));
    co_return co_await packer.whole(std::move(answer));
  }

  handler inner_;
  settings_ptr options_;
};

/// Stands between a handler that writes its answer and the connection.
class compressing_filter final : public internal::exchange_filter {
public:
  compressing_filter(server_exchange& under, settings_ptr options)
      : exchange_filter(under), packer_(under.head(), std::move(options)) {}

  task<void> send(response answer) override {
    auto packed = co_await packer_.whole(std::move(answer));
    co_await under().send(std::move(packed));
  }

  task<void> start(response head) override {
    packer_.begin(head);
    return under().start(std::move(head));
  }

  task<void> write(std::string_view piece) override {
    if (!packer_.is_active())
      return under().write(piece);
    return write_packed(piece);
  }

  task<void> finish(fields trailers) override {
    co_await end_body();
    co_await under().finish(std::move(trailers));
  }

  /// To be called when the handler has returned.
  task<void> end_body() {
    if (!packer_.is_active())
      co_return;
    const auto packed = co_await packer_.end();
    co_await under().write(packed);
  }

private:
  task<void> write_packed(std::string_view piece) {
    const auto packed = co_await packer_.piece(piece);
    co_await under().write(packed);
  }

  response_compressor packer_;
};

class compressed_exchange {
public:
  compressed_exchange(handler inner, settings_ptr options) : inner_(std::move(inner)), options_(std::move(options)) {}

  task<void> operator()(server_exchange& x) const {
    compressing_filter filter{x, options_};
    server_exchange inside{filter};
    co_await inner_.function().serve(inside);
    co_await filter.end_body();
  }

private:
  handler inner_;
  settings_ptr options_;
};

} // namespace

compress_options& compress_options::codings(std::vector<std::string> value) {
  for (const auto& name : value)
    if (name != "br" && name != "gzip")
      throw error{errc::invalid_value, "content coding " + internal::quoted(name) + "; known are br and gzip"};
  codings_ = std::move(value);
  return *this;
}

handler compress(handler inner, compress_options options) {
  auto shared = std::make_shared<const compress_options>(std::move(options));
  if (inner.function().form() == detail::handler_form::exchange)
    return compressed_exchange{std::move(inner), std::move(shared)};
  return compressed_call{std::move(inner), std::move(shared)};
}

} // namespace actors::http
