#include <actors/process/internal/child_state.hpp>

#include <actors/core/detail/io_worker.hpp>
#include <actors/process/error.hpp>

#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace actors::process::internal {

int child_state::send(int number) const noexcept {
  return ::kill(leads_group_ ? -pid_ : pid_, number) == 0 ? 0 : errno;
}

bool child_state::signal(int number) {
  const std::scoped_lock guard{mutex_};
  if (ended_)
    return false;
  const int error = send(number);
  if (error == ESRCH)
    return false;
  if (error != 0)
    throw process_error("cannot send signal " + std::to_string(number) + " to", program_,
                        std::error_code{error, std::system_category()});
  return true;
}

void child_state::kill() noexcept {
  const std::scoped_lock guard{mutex_};
  if (!ended_)
    static_cast<void>(send(SIGKILL));
}

bool child_state::collect() noexcept {
  const std::scoped_lock guard{mutex_};
  if (ended_)
    return true;
  siginfo_t info{};
  int result = 0;
  do
    result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
  while (result != 0 && errno == EINTR);
  if (result == 0 && info.si_pid == 0)
    return false;
  ended_ = true;
  if (result == 0)
    status_ = info.si_code == CLD_EXITED ? exit_status::exited(info.si_status) : exit_status::signalled(info.si_status);
  // Under the lock: a task that leaves its wait meanwhile takes it too, so it cannot end, and its runtime with it,
  // before it has been woken.
  for (auto& each : waiting_)
    actors::detail::wake(each.actor, each.id);
  waiting_.clear();
  return true;
}

bool child_state::ended() const noexcept {
  const std::scoped_lock guard{mutex_};
  return ended_;
}

std::optional<exit_status> child_state::status() const {
  const std::scoped_lock guard{mutex_};
  if (ended_ && !status_)
    throw process_error("cannot wait for", program_, errc::status_lost);
  return status_;
}

bool child_state::wait(caf::strong_actor_ptr waiter, std::uint64_t id) {
  const std::scoped_lock guard{mutex_};
  if (!ended_)
    waiting_.push_back({std::move(waiter), id});
  return !ended_;
}

void child_state::withdraw(std::uint64_t id, const caf::actor_control_block* waiter) noexcept {
  const std::scoped_lock guard{mutex_};
  std::erase_if(waiting_, [&](const entry& each) { return each.id == id && each.actor.get() == waiter; });
}

} // namespace actors::process::internal
