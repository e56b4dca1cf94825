#include <actors/core/internal/stack_capture.hpp>

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

namespace actors::internal {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_frames = 64;
constexpr auto patience = 50ms;
constexpr auto patience_with_handler = 1s;

enum class phase : int { idle, wanted, taking, taken };

// A signal handler is the process's, so what it writes to is too. One capture at a time uses it.
struct {
  std::mutex one_at_a_time;
  int installed = 0; // the signal
  bool broken = false;

  std::atomic<phase> state{phase::idle};
  std::atomic<pid_t> thread{0};
  std::array<void*, most_frames> frames{};
  int count = 0;
  void* interrupted_at = nullptr;
} capture;

static_assert(std::atomic<phase>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free);

void* program_counter(const void* context) noexcept {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return reinterpret_cast<void*>(machine.gregs[REG_RIP]); // NOLINT(performance-no-int-to-ptr)
#elif defined(__aarch64__)
  return reinterpret_cast<void*>(machine.pc); // NOLINT(performance-no-int-to-ptr)
#else
  static_cast<void>(machine);
  return nullptr;
#endif
}

pid_t this_thread_id() noexcept {
  return static_cast<pid_t>(::syscall(SYS_gettid));
}

void on_signal(int, siginfo_t* info, void* context) {
  const int saved = errno;
  auto expected = phase::wanted;
  if (info->si_code == SI_TKILL && info->si_pid == ::getpid() &&
      capture.thread.load(std::memory_order_acquire) == this_thread_id() &&
      capture.state.compare_exchange_strong(expected, phase::taking, std::memory_order_acq_rel)) {
    capture.interrupted_at = program_counter(context);
    // Called once before, so that it neither loads a library nor allocates.
    capture.count = ::backtrace(capture.frames.data(), static_cast<int>(most_frames));
    capture.state.store(phase::taken, std::memory_order_release);
  }
  errno = saved;
}

/// Under the lock. False if the signal has another use.
bool install(int signal) {
  if (capture.installed == signal)
    return true;
  struct sigaction before{};
  if (capture.installed != 0 || ::sigaction(signal, nullptr, &before) != 0 || (before.sa_flags & SA_SIGINFO) != 0 ||
      before.sa_handler != SIG_DFL) // NOLINT(*-union-access)
    return false;
  std::array<void*, 2> primed{};
  static_cast<void>(::backtrace(primed.data(), static_cast<int>(primed.size())));
  struct sigaction action{};
  action.sa_sigaction = &on_signal; // NOLINT(*-union-access)
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  if (::sigaction(signal, &action, nullptr) != 0)
    return false;
  capture.installed = signal;
  return true;
}

template <class Condition>
bool wait_until(std::chrono::steady_clock::duration limit, Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(200us);
  }
  return true;
}

/// Functions of one file by their addresses in it; also those that are not exported, which `dladdr` does not know.
class symbol_table {
public:
  explicit symbol_table(const char* path) {
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
      return;
    struct stat status{};
    if (::fstat(file, &status) == 0 && status.st_size > 0) {
      auto* const memory = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file, 0);
      if (memory != MAP_FAILED)
        bytes_ = {static_cast<const std::byte*>(memory), static_cast<std::size_t>(status.st_size)};
    }
    ::close(file);
    find_symbols();
  }

  symbol_table(const symbol_table&) = delete;
  symbol_table& operator=(const symbol_table&) = delete;

  ~symbol_table() {
    if (!bytes_.empty())
      ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size()); // NOLINT(*-const-cast)
  }

  /// The mangled name of the function that holds this address, null if none is known.
  [[nodiscard]] const char* find(std::uintptr_t address) const noexcept {
    for (const auto& symbol : symbols_) {
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || address < symbol.st_value ||
          address - symbol.st_value >= symbol.st_size || symbol.st_name >= names_.size())
        continue;
      return names_.data() + symbol.st_name;
    }
    return nullptr;
  }

private:
  /// So many objects of a type at this place in the file; nothing if they are not all there.
  template <class T>
  [[nodiscard]] std::span<const T> at(std::uint64_t offset, std::uint64_t count) const noexcept {
    if (offset > bytes_.size() || count > (bytes_.size() - offset) / sizeof(T) || offset % alignof(T) != 0)
      return {};
    return {reinterpret_cast<const T*>(bytes_.data() + offset), count}; // NOLINT(*-reinterpret-cast)
  }

  void find_symbols() noexcept {
    const auto head = at<Elf64_Ehdr>(0, 1);
    constexpr std::string_view magic{ELFMAG, SELFMAG};
    if (head.empty() || !std::equal(magic.begin(), magic.end(), head[0].e_ident) ||
        head[0].e_ident[EI_CLASS] != ELFCLASS64 || head[0].e_shentsize != sizeof(Elf64_Shdr))
      return;
    const auto sections = at<Elf64_Shdr>(head[0].e_shoff, head[0].e_shnum);
    for (const auto& section : sections) {
      if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size())
        continue;
      const auto& strings = sections[section.sh_link];
      names_ = at<char>(strings.sh_offset, strings.sh_size);
      // The last name must end.
      if (!names_.empty() && names_.back() == '\0')
        symbols_ = at<Elf64_Sym>(section.sh_offset, section.sh_size / sizeof(Elf64_Sym));
    }
  }

  std::span<const std::byte> bytes_;
  std::span<const char> names_;
  std::span<const Elf64_Sym> symbols_;
};

std::string readable(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text{abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                         &std::free};
  return text ? text.get() : mangled;
}

std::string hexadecimal(std::uintptr_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), digits[number % 16]);
    number /= 16;
  } while (number > 0);
  return "0x" + text;
}

} // namespace

void accept_stack_signal(int signal) noexcept {
  if (signal == 0)
    return;
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
}

std::vector<void*> capture_stack(pid_t thread, int signal) {
  const std::scoped_lock guard{capture.one_at_a_time};
  if (signal == 0 || thread == 0 || capture.broken || !install(signal))
    return {};
  const auto is_taken = [] { return capture.state.load(std::memory_order_acquire) == phase::taken; };
  capture.thread.store(thread, std::memory_order_release);
  capture.state.store(phase::wanted, std::memory_order_release);
  const bool sent = ::syscall(SYS_tgkill, ::getpid(), thread, signal) == 0;
  if (!sent || !wait_until(patience, is_taken)) {
    auto expected = phase::wanted;
    if (capture.state.compare_exchange_strong(expected, phase::idle, std::memory_order_acq_rel))
      return {};
    // The handler has begun: what it writes to must not be used again before it has ended.
    if (!wait_until(patience_with_handler, is_taken)) {
      capture.broken = true;
      return {};
    }
  }
  const auto end = capture.frames.begin() + capture.count;
  // Without the handler and the kernel's frame below it.
  auto begin = std::find(capture.frames.begin(), end, capture.interrupted_at);
  if (begin == end)
    begin = capture.frames.begin();
  std::vector<void*> result(begin, end);
  capture.state.store(phase::idle, std::memory_order_release);
  return result;
}

std::vector<std::string> name_frames(const std::vector<void*>& frames) {
  std::map<std::string, symbol_table> tables;
  std::vector<std::string> result;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    // A return address is that of the next instruction, which may belong to the next function.
    const auto address = reinterpret_cast<std::uintptr_t>(frames[i]) - (i > 0 ? 1 : 0);
    Dl_info info{};
    link_map* module = nullptr;
    if (::dladdr1(reinterpret_cast<void*>(address), &info, reinterpret_cast<void**>(&module), // NOLINT
                  RTLD_DL_LINKMAP) == 0 ||
        module == nullptr) {
      result.push_back(hexadecimal(address));
      continue;
    }
    const bool program = module->l_name == nullptr || *module->l_name == '\0';
    const std::string path = program ? "/proc/self/exe" : module->l_name;
    const auto offset = address - module->l_addr;
    const auto* name = tables.try_emplace(path, path.c_str()).first->second.find(offset);
    if (name == nullptr)
      name = info.dli_sname;
    if (name != nullptr) {
      auto text = readable(name);
      if (text.find("actors::detail::reactor_worker::execute(") != std::string::npos)
        break;
      result.push_back(std::move(text));
      continue;
    }
    const std::string_view file = info.dli_fname != nullptr ? info.dli_fname : "?";
    result.push_back(std::string{file.substr(file.rfind('/') + 1)} + "+" + hexadecimal(offset));
  }
  return result;
}

} // namespace actors::internal
