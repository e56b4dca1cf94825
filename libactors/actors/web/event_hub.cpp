#include <actors/sync/event.hpp>
#include <actors/web/event_stream.hpp>

#include <algorithm>
#include <deque>
#include <mutex>
#include <random>
#include <string_view>
#include <vector>

namespace actors::web {

namespace internal {

/// Events with their numbers, and who waits for more. Readers are positions: the number of the next event.
class event_hub_state {
public:
  explicit event_hub_state(const event_hub_options& of) : options(of) {
    // Ids of an earlier life of the program must not be taken for ours.
    constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
    std::random_device source;
    for (int i = 0; i < 8; ++i)
      prefix_.push_back(digits[source() % digits.size()]);
    prefix_.push_back('-');
  }

  struct news {
    std::vector<std::shared_ptr<const std::string>> texts;
    bool has_gap = false;
    bool is_closed = false;
  };

  std::string publish(http::server_event event) {
    std::vector<std::shared_ptr<sync::event>> waiting;
    {
      const std::scoped_lock guard{mutex_};
      if (closed_)
        return std::move(event.id);
      if (event.id.empty())
        event.id = prefix_ + std::to_string(next_);
      auto text = std::make_shared<const std::string>(http::to_text(event));
      events_.push_back({event.id, std::move(text)});
      ++next_;
      if (events_.size() > options.history())
        events_.pop_front();
      waiting = waiting_;
    }
    for (const auto& each : waiting)
      each->set();
    return std::move(event.id);
  }

  void close() {
    std::vector<std::shared_ptr<sync::event>> waiting;
    {
      const std::scoped_lock guard{mutex_};
      closed_ = true;
      waiting = waiting_;
    }
    for (const auto& each : waiting)
      each->set();
  }

  /// Where a client goes on that has seen this last; before what is kept if that is not known any more.
  [[nodiscard]] std::uint64_t position_behind(std::string_view last_id) const {
    const std::scoped_lock guard{mutex_};
    if (last_id.empty())
      return next_;
    for (std::size_t i = events_.size(); i > 0; --i)
      if (events_[i - 1].id == last_id)
        return oldest() + i;
    return 0; // numbers begin with 1: a gap
  }

  /// What comes behind a position, which moves on.
  [[nodiscard]] news take(std::uint64_t& position) const {
    constexpr std::size_t most = 64;
    const std::scoped_lock guard{mutex_};
    news result;
    result.has_gap = position < oldest();
    position = std::max(position, oldest());
    while (position < next_ && result.texts.size() < most)
      result.texts.push_back(events_[static_cast<std::size_t>(position++ - oldest())].text);
    result.is_closed = closed_;
    return result;
  }

  void add(const std::shared_ptr<sync::event>& who) {
    const std::scoped_lock guard{mutex_};
    waiting_.push_back(who);
  }

  void remove(const std::shared_ptr<sync::event>& who) {
    const std::scoped_lock guard{mutex_};
    std::erase(waiting_, who);
  }

  [[nodiscard]] std::size_t subscribers() const {
    const std::scoped_lock guard{mutex_};
    return waiting_.size();
  }

  const event_hub_options options;

private:
  struct entry {
    std::string id;
    std::shared_ptr<const std::string> text;
  };

  [[nodiscard]] std::uint64_t oldest() const noexcept { return next_ - events_.size(); }

  mutable std::mutex mutex_;
  std::string prefix_;
  std::deque<entry> events_;
  std::uint64_t next_ = 1;
  std::vector<std::shared_ptr<sync::event>> waiting_;
  bool closed_ = false;
};

} // namespace internal

namespace {

/// Hears of news for as long as it lives.
class subscription {
public:
  explicit subscription(std::shared_ptr<internal::event_hub_state> hub)
      : hub_(std::move(hub)), news_(std::make_shared<sync::event>()) {
    hub_->add(news_);
  }

  subscription(const subscription&) = delete;
  subscription& operator=(const subscription&) = delete;

  ~subscription() { hub_->remove(news_); }

  [[nodiscard]] sync::event& news() noexcept { return *news_; }

private:
  std::shared_ptr<internal::event_hub_state> hub_;
  std::shared_ptr<sync::event> news_;
};

task<void> tell(std::shared_ptr<internal::event_hub_state> hub, event_writer* out) {
  subscription here{hub};
  auto position = hub->position_behind(out->last_event_id());
  bool is_first = true;
  for (;;) {
    here.news().clear(); // before looking: what comes later sets it again
    auto news = hub->take(position);
    if (news.has_gap) {
      if (!is_first && hub->options.when_slow() == slow_reader::disconnect)
        co_return;
      if (const auto& gap = hub->options.gap_event())
        co_await out->send(*gap);
    }
    is_first = false;
    for (const auto& text : news.texts)
      co_await out->send_text(*text);
    if (!news.texts.empty())
      continue;
    if (news.is_closed)
      co_return;
    co_await here.news().wait();
  }
}

} // namespace

event_hub::event_hub(const event_hub_options& options) : state_(std::make_shared<internal::event_hub_state>(options)) {}

std::string event_hub::publish(http::server_event event) const {
  return state_->publish(std::move(event));
}

reply event_hub::stream(context& c) const {
  return event_stream(c, [hub = state_](event_writer& out) { return tell(hub, &out); }, state_->options.stream());
}

void event_hub::close() const {
  state_->close();
}

std::size_t event_hub::subscribers() const {
  return state_->subscribers();
}

} // namespace actors::web
