#include <actors/http/static_site.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/http/internal/served_tree.hpp>
#include <actors/http/internal/static_answer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>

namespace actors::http {

namespace {

using internal::static_answer;

/// A piece of a big file. Above the size from which a connection writes without copying.
constexpr std::size_t piece_size = std::size_t{128} * 1024;

using body_sink = std::function<task<void>(std::string_view)>;

task<void> write_range(const body_sink& to, const internal::served_entry& file, byte_range range,
                       std::span<char> room) {
  auto offset = range.first();
  auto left = range.size();
  while (left > 0) {
    const auto piece = room.first(std::min<std::uint64_t>(left, room.size()));
    auto reading = to_thread([&file, piece, offset] { return file.read(piece, offset); });
    const auto size = co_await reading;
    if (size < piece.size())
      throw std::runtime_error("a file became shorter while it was sent");
    co_await to(std::string_view{piece.data(), size});
    offset += size;
    left -= size;
  }
}

task<void> write_file(static_answer& answer, body_sink to) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(piece_size);
  const std::span<char> room{buffer.get(), piece_size};
  const auto& ranges = answer.ranges();
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (answer.parts()) {
      const auto header = answer.parts()->header(i);
      co_await to(header);
    }
    co_await write_range(to, answer.file(), ranges[i], room);
  }
  if (answer.parts()) {
    const auto end = answer.parts()->end();
    co_await to(end);
  }
}

} // namespace

class static_site::answer::state {
public:
  explicit state(static_answer of) : it(std::move(of)) {}

  static_answer it;
};

static_site::answer::answer(std::unique_ptr<state> content) noexcept : state_(std::move(content)) {}

static_site::answer::answer(answer&&) noexcept = default;
static_site::answer& static_site::answer::operator=(answer&&) noexcept = default;
static_site::answer::~answer() = default;

response& static_site::answer::head() noexcept {
  return state_->it.head();
}

bool static_site::answer::has_body_in_pieces() const noexcept {
  return state_->it.file().is_open();
}

task<void> static_site::answer::write_body(std::function<task<void>(std::string_view)> to) {
  return write_file(state_->it, std::move(to));
}

struct static_site::state {
  state(const std::filesystem::path& root, static_options chosen)
      : options(std::move(chosen)), tree(root, options.follow_links()) {}

  static_options options;
  internal::served_tree tree;
};

static_site::static_site(const std::filesystem::path& root, static_options options)
    : state_(std::make_shared<const state>(root, std::move(options))) {}

const static_options& static_site::options() const noexcept {
  return state_->options;
}

task<static_site::answer> static_site::find(const request& what) const {
  const auto kept = state_;
  if (auto refused = static_answer::refuse(kept->options, what))
    co_return answer{std::make_unique<answer::state>(static_answer{std::move(*refused)})};
  auto looking = to_thread([&] { return static_answer::find(kept->tree, kept->options, what); });
  auto found = co_await looking;
  co_return answer{std::make_unique<answer::state>(std::move(found))};
}

} // namespace actors::http
