#include <actors/testing/deterministic.hpp>

#include <actors/core/error.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <optional>
#include <system_error>

namespace actors::testing {

namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t usual_seeds = 10;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::size_t usual_seeds = 10;
#else
constexpr std::size_t usual_seeds = 100;
#endif
#else
constexpr std::size_t usual_seeds = 100;
#endif

/// The whole number in an environment variable, nothing if it is not set.
std::optional<std::uint64_t> number_in(const char* variable) {
  const char* const set = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): tests do not change it meanwhile
  if (set == nullptr)
    return std::nullopt;
  const std::string_view text{set};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    throw misuse_error(std::string{variable} + " is \"" + std::string{text} + "\", which is no whole number");
  return number;
}

std::string replay(std::uint64_t seed) {
  return "ACTORS_TEST_SEED=" + std::to_string(seed);
}

runtime_options options_for(std::uint64_t seed, const deterministic_options& options, std::shared_ptr<log_sink> log) {
  auto result = options.runtime();
  // A test may compute for longer between two awaits than a program should.
  result.scheduler(scheduler_kind::reactor)
      .workers(1)
      .clock(clock_kind::virtual_time)
      .schedule_seed(seed)
      .log_to(std::move(log))
      .stall_threshold(1h);
  return result;
}

} // namespace

std::vector<std::uint64_t> test_seeds(std::size_t count) {
  if (const auto chosen = number_in("ACTORS_TEST_SEED"))
    return {*chosen};
  std::vector<std::uint64_t> all(count);
  std::iota(all.begin(), all.end(), 1);
  return all;
}

std::size_t default_seed_count() {
  return static_cast<std::size_t>(number_in("ACTORS_TEST_SEEDS").value_or(usual_seeds));
}

namespace detail {

/// Keeps what must not be logged, and passes everything on.
class recording_sink final : public log_sink {
public:
  recording_sink(log_level tolerated, std::shared_ptr<log_sink> next) : tolerated_(tolerated), next_(std::move(next)) {}

  void write(const log_record& record) noexcept override {
    if (next_ && next_->enabled(record.level))
      next_->write(record);
    if (record.level <= tolerated_)
      return;
    const std::scoped_lock guard{mutex_};
    if (kept_.size() < most_kept)
      kept_.push_back(std::string{to_string(record.level)} + " " + format_log_text(record));
  }

  [[nodiscard]] bool enabled(log_level level) const noexcept override {
    return level > tolerated_ || (next_ && next_->enabled(level));
  }

  [[nodiscard]] std::vector<std::string> kept() const {
    const std::scoped_lock guard{mutex_};
    return kept_;
  }

private:
  static constexpr std::size_t most_kept = 20;

  const log_level tolerated_;
  const std::shared_ptr<log_sink> next_;
  mutable std::mutex mutex_;
  std::vector<std::string> kept_;
};

namespace {

std::string listed(std::string text, const std::vector<std::string>& items) {
  for (const auto& item : items)
    text.append("\n  ").append(item);
  return text;
}

} // namespace

deterministic_run::deterministic_run(std::uint64_t seed, const deterministic_options& options)
    : seed_(seed), tolerated_(options.tolerated_log()), patience_(options.patience()),
      log_(std::make_shared<recording_sink>(tolerated_, options.runtime().log())),
      home_(std::make_unique<actors::runtime>(options_for(seed, options, log_))) {}

deterministic_run::~deterministic_run() = default;

void deterministic_run::finish() {
  const auto left = home_->stop(10s);
  if (!left.empty())
    throw run_failure(listed("under " + replay(seed_) + " this did not stop:", left));
  const auto logged = log_->kept();
  if (!logged.empty())
    throw run_failure(listed("under " + replay(seed_) + " the runtime logged:", logged));
}

void deterministic_run::give_up() {
  const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(patience_).count();
  const auto left = home_->stop(1s);
  throw run_failure(listed("under " + replay(seed_) + " the program did not end within " + std::to_string(seconds) +
                               " ms of real time" +
                               (left.empty() ? ": it waited for what never came" : "; this did not stop either:"),
                           left));
}

void report_failed_seed(std::uint64_t seed, const std::exception_ptr& error, const deterministic_options& options) {
  std::string text = "failed under seed " + std::to_string(seed);
  if (error)
    text.append(": ").append(describe(error));
  text.append("\n").append(replay(seed)).append(" runs this schedule again");
  if (options.report_to())
    options.report_to()(text);
  else
    std::fprintf(stderr, "%s\n", text.c_str());
}

} // namespace detail

} // namespace actors::testing
