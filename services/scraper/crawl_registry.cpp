#include <services/scraper/crawl_registry.hpp>

#include <actors/core/error.hpp>
#include <actors/core/gather.hpp>
#include <actors/core/spawn.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace services::scraper {

namespace {

bool is_file_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !name.empty() && name.size() <= 100 && name.front() != '.' && std::all_of(name.begin(), name.end(), allowed);
}

} // namespace

std::string to_string(crawl_registry::crawl_state state) {
  switch (state) {
  case crawl_registry::crawl_state::running:
    return "running";
  case crawl_registry::crawl_state::finished:
    return "finished";
  case crawl_registry::crawl_state::stopped:
    return "stopped";
  default:
    return "failed";
  }
}

crawl_registry::crawl_registry(std::string directory, std::size_t max_running)
    : directory_(std::move(directory)), max_running_(max_running) {}

crawl_registry::status crawl_registry::look(const entry& crawl) {
  auto result = crawl.known;
  result.counters = crawl.monitor->counters();
  if (!crawl.task.done())
    return result;
  const auto& outcome = crawl.task.result();
  if (outcome.has_value()) {
    result.state = crawl_state::finished;
    result.counters = outcome.value().counters;
  } else if (outcome.was_cancelled()) {
    result.state = crawl_state::stopped;
  } else {
    result.state = crawl_state::failed;
    result.error = actors::describe(outcome.error());
  }
  return result;
}

std::uint64_t crawl_registry::start(scrape_options options) {
  const std::scoped_lock guard{mutex_};
  const auto id = last_id_ + 1;
  if (options.db.empty())
    options.db = "pages-" + std::to_string(id) + ".sqlite";
  if (!is_file_name(options.db))
    throw crawl_refused("db must be a plain file name of letters, digits, '-', '_' and '.', not \"" + options.db +
                        "\"");
  const auto running =
      std::count_if(crawls_.begin(), crawls_.end(), [](const auto& pair) { return !pair.second.task.done(); });
  if (static_cast<std::size_t>(running) >= max_running_)
    throw crawl_refused(std::to_string(running) + " crawls are running already, which is the limit");
  options.db = (std::filesystem::path{directory_} / options.db).string();
  if (auto problem = options.check())
    throw crawl_refused(*problem);
  entry added;
  added.known.id = id;
  added.known.urls = options.urls;
  added.known.db = options.db;
  added.known.started_at = std::chrono::system_clock::now();
  added.monitor = std::make_shared<crawl_monitor>();
  added.task = actors::spawn_detached(crawl(std::move(options), added.monitor),
                                      actors::spawn_options{}.name("crawl " + std::to_string(id)));
  last_id_ = id;
  crawls_.emplace(id, std::move(added));
  forget_oldest();
  return id;
}

void crawl_registry::forget_oldest() {
  for (auto i = crawls_.begin(); i != crawls_.end() && crawls_.size() > most_remembered;)
    i = i->second.task.done() ? crawls_.erase(i) : std::next(i);
}

std::optional<crawl_registry::status> crawl_registry::find(std::uint64_t id) const {
  const std::scoped_lock guard{mutex_};
  const auto found = crawls_.find(id);
  if (found == crawls_.end())
    return std::nullopt;
  return look(found->second);
}

std::vector<crawl_registry::status> crawl_registry::list() const {
  const std::scoped_lock guard{mutex_};
  std::vector<status> result;
  for (const auto& [id, crawl] : crawls_)
    result.push_back(look(crawl));
  return result;
}

bool crawl_registry::stop(std::uint64_t id) {
  const std::scoped_lock guard{mutex_};
  const auto found = crawls_.find(id);
  return found != crawls_.end() && found->second.task.cancel("stopped by request");
}

actors::task<void> crawl_registry::stop_all() {
  std::vector<actors::task_handle<crawl_report>> tasks;
  {
    const std::scoped_lock guard{mutex_};
    for (const auto& [id, crawl] : crawls_)
      tasks.push_back(crawl.task);
  }
  for (const auto& task : tasks)
    task.cancel("the node is stopping");
  co_await actors::gather_outcomes(std::move(tasks));
}

} // namespace services::scraper
