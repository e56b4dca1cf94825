#include <actors/web/internal/observed_reply.hpp>

#include <actors/core/this_task.hpp>

#include <exception>
#include <memory>
#include <string_view>
#include <utility>

namespace actors::web::internal {

namespace {

/// Shared by the copies of a body's function: the last one that goes tells the end of a body that nobody asked for.
class observation {
public:
  observation(const sent_reply& what, std::function<void(const sent_reply&)> then)
      : what_(what), then_(std::move(then)) {}

  observation(const observation&) = delete;
  observation& operator=(const observation&) = delete;

  ~observation() {
    if (then_)
      end(what_.when, true);
  }

  void count(std::size_t bytes) noexcept { what_.bytes += bytes; }

  void end(time_point now, bool is_aborted) {
    what_.when = now;
    what_.is_aborted = is_aborted;
    std::exchange(then_, nullptr)(what_);
  }

private:
  sent_reply what_;
  std::function<void(const sent_reply&)> then_;
};

class counting_writer final : public body_writer {
public:
  counting_writer(body_writer& to, observation& by) noexcept : to_(&to), by_(&by) {}

  task<void> write(std::string_view piece) override {
    co_await to_->write(piece);
    by_->count(piece.size());
  }

  task<void> finish(http::fields trailers) override { return to_->finish(std::move(trailers)); }

private:
  body_writer* to_;
  observation* by_;
};

task<void> write_observed(std::shared_ptr<observation> by, const reply::body_function& inner, body_writer& to) {
  counting_writer counted{to, *by};
  std::exception_ptr problem;
  try {
    co_await inner(counted);
  } catch (...) {
    problem = std::current_exception();
  }
  const auto now = (co_await this_task()).now();
  by->end(now, problem != nullptr);
  if (problem)
    std::rethrow_exception(problem);
}

} // namespace

void observe_reply(reply& answer, bool is_head, time_point now, std::function<void(const sent_reply&)> then) {
  sent_reply what{answer.head().status(), 0, now, false};
  if (!answer.is_streamed() || is_head) {
    what.bytes = is_head ? 0 : answer.head().body().size();
    then(what);
    return;
  }
  auto shared = std::make_shared<observation>(what, std::move(then));
  answer.body() = [shared = std::move(shared), inner = std::move(answer.body())](body_writer& to) {
    return write_observed(shared, inner, to);
  };
}

} // namespace actors::web::internal
