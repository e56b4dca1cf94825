#include <actors/process/internal/exit_watch.hpp>

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace actors::process::internal {

namespace {

std::atomic<bool> pidfds_wanted{true};

/// Starts a thread that handles no signals: those of the program are for its own threads.
template <class F>
void start_thread(F function) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread{std::move(function)}.detach();
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// The children that the common thread waits for.
class watch_list {
public:
  /// Takes over the pidfd if it returns true.
  bool add(int pidfd, std::shared_ptr<child_state> child) {
    const std::scoped_lock guard{mutex_};
    if (epoll_ < 0) {
      epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
      if (epoll_ < 0)
        return false;
      try {
        start_thread([this] { run(); });
      } catch (...) {
        ::close(std::exchange(epoll_, -1));
        throw;
      }
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = pidfd;
    // Entered before the thread can hear of it.
    const auto place = children_.emplace(pidfd, std::move(child)).first;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, pidfd, &event) != 0) {
      children_.erase(place);
      return false; // a thread without children waits for the next one
    }
    return true;
  }

private:
  void run() noexcept {
    int epoll = -1;
    {
      const std::scoped_lock guard{mutex_};
      epoll = epoll_;
    }
    std::array<epoll_event, 64> events{};
    for (;;) {
      const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i)
        collect(epoll, events[static_cast<std::size_t>(i)].data.fd);
      const std::scoped_lock guard{mutex_};
      if (!children_.empty())
        continue;
      ::close(std::exchange(epoll_, -1));
      return;
    }
  }

  void collect(int epoll, int pidfd) noexcept {
    std::shared_ptr<child_state> child;
    {
      const std::scoped_lock guard{mutex_};
      const auto found = children_.find(pidfd);
      if (found == children_.end())
        return;
      child = found->second;
    }
    if (!child->collect())
      return;
    const std::scoped_lock guard{mutex_};
    children_.erase(pidfd);
    // Closing alone does not take it off the list while a child that is being started still has a copy.
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, pidfd, nullptr);
    ::close(pidfd);
  }

  std::mutex mutex_;
  int epoll_ = -1;
  std::unordered_map<int, std::shared_ptr<child_state>> children_;
};

watch_list& watched() {
  // Never destroyed: the thread may still use it while the program ends.
  static auto& list = *new watch_list;
  return list;
}

/// Waits in a thread of its own.
void watch_alone(std::shared_ptr<child_state> child) {
  start_thread([child = std::move(child)] {
    do {
      siginfo_t info{};
      // Leaves the status for `collect`, which takes it under the lock.
      while (::waitid(P_PID, static_cast<id_t>(child->pid()), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
      }
    } while (!child->collect());
  });
}

} // namespace

void watch_exit(std::shared_ptr<child_state> child) {
  if (pidfds_wanted.load(std::memory_order_relaxed)) {
    // Closed on exec. Not pidfd_open(): glibc 2.36 declares it without extern "C".
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, child->pid(), 0));
    if (pidfd >= 0) {
      bool added = false;
      try {
        added = watched().add(pidfd, child);
      } catch (...) {
        ::close(pidfd);
        throw;
      }
      if (added)
        return;
      ::close(pidfd);
    }
  }
  watch_alone(std::move(child));
}

void use_pidfds(bool value) noexcept {
  pidfds_wanted.store(value, std::memory_order_relaxed);
}

} // namespace actors::process::internal
