#include <actors/observe/inspector.hpp>

#include <actors/core/error.hpp>
#include <actors/core/log.hpp>
#include <actors/core/runtime.hpp>
#include <actors/observe/internal/local_socket.hpp>
#include <actors/observe/snapshot.hpp>
#include <actors/observe/snapshot_json.hpp>

#include <nlohmann/json.hpp>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

namespace actors::observe {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::chrono::seconds patience{5};
constexpr std::size_t longest_request = 4096;
constexpr std::size_t longest_answer = std::size_t{1} << 30U;
constexpr std::string_view suffix = ".sock";

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number result{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return result;
}

std::string level_answer(const runtime& target) {
  const auto level = target.log()->level();
  if (!level)
    return json{{"error", "the level of this program's log cannot be seen or changed"}}.dump();
  return json{{"log_level", to_string(*level)}}.dump();
}

std::string set_level_answer(const runtime& target, std::string_view text) {
  const auto level = parse_log_level(text);
  if (!level)
    return json{{"error", "log-level needs trace, debug, info, warning, error or critical"}}.dump();
  static_cast<void>(target.log()->set_level(*level));
  return level_answer(target);
}

std::string answer(const runtime& target, std::string_view request) {
  if (request == "ping")
    return json{{"pid", ::getpid()}}.dump();
  if (request == "snapshot")
    return snapshot_json(target);
  constexpr std::string_view cancel_word = "cancel ";
  if (request.starts_with(cancel_word)) {
    const auto id = parse<std::uint64_t>(request.substr(cancel_word.size()));
    if (!id)
      return json{{"error", "cancel needs the id of a task or service"}}.dump();
    return json{{"cancelled", cancel(target, *id, "cancelled by actors cancel")}}.dump();
  }
  constexpr std::string_view level_word = "log-level";
  if (request == level_word)
    return level_answer(target);
  if (request.starts_with(level_word) && request[level_word.size()] == ' ')
    return set_level_answer(target, request.substr(level_word.size() + 1));
  const json unknown{{"error", "unknown request: " + std::string{request}}};
  return unknown.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string command_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  while (text.ends_with('\0'))
    text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

} // namespace

struct inspector::server {
  server(runtime& target_arg, fs::path folder) : target(target_arg) {
    if (folder.empty())
      folder = usual_folder();
    internal::require_private_folder(folder);
    constexpr int most = 100;
    for (int number = 1; !listener && number <= most; ++number) {
      path = folder /
             (std::to_string(::getpid()) + (number > 1 ? "-" + std::to_string(number) : "") + std::string{suffix});
      if (auto made = internal::listen_at(path))
        listener = std::move(*made);
    }
    if (!listener)
      throw inspector_error(folder.string() + ": this process has too many inspectors");
    stop_event = actors::detail::unique_fd{::eventfd(0, EFD_CLOEXEC)};
    if (!stop_event) {
      const int code = errno;
      ::unlink(path.c_str());
      throw inspector_error("inspector: " + std::system_category().message(code));
    }
    thread = std::thread{[this] { run(); }};
  }

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  ~server() {
    // A client that is being served may be slow, and need not be waited for.
    const std::uint64_t one = 1;
    static_cast<void>(::write(stop_event.get(), &one, sizeof one));
    {
      const std::scoped_lock guard{client_mutex};
      if (client >= 0)
        ::shutdown(client, SHUT_RDWR);
      stopping = true;
    }
    thread.join();
    ::unlink(path.c_str());
  }

  void run() {
    // Signals are for the program's own threads.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    pthread_setname_np(pthread_self(), "actors.inspect");
    std::array<pollfd, 2> ready{pollfd{listener.get(), POLLIN, 0}, pollfd{stop_event.get(), POLLIN, 0}};
    for (;;) {
      if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR)
        return;
      if (ready[1].revents != 0)
        return;
      if (ready[0].revents == 0)
        continue;
      const actors::detail::unique_fd peer{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (peer)
        serve(peer.get());
      else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        // Nothing can be done but to wait until the program has given some up.
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  void serve(int socket) {
    const auto user = internal::peer_of(socket);
    if (!user || (*user != ::geteuid() && *user != 0))
      return;
    {
      const std::scoped_lock guard{client_mutex};
      if (stopping)
        return;
      client = socket;
    }
    internal::limit_waits(socket, patience);
    try {
      if (const auto request = internal::read_text(socket, longest_request, true))
        static_cast<void>(internal::write_all(socket, answer(target, *request)));
    } catch (const std::exception&) {
      // Out of memory: the client sees an answer that breaks off.
    }
    const std::scoped_lock guard{client_mutex};
    client = -1;
  }

  runtime& target;
  fs::path path;
  actors::detail::unique_fd listener;
  actors::detail::unique_fd stop_event;
  std::mutex client_mutex;
  int client = -1;
  bool stopping = false;
  std::thread thread;
};

inspector::inspector(runtime& target, fs::path folder) : server_(std::make_unique<server>(target, std::move(folder))) {}

inspector::~inspector() = default;

const fs::path& inspector::path() const noexcept {
  return server_->path;
}

fs::path inspector::usual_folder() {
  // Reading is safe as long as nobody calls setenv while other threads run.
  const char* const given = std::getenv("XDG_RUNTIME_DIR"); // NOLINT(concurrency-mt-unsafe)
  std::error_code ignored;
  if (given != nullptr && *given == '/' && fs::is_directory(given, ignored))
    return fs::path{given} / "actors";
  return fs::temp_directory_path() / ("actors-" + std::to_string(::geteuid()));
}

std::vector<inspected_process> inspected_processes(const fs::path& folder) {
  const auto where = folder.empty() ? inspector::usual_folder() : folder;
  std::vector<inspected_process> result;
  std::error_code missing;
  fs::directory_iterator entries{where, missing};
  if (missing)
    return result;
  internal::require_private_folder(where);
  for (const auto& entry : entries) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(suffix))
      continue;
    const auto stem = name.substr(0, name.size() - suffix.size());
    const auto pid = parse<pid_t>(std::string_view{stem}.substr(0, stem.find('-')));
    if (!pid || *pid <= 0)
      continue;
    if (const auto socket = internal::connect_to(entry.path()); !socket) {
      if (errno == ECONNREFUSED)
        fs::remove(entry.path(), missing);
      continue;
    }
    result.push_back({*pid, entry.path(), command_of(*pid)});
  }
  // The second of a process, whose name is longer, after the first.
  const auto place = [](const inspected_process& one) {
    return std::tuple{one.pid, one.socket.native().size(), one.socket.native()};
  };
  std::ranges::sort(result, {}, place);
  return result;
}

std::string ask_inspector(const fs::path& socket, std::string_view request, std::chrono::milliseconds limit) {
  const auto connection = internal::connect_to(socket);
  if (!connection)
    throw inspector_error(socket.string() + ": cannot be reached: " + std::system_category().message(errno));
  internal::limit_waits(connection.get(), limit);
  const auto line = std::string{request} + "\n";
  if (!internal::write_all(connection.get(), line))
    throw inspector_error(socket.string() + ": does not take the request");
  auto text = internal::read_text(connection.get(), longest_answer, false);
  if (!text || text->empty())
    throw inspector_error(socket.string() + ": gives no answer");
  return std::move(*text);
}

} // namespace actors::observe
