#include <actors/web/static_folder.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace actors::web {

namespace {

bool is_below(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

task<void> write_file(std::shared_ptr<http::static_site::answer> file, body_writer& to) {
  auto body = file->write_body([&to](std::string_view piece) { return to.write(piece); });
  co_await std::move(body);
}

} // namespace

static_folder::static_folder(std::string prefix, const std::filesystem::path& root, http::static_options options)
    : site_(root, std::move(options.prefix(std::move(prefix)))) {}

task<reply> static_folder::operator()(context& c, next go_on) const {
  const auto& r = c.request();
  const bool is_asked = r.method() == http::method::get || r.method() == http::method::head;
  if (!is_below(r.path(), site_.options().prefix()) || (only_if_found_ && !is_asked))
    co_return co_await go_on(c);
  auto found = co_await site_.find(r);
  auto file = std::make_shared<http::static_site::answer>(std::move(found));
  if (only_if_found_ && file->head().status() == http::status::not_found)
    co_return co_await go_on(c);
  auto head = std::move(file->head());
  if (!file->has_body_in_pieces())
    co_return reply{std::move(head)};
  co_return reply::streamed(std::move(head), [file](body_writer& to) { return write_file(file, to); });
}

} // namespace actors::web
