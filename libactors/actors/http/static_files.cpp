#include <actors/http/static_files.hpp>

#include <actors/http/content_type.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/static_site.hpp>

#include <string_view>

namespace actors::http {

namespace {

class file_handler {
public:
  explicit file_handler(static_site site) : site_(std::move(site)) {}

  task<void> operator()(server_exchange& x) const {
    auto answer = co_await site_.find(x.head());
    if (!answer.has_body_in_pieces()) {
      co_await x.send(std::move(answer.head()));
      co_return;
    }
    co_await x.start(std::move(answer.head()));
    auto body = answer.write_body([&x](std::string_view piece) { return x.write(piece); });
    co_await std::move(body);
  }

private:
  static_site site_;
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
  return file_handler{static_site{root, std::move(options)}};
}

} // namespace actors::http
