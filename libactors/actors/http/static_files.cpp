#include <actors/http/static_files.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/http/content_type.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/internal/served_tree.hpp>
#include <actors/http/internal/static_answer.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

namespace actors::http {

namespace {

using internal::static_answer;

/// A piece of a big file. Above the size from which a connection writes without copying.
constexpr std::size_t piece_size = std::size_t{128} * 1024;

class file_handler {
public:
  file_handler(const std::filesystem::path& root, static_options options)
      : state_(std::make_shared<const state>(root, std::move(options))) {}

  task<void> operator()(server_exchange& x) const {
    const auto& [options, tree] = *state_;
    if (auto refused = static_answer::refuse(options, x.head())) {
      co_await x.send(std::move(*refused));
      co_return;
    }
    auto looking =
        to_thread([&tree = tree, &options = options, &r = x.head()] { return static_answer::find(tree, options, r); });
    auto answer = co_await looking;
    if (!answer.file().is_open()) {
      co_await x.send(std::move(answer.head()));
      co_return;
    }
    co_await x.start(std::move(answer.head()));
    const auto buffer = std::make_unique_for_overwrite<char[]>(piece_size);
    const std::span<char> room{buffer.get(), piece_size};
    const auto& ranges = answer.ranges();
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (answer.parts()) {
        const auto header = answer.parts()->header(i);
        co_await x.write(header);
      }
      co_await send(x, answer.file(), ranges[i], room);
    }
    if (answer.parts()) {
      const auto end = answer.parts()->end();
      co_await x.write(end);
    }
  }

private:
  struct state {
    state(const std::filesystem::path& root, static_options chosen)
        : options(std::move(chosen)), tree(root, options.follow_links()) {}

    static_options options;
    internal::served_tree tree;
  };

  static task<void> send(server_exchange& x, const internal::served_entry& file, byte_range range,
                         std::span<char> room) {
    auto offset = range.first();
    auto left = range.size();
    while (left > 0) {
      const auto piece = room.first(std::min<std::uint64_t>(left, room.size()));
      auto reading = to_thread([&file, piece, offset] { return file.read(piece, offset); });
      const auto size = co_await reading;
      if (size < piece.size())
        throw std::runtime_error("a file became shorter while it was sent");
      co_await x.write(std::string_view{piece.data(), size});
      offset += size;
      left -= size;
    }
  }

  std::shared_ptr<const state> state_;
};

/// Checks a text by the rules of field values.
std::string checked(std::string value) {
  fields{}.set("Value", value);
  return value;
}

} // namespace

static_options& static_options::prefix(std::string value) {
  while (value.ends_with('/'))
    value.pop_back();
  if (!value.empty() &&
      (!value.starts_with('/') || value.starts_with("//") || !internal::consists_of(internal::target_char, value)))
    throw error{errc::invalid_target, "prefix " + internal::quoted(value) + " is not the path of a target"};
  prefix_ = std::move(value);
  return *this;
}

static_options& static_options::cache_control(std::string value) {
  cache_control_ = checked(std::move(value));
  return *this;
}

static_options& static_options::charset(std::string value) {
  charset_ = checked(std::move(value));
  return *this;
}

static_options& static_options::content_type(std::string extension, std::string value) {
  types_.emplace_back(std::move(extension), checked(std::move(value)));
  return *this;
}

std::string static_options::content_type_for(std::string_view file_name) const {
  const auto name = file_name.substr(file_name.rfind('/') + 1);
  const auto dot = name.rfind('.');
  if (dot != std::string_view::npos)
    for (const auto& [extension, type] : types_)
      if (internal::iequals(extension, name.substr(dot + 1)))
        return type;
  std::string result{content_type_of(name)};
  if (result.empty())
    return "application/octet-stream";
  if (result.starts_with("text/") && !charset_.empty())
    result.append("; charset=").append(charset_);
  return result;
}

handler static_files(const std::filesystem::path& root, static_options options) {
  return file_handler{root, std::move(options)};
}

} // namespace actors::http
