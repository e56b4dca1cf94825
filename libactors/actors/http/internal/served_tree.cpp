#include <actors/http/internal/served_tree.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <tuple>

namespace actors::http::internal {

namespace {

// Without O_NONBLOCK, opening a pipe would wait for its other end.
constexpr int open_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

template <class F>
auto retry(F call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR)
      return result;
  }
}

[[noreturn]] void throw_last(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

struct folder_closer {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

} // namespace

// -- entries -----------------------------------------------------------------------------------------------------------

served_entry::~served_entry() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

std::size_t served_entry::read(std::span<char> buffer, std::uint64_t offset) const {
  std::size_t got = 0;
  while (got < buffer.size()) {
    const auto rest = buffer.subspan(got);
    const auto count =
        retry([&] { return ::pread(descriptor_, rest.data(), rest.size(), static_cast<off_t>(offset + got)); });
    if (count < 0)
      throw_last("read a served file");
    if (count == 0)
      break;
    got += static_cast<std::size_t>(count);
  }
  return got;
}

std::vector<served_entry::name> served_entry::names(bool dot_files, std::size_t limit) const {
  // A descriptor of its own, as closedir closes it.
  const int copy = ::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0)
    throw_last("list a served folder");
  const std::unique_ptr<DIR, folder_closer> folder{::fdopendir(copy)};
  if (!folder) {
    ::close(copy);
    throw_last("list a served folder");
  }
  std::vector<name> result;
  while (result.size() < limit) {
    const auto* entry = ::readdir(folder.get()); // NOLINT(concurrency-mt-unsafe): this thread's own stream
    if (entry == nullptr)
      break;
    std::string text{static_cast<const char*>(entry->d_name)};
    if (text == "." || text == ".." || (!dot_files && text.front() == '.'))
      continue;
    bool is_folder = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) {
      struct ::stat status{};
      is_folder = ::fstatat(descriptor_, text.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
    }
    result.push_back({std::move(text), is_folder});
  }
  std::sort(result.begin(), result.end(), [](const name& a, const name& b) {
    return std::tuple{!a.is_folder, std::string_view{a.text}} < std::tuple{!b.is_folder, std::string_view{b.text}};
  });
  return result;
}

// -- the tree ----------------------------------------------------------------------------------------------------------

served_tree::served_tree(const std::filesystem::path& root, bool follows_links, bool may_use_openat2)
    : root_(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), follows_links_(follows_links),
      may_use_openat2_(may_use_openat2) {
  if (root_ < 0)
    throw_last("open the folder to serve, " + root.string());
}

served_tree::~served_tree() {
  ::close(root_);
}

served_entry served_tree::open(const std::string& relative) const {
  int descriptor = -1;
  bool is_answered = false;
  if (may_use_openat2_) {
    descriptor = open_beneath(relative);
    // EPERM is what sandboxes say that do not know the call.
    is_answered = descriptor >= 0 || (errno != ENOSYS && errno != EPERM);
  }
  if (!is_answered)
    descriptor = open_stepwise(relative);
  if (descriptor < 0) {
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:  // links not followed, or too many
    case EXDEV:  // outside
    case EAGAIN: // kept changing under our eyes
    case ENXIO:  // a socket
    case ENODEV:
    case EINVAL:
      return {};
    default:
      throw_last("open a served file");
    }
  }
  struct ::stat status{};
  if (::fstat(descriptor, &status) != 0) {
    const int problem = errno;
    ::close(descriptor);
    errno = problem;
    throw_last("stat a served file");
  }
  served_entry result{descriptor, status};
  if (!result.is_file() && !result.is_folder())
    return {};
  return result;
}

int served_tree::open_beneath(const std::string& relative) const {
  struct ::open_how how{};
  how.flags = open_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (follows_links_ ? 0 : RESOLVE_NO_SYMLINKS);
  const char* path = relative.empty() ? "." : relative.c_str();
  // EAGAIN: something was renamed meanwhile, so that the kernel could not tell.
  for (int attempt = 0;; ++attempt) {
    const auto result = ::syscall(SYS_openat2, root_, path, &how, sizeof how);
    if (result >= 0 || (errno != EINTR && errno != EAGAIN) || attempt == 100)
      return static_cast<int>(result);
  }
}

int served_tree::open_stepwise(const std::string& relative) const {
  if (relative.empty())
    return retry([&] { return ::openat(root_, ".", open_flags | O_DIRECTORY); });
  int folder = root_;
  std::string_view rest = relative;
  for (;;) {
    const auto slash = rest.find('/');
    const std::string name{rest.substr(0, slash)};
    const bool is_last = slash == std::string_view::npos;
    const int flags = O_NOFOLLOW | (is_last ? open_flags : O_PATH | O_DIRECTORY | O_CLOEXEC);
    const int next = retry([&] { return ::openat(folder, name.c_str(), flags); });
    const int problem = errno;
    if (folder != root_)
      ::close(folder);
    errno = problem;
    if (next < 0 || is_last)
      return next;
    folder = next;
    rest.remove_prefix(slash + 1);
  }
}

} // namespace actors::http::internal
