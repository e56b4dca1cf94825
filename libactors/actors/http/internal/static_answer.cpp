#include <actors/http/internal/static_answer.hpp>

#include <actors/http/conditional.hpp>
#include <actors/http/content_negotiation.hpp>
#include <actors/http/date.hpp>
#include <actors/http/internal/served_path.hpp>
#include <actors/http/query.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace actors::http::internal {

namespace {

using std::chrono::sys_seconds;

constexpr std::size_t max_listed = 10'000;

response plain(status code) {
  std::string text = std::to_string(http::code(code));
  text.append(" ").append(reason_phrase(code)).append("\n");
  return response{code, std::move(text), "text/plain; charset=utf-8"};
}

/// The path below the prefix; nothing if it is not there.
std::optional<std::string_view> below_prefix(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix))
    return std::nullopt;
  path.remove_prefix(prefix.size());
  if (!prefix.empty() && !path.empty() && path.front() != '/')
    return std::nullopt;
  return path;
}

std::string hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr};
}

std::string html(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
    case '&':
      result.append("&amp;");
      break;
    case '<':
      result.append("&lt;");
      break;
    case '>':
      result.append("&gt;");
      break;
    case '"':
      result.append("&quot;");
      break;
    case '\'':
      result.append("&#39;");
      break;
    default:
      result.push_back(c);
    }
  }
  return result;
}

/// The page that lists a folder. Every name is encoded for where it stands, and no script could run.
response listing(const served_entry& folder, const std::string& relative, const static_options& options) {
  const auto title = html(relative.empty() ? "/" : "/" + relative + "/");
  std::string page = "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>" + title +
                     "</title></head>\n<body>\n<h1>" + title + "</h1>\n<ul>\n";
  if (!relative.empty())
    page.append("<li><a href=\"../\">../</a></li>\n");
  const auto names = folder.names(options.dot_files(), max_listed);
  for (const auto& [name, is_folder] : names) {
    const std::string_view slash = is_folder ? "/" : "";
    // "./", so that a name with a colon is not taken for a scheme.
    page.append("<li><a href=\"./").append(percent_encode(name)).append(slash).append("\">");
    page.append(html(name)).append(slash).append("</a></li>\n");
  }
  page.append("</ul>\n");
  if (names.size() == max_listed)
    page.append("<p>Only the first names are shown.</p>\n");
  page.append("</body>\n</html>\n");
  return response{status::ok, std::move(page), "text/html; charset=utf-8"}.set("Content-Security-Policy",
                                                                               "default-src 'none'");
}

/// The form of a file that the client likes best, of those that lie beside it.
struct variant {
  served_entry file;
  std::string_view coding; // empty for the file itself
};

/// A file beside the one that is asked for; not open if we cannot have it.
served_entry open_beside(const served_tree& tree, const std::string& relative) {
  try {
    return tree.open(relative);
  } catch (const std::system_error& problem) {
    if (problem.code() == std::errc::permission_denied)
      return {};
    throw;
  }
}

variant choose_variant(const served_tree& tree, const std::string& relative, served_entry file, const request& r) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 2> known{{{"br", ".br"}, {"gzip", ".gz"}}};
  const accepted_codings accepted{r.fields()};
  if (!r.fields().contains("Accept-Encoding"))
    return {std::move(file), {}};
  std::vector<std::string_view> offers;
  std::array<served_entry, known.size()> found;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto& [coding, suffix] = known[i];
    if (accepted.quality(coding) == 0)
      continue;
    auto beside = open_beside(tree, relative + suffix);
    if (!beside.is_file() || beside.modified() < file.modified())
      continue;
    found[i] = std::move(beside);
    offers.push_back(coding);
  }
  const auto chosen = accepted.choose(offers);
  for (std::size_t i = 0; i < known.size(); ++i)
    if (chosen == known[i].first)
      return {std::move(found[i]), known[i].first};
  return {std::move(file), {}};
}

} // namespace

std::optional<response> static_answer::refuse(const static_options& options, const request& r) {
  if (r.method() != method::get && r.method() != method::head)
    return plain(status::method_not_allowed).set("Allow", "GET, HEAD");
  const auto path = below_prefix(r.path(), options.prefix());
  if (!path)
    return plain(status::not_found);
  if (path->empty() && !options.prefix().empty())
    return std::nullopt;
  const auto wanted = served_path::parse(*path, options.dot_files());
  return wanted.problem() == status::ok ? std::nullopt : std::optional{plain(wanted.problem())};
}

static_answer static_answer::find(const served_tree& tree, const static_options& options, const request& r) {
  const auto path = below_prefix(r.path(), options.prefix()).value_or("");
  const bool is_bare_prefix = path.empty();
  const auto wanted = is_bare_prefix ? served_path{} : served_path::parse(path, options.dot_files());
  auto relative = wanted.relative();
  served_entry entry;
  try {
    entry = tree.open(relative);
    if (!entry.is_open())
      return static_answer{plain(status::not_found)};
    if (entry.is_folder()) {
      if (!wanted.names_folder()) {
        // Its segments are not empty, so this never begins with two slashes, which would be another host.
        std::string target{r.path()};
        target.push_back('/');
        if (r.target().find('?') != std::string::npos)
          target.append("?").append(r.query());
        return static_answer{plain(status::moved_permanently).set("Location", target)};
      }
      served_entry page;
      std::string page_path;
      for (const auto& name : options.index()) {
        page_path = relative;
        if (!page_path.empty())
          page_path.push_back('/');
        page_path.append(name);
        page = tree.open(page_path);
        if (page.is_file())
          break;
      }
      if (!page.is_file())
        return static_answer{options.list_folders() ? listing(entry, relative, options) : plain(status::forbidden)};
      entry = std::move(page);
      relative = std::move(page_path);
    } else if (wanted.names_folder()) {
      return static_answer{plain(status::not_found)};
    }
  } catch (const std::system_error& problem) {
    if (problem.code() == std::errc::permission_denied)
      return static_answer{plain(status::forbidden)};
    throw;
  }
  response head;
  std::string_view coding;
  if (options.precompressed()) {
    auto chosen = choose_variant(tree, relative, std::move(entry), r);
    entry = std::move(chosen.file);
    coding = chosen.coding;
    add_vary(head.fields(), "Accept-Encoding");
  }
  head.set("Content-Type", options.content_type_for(relative));
  if (!coding.empty())
    head.set("Content-Encoding", coding);
  if (!options.cache_control().empty())
    head.set("Cache-Control", options.cache_control());
  return static_answer{r, std::move(entry), std::move(head), options};
}

static_answer::static_answer(const request& r, served_entry file, response head, const static_options& options)
    : head_(std::move(head)) {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const auto now_second = floor<seconds>(now);
  const sys_time<nanoseconds> changed{nanoseconds{file.modified()}};
  auto opaque = hex(static_cast<std::uint64_t>(file.modified())) + "-" + hex(file.size());
  if (const auto coding = head_.get("Content-Encoding"))
    opaque.append("-").append(*coding);
  entity_tag tag{std::move(opaque)};
  // Within the last moment it may have changed twice without another time.
  if (changed + seconds{1} > now)
    tag = tag.weakened();
  const auto current = validators{}.etag(tag).last_modified(std::min(floor<seconds>(changed), now_second));
  head_.set("ETag", tag.to_string()).set("Last-Modified", format_date(*current.last_modified()));
  switch (check_preconditions(r, current, now_second)) {
  case precondition::failed:
    head_ = plain(status::precondition_failed);
    return;
  case precondition::not_modified:
    head_.fields().remove("Content-Type");
    head_.fields().remove("Content-Encoding");
    head_.set_status(status::not_modified);
    return;
  case precondition::proceed:
    break;
  }
  head_.set("Accept-Ranges", "bytes");
  const auto size = file.size();
  auto selected = range_selection{range_selection::kind::whole};
  if (range_applies(r, current, now_second))
    selected = select_ranges(r, size, options.max_ranges());
  std::uint64_t length = size;
  switch (selected.what()) {
  case range_selection::kind::unsatisfiable:
    head_ = plain(status::range_not_satisfiable).set("Content-Range", unsatisfied_range(size));
    return;
  case range_selection::kind::partial:
    ranges_ = selected.ranges();
    head_.set_status(status::partial_content);
    if (ranges_.size() == 1) {
      length = ranges_.front().size();
      head_.set("Content-Range", content_range(ranges_.front(), size));
    } else {
      parts_.emplace(ranges_, size, head_.get("Content-Type").value_or(""));
      length = parts_->content_length();
      head_.set("Content-Type", parts_->content_type());
    }
    break;
  case range_selection::kind::whole:
    if (size > 0)
      ranges_.emplace_back(0, size - 1);
    break;
  }
  if (r.method() == method::head) {
    head_.set("Content-Length", std::to_string(length));
    return;
  }
  if (length > small || parts_) {
    head_.set("Content-Length", std::to_string(length));
    file_ = std::move(file);
    return;
  }
  std::string body(length, '\0');
  if (length > 0 && file.read(body, ranges_.front().first()) < length)
    throw std::runtime_error("a file became shorter while it was read");
  head_.set_body(std::move(body));
}

} // namespace actors::http::internal
