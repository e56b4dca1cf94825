#include <actors/http/internal/upgraded_stream.hpp>

#include <actors/core/error.hpp>

#include <algorithm>
#include <utility>

namespace actors::http::internal {

// -- upgrade_link --------------------------------------------------------------------------------------------------------

void upgrade_link::attach(net::stream& stream) noexcept {
  const std::scoped_lock guard{mutex_};
  stream_ = &stream;
}

void upgrade_link::detach() noexcept {
  std::function<void()> dropped; // destroyed without the lock
  {
    const std::scoped_lock guard{mutex_};
    stream_ = nullptr;
    dropped.swap(on_stop_);
  }
  gone_.set();
}

void upgrade_link::cut() noexcept {
  const std::scoped_lock guard{mutex_};
  if (stream_ != nullptr)
    stream_->close();
}

void upgrade_link::on_stop(std::function<void()> what) {
  {
    const std::scoped_lock guard{mutex_};
    if (!stopping_) {
      on_stop_ = std::move(what);
      return;
    }
  }
  what();
}

void upgrade_link::begin_stop() {
  std::function<void()> what;
  {
    const std::scoped_lock guard{mutex_};
    stopping_ = true;
    what.swap(on_stop_);
  }
  if (what)
    what();
}

// -- upgraded_stream -----------------------------------------------------------------------------------------------------

namespace {

task<std::size_t> ready(std::size_t size) {
  co_return size;
}

} // namespace

upgraded_stream::upgraded_stream(std::unique_ptr<net::stream> inner, std::string early,
                                 std::shared_ptr<upgrade_link> link)
    : inner_(std::move(inner)), early_(std::move(early)), link_(std::move(link)) {
  link_->attach(*inner_);
}

upgraded_stream::~upgraded_stream() {
  link_->detach();
}

void upgraded_stream::close() noexcept {
  inner_->close();
  link_->detach();
}

std::size_t upgraded_stream::take_early(std::span<char> buffer) {
  if (buffer.empty())
    throw misuse_error("a read into an empty buffer: it could not be told from the end of the stream");
  const auto size = early_.copy(buffer.data(), buffer.size(), taken_);
  taken_ += size;
  if (taken_ == early_.size()) {
    std::string{}.swap(early_);
    taken_ = 0;
  }
  return size;
}

task<std::size_t> upgraded_stream::read_some(std::span<char> buffer) {
  if (!early_.empty())
    return ready(take_early(buffer));
  return inner_->read_some(buffer);
}

std::optional<std::size_t> upgraded_stream::try_read_some(std::span<char> buffer) {
  if (!early_.empty())
    return take_early(buffer);
  return inner_->try_read_some(buffer);
}

} // namespace actors::http::internal
