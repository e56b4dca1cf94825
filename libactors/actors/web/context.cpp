#include <actors/web/context.hpp>

#include <actors/core/error.hpp>
#include <actors/core/shield.hpp>
#include <actors/core/spawn.hpp>
#include <actors/core/task_log.hpp>
#include <actors/core/timeout.hpp>
#include <actors/http/error.hpp>
#include <actors/net/error.hpp>
#include <actors/web/http_error.hpp>
#include <actors/web/internal/application_core.hpp>
#include <actors/web/internal/request_data.hpp>

#include <algorithm>
#include <random>

namespace actors::web {

namespace {

/// 128 bits in hexadecimal digits.
std::string random_id() {
  static thread_local std::mt19937_64 source{std::random_device{}()};
  constexpr std::size_t words = 2;
  constexpr std::size_t digits_a_word = 16;
  std::string result;
  result.reserve(words * digits_a_word);
  for (std::size_t word = 0; word < words; ++word) {
    auto bits = source();
    for (std::size_t i = 0; i < digits_a_word; ++i, bits >>= 4)
      result.push_back("0123456789abcdef"[bits & 15]);
  }
  return result;
}

} // namespace

context::context(http::server_exchange& exchange, const internal::application_core& application) noexcept
    : exchange_(&exchange), application_(&application) {}

namespace {

/// What a context has kept, to be undone by a task of its own.
class kept_objects {
public:
  explicit kept_objects(std::vector<detail::kept_object> all) noexcept : all_(std::move(all)) {}

  kept_objects(const kept_objects&) = delete;
  kept_objects& operator=(const kept_objects&) = delete;

  ~kept_objects() {
    // What a task that is killed leaves: no teardown, only destructors.
    while (!all_.empty())
      drop_last();
  }

  [[nodiscard]] const detail::kept_object* last() const noexcept { return all_.empty() ? nullptr : &all_.back(); }

  void drop_last() noexcept {
    const auto last = all_.back();
    all_.pop_back();
    last.destroy(last.object);
  }

private:
  std::vector<detail::kept_object> all_;
};

task<void> tear_down_all(std::shared_ptr<kept_objects> all, std::exception_ptr error, duration limit,
                         std::string request_id) {
  std::exception_ptr interruption;
  while (const auto* last = all->last()) {
    std::exception_ptr problem;
    if (last->tear_down != nullptr) {
      try {
        auto pending = with_timeout(limit, last->tear_down(last->object, error));
        co_await std::move(pending);
      } catch (const cancelled&) {
        interruption = std::current_exception();
      } catch (...) {
        problem = std::current_exception();
      }
    }
    all->drop_last();
    if (problem)
      task_log("web").error("a dependency was not torn down: " + describe(problem), {{"request", request_id}});
  }
  if (interruption)
    std::rethrow_exception(interruption);
}

} // namespace

context::~context() {
  const kept_objects rest{std::move(kept_)};
}

task<std::string_view> context::body() {
  if (!body_)
    co_await fetch_body();
  co_return *body_;
}

task<std::string_view> context::read_piece() {
  try {
    const auto piece = co_await exchange_->read_some();
    if (piece.size() > body_limit_ || body_size_ > body_limit_ - piece.size())
      throw http::error{http::errc::body_too_large,
                        "the body is larger than " + std::to_string(body_limit_) + " bytes"};
    body_size_ += piece.size();
    co_return piece;
  } catch (const net::net_error&) {
    client_is_gone_ = true;
    throw;
  } catch (const timeout_error&) {
    throw http_error{http::status::request_timeout};
  }
}

task<void> context::fetch_body() {
  std::string whole;
  for (;;) {
    const auto piece = co_await read_piece();
    if (piece.empty())
      break;
    whole.append(piece);
  }
  body_ = std::move(whole);
}

std::string_view context::path_value(std::string_view name) const noexcept {
  if (entry_ == nullptr)
    return {};
  const auto& names = entry_->pattern.names();
  for (std::size_t i = 0; i < names.size() && i < values_.size(); ++i)
    if (names[i] == name)
      return values_[i];
  return {};
}

const std::string& context::request_id() const {
  if (request_id_.empty())
    request_id_ = random_id();
  return request_id_;
}

std::string_view context::route_name() const noexcept {
  return entry_ == nullptr ? std::string_view{} : std::string_view{entry_->name};
}

std::string context::url_for(std::string_view name,
                             std::vector<std::pair<std::string_view, std::string>> values) const {
  return root_path_ + application_->url_for(name, values);
}

void* context::find_state(std::type_index key) const {
  if (auto* found = application_->find_state(key))
    return found;
  throw misuse_error(std::string{"the application has no state of the type "} + key.name());
}

void* context::find_kept(std::type_index key) const noexcept {
  for (const auto& each : kept_)
    if (each.key == key)
      return each.object;
  return nullptr;
}

task<void> context::tear_down(std::exception_ptr error) {
  const bool waits =
      std::any_of(kept_.begin(), kept_.end(), [](const auto& each) { return each.tear_down != nullptr; });
  if (!waits) {
    const kept_objects rest{std::exchange(kept_, {})}; // destructors do
    co_return;
  }
  const auto all = std::make_shared<kept_objects>(std::exchange(kept_, {}));
  const auto limit = application_->settings->teardown_limit;
  std::exception_ptr interruption;
  task_handle<void> running;
  try {
    running = spawn_detached(tear_down_all(all, error, limit, request_id()), spawn_options{}.name("web teardown"));
  } catch (const stopping_error&) {
    running = {};
  }
  if (!running) {
    auto here = tear_down_all(all, error, limit, request_id());
    co_await std::move(here);
    co_return;
  }
  // Cancelling the request must not break off what undoes it; that has a limit of its own.
  while (!running.done()) {
    try {
      co_await shield(running);
    } catch (const cancelled&) {
      interruption = std::current_exception();
    }
  }
  if (interruption)
    std::rethrow_exception(interruption);
}

void context::enter(const internal::application_core& application, std::string_view below, std::string_view pattern) {
  application_ = &application;
  entry_ = nullptr;
  values_.clear();
  root_path_.append(below);
  route_prefix_.append(pattern);
  route_ = {};
}

void context::found(const internal::route_entry& route, std::vector<std::string> values) {
  entry_ = &route;
  values_ = std::move(values);
  if (route_prefix_.empty())
    route_ = route.pattern.text();
  else
    route_ = *(whole_route_ = std::make_unique<std::string>(route_prefix_ + std::string{route.pattern.text()}));
}

internal::request_data& context::data() {
  if (!data_)
    data_ = std::make_unique<internal::request_data>();
  return *data_;
}

} // namespace actors::web
