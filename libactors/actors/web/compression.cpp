#include <actors/web/compression.hpp>

#include <actors/http/response_compressor.hpp>

#include <string_view>
#include <utility>

namespace actors::web {

namespace {

class packing_writer final : public body_writer {
public:
  packing_writer(body_writer& to, http::response_compressor& by) noexcept : to_(&to), by_(&by) {}

  task<void> write(std::string_view piece) override {
    const auto packed = co_await by_->piece(piece);
    co_await to_->write(packed);
  }

  task<void> finish(http::fields trailers) override {
    co_await end();
    co_await to_->finish(std::move(trailers));
  }

  /// To be called when the body's function has returned.
  task<void> end() {
    if (!by_->is_active())
      co_return;
    const auto packed = co_await by_->end();
    co_await to_->write(packed);
  }

private:
  body_writer* to_;
  http::response_compressor* by_;
};

task<void> write_packed(std::shared_ptr<http::response_compressor> by, const reply::body_function& inner,
                        body_writer& to) {
  packing_writer packed{to, *by};
  co_await inner(packed);
  co_await packed.end();
}

} // namespace

task<reply> compression::operator()(context& c, next go_on) const {
  http::response_compressor packer{c.request(), options_};
  auto answer = co_await go_on(c);
  if (answer.is_taken_over())
    co_return answer;
  if (!answer.is_streamed()) {
    auto whole = co_await packer.whole(std::move(answer.head()));
    co_return reply{std::move(whole)};
  }
  packer.begin(answer.head());
  if (packer.is_active()) {
    auto shared = std::make_shared<http::response_compressor>(std::move(packer));
    answer.body() = [shared = std::move(shared), inner = std::move(answer.body())](body_writer& to) {
      return write_packed(shared, inner, to);
    };
  }
  co_return answer;
}

} // namespace actors::web
