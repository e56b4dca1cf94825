#include <actors/net/stream_reader.hpp>

#include <actors/core/error.hpp>

#include <algorithm>
#include <utility>

namespace actors::net {

namespace {

constexpr std::size_t chunk_size = std::size_t{16} * 1024;

std::string how_far(std::size_t got, std::size_t expected) {
  auto text = "after " + std::to_string(got);
  if (expected > 0)
    text += " of " + std::to_string(expected);
  return text + " bytes";
}

} // namespace

incomplete_read::incomplete_read(std::string_view peer, std::string partial, std::size_t expected)
    : net_error("read from", peer, errc::end_of_stream, how_far(partial.size(), expected)),
      partial_(std::make_shared<const std::string>(std::move(partial))), expected_(expected) {}

stream_reader::stream_reader(stream& source, std::size_t limit) : source_(&source), limit_(limit) {
  if (limit == 0)
    throw misuse_error("a stream_reader needs a limit above zero");
}

task<bool> stream_reader::fill() {
  if (ended_)
    co_return false;
  chunk_.resize(chunk_size);
  const auto count = co_await source_->read_some(chunk_);
  ended_ = count == 0;
  // What was given out goes now and then, so that each byte is moved once at most.
  if (begin_ > 0 && begin_ >= buffer_.size() - begin_) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  buffer_.append(chunk_, 0, count);
  co_return !ended_;
}

std::string stream_reader::take(std::size_t count) {
  std::string result{buffered().substr(0, count)};
  drop(count);
  return result;
}

void stream_reader::drop(std::size_t count) {
  begin_ += count;
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  }
}

std::string stream_reader::take_buffered() {
  return take(buffered().size());
}

void stream_reader::throw_too_long(std::string_view what, std::size_t limit) const {
  throw net_error(what, source_->peer(), errc::too_long, "more than " + std::to_string(limit) + " bytes");
}

task<std::string> stream_reader::read_some(std::size_t count) {
  if (count == 0)
    co_return std::string{};
  if (buffered().empty())
    static_cast<void>(co_await fill());
  co_return take(std::min(count, buffered().size()));
}

task<std::string> stream_reader::read_exactly(std::size_t count) {
  while (buffered().size() < count) {
    const bool more = co_await fill();
    if (!more)
      throw incomplete_read(source_->peer(), take_buffered(), count);
  }
  co_return take(count);
}

task<std::string> stream_reader::read_until(std::string mark) {
  if (mark.empty())
    throw misuse_error("read_until needs a mark");
  std::size_t searched = 0;
  for (;;) {
    const auto found = buffered().find(mark, searched);
    if (found != std::string_view::npos && found <= limit_) {
      auto result = take(found);
      drop(mark.size());
      co_return result;
    }
    if (found != std::string_view::npos || buffered().size() >= limit_ + mark.size())
      throw_too_long("find the mark in what comes from", limit_);
    // The mark may have begun in what was searched.
    searched = buffered().size() - std::min(buffered().size(), mark.size() - 1);
    const bool more = co_await fill();
    if (!more)
      throw incomplete_read(source_->peer(), take_buffered(), 0);
  }
}

task<std::optional<std::string>> stream_reader::read_line() {
  std::size_t searched = 0;
  for (;;) {
    const auto found = buffered().find('\n', searched);
    const bool whole = found != std::string_view::npos;
    auto length = whole ? found : buffered().size();
    // A "\r" at the end may be the first half of the line's end.
    if (length > 0 && buffered()[length - 1] == '\r')
      --length;
    if (dropping_line_) {
      drop(whole ? found + 1 : buffered().size());
      searched = 0;
      dropping_line_ = !whole;
      if (whole)
        continue;
    } else if (length > limit_) {
      drop(whole ? found + 1 : buffered().size());
      dropping_line_ = !whole;
      throw_too_long("read a line from", limit_);
    } else if (whole) {
      auto line = take(length);
      drop(found + 1 - length);
      co_return line;
    } else {
      searched = buffered().size();
    }
    const bool more = co_await fill();
    if (more)
      continue;
    dropping_line_ = false;
    if (buffered().empty())
      co_return std::nullopt;
    co_return take_buffered();
  }
}

task<std::string> stream_reader::read_all(std::size_t limit) {
  for (;;) {
    if (buffered().size() > limit)
      throw_too_long("read everything from", limit);
    const bool more = co_await fill();
    if (!more)
      co_return take_buffered();
  }
}

} // namespace actors::net
