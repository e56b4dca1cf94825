#include <actors/web/route_table.hpp>

#include <actors/core/error.hpp>
#include <actors/http/query.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

namespace actors::web {

namespace {

/// How specific a parameter is; the lowest comes first.
auto rank(const path_segment& s) noexcept {
  const auto text = s.before.size() + s.behind.size();
  const auto kind = [&] {
    switch (s.kind) {
    case parameter_kind::uuid:
      return 0;
    case parameter_kind::integer:
      return 1;
    case parameter_kind::number:
      return 2;
    case parameter_kind::text:
      return 3;
    case parameter_kind::rest:
      return 4;
    }
    return 5;
  }();
  // More text first; what remains only makes the order one.
  return std::tuple{s.kind == parameter_kind::rest, ~text, kind, s.before, s.behind};
}

} // namespace

struct route_table::node {
  struct branch {
    std::string before;
    std::string behind;
    parameter_kind kind;
    std::unique_ptr<node> next;

    [[nodiscard]] path_segment segment() const noexcept { return {before, "x", behind, kind}; }
  };

  std::map<std::string, std::unique_ptr<node>, std::less<>> texts;
  std::vector<branch> parameters; // the most specific first
  std::map<http::method, std::size_t> routes;

  node& step(const path_segment& by) {
    if (by.name.empty()) {
      auto& next = texts[http::percent_decode(by.before)];
      if (!next)
        next = std::make_unique<node>();
      return *next;
    }
    const auto place = std::lower_bound(parameters.begin(), parameters.end(), by,
                                        [](const branch& b, const auto& s) { return rank(b.segment()) < rank(s); });
    if (place != parameters.end() && rank(place->segment()) == rank(by))
      return *place->next;
    branch made{std::string{by.before}, std::string{by.behind}, by.kind, std::make_unique<node>()};
    return *parameters.insert(place, std::move(made))->next;
  }
};

route_table::route_table() : root_(std::make_unique<node>()) {}

route_table::~route_table() = default;
route_table::route_table(route_table&&) noexcept = default;
route_table& route_table::operator=(route_table&&) noexcept = default;

void route_table::add(http::method how, const path_pattern& where, std::size_t route) {
  auto* at = root_.get();
  for (const auto& segment : where.segments())
    at = &at->step(segment);
  if (!at->routes.emplace(how, route).second)
    throw misuse_error("there are two routes " + std::string{to_string(how)} + " " + std::string{where.text()} +
                       " (the names of parameters make no difference)");
}

namespace {

/// The text that a parameter takes of a segment; nothing if it does not take it.
std::optional<std::string_view> value_in(std::string_view segment, std::string_view before, std::string_view behind,
                                         parameter_kind kind) {
  if (segment.size() < before.size() + behind.size() || !segment.starts_with(before) || !segment.ends_with(behind))
    return std::nullopt;
  segment.remove_prefix(before.size());
  segment.remove_suffix(behind.size());
  if (!takes(kind, segment))
    return std::nullopt;
  return segment;
}

/// The segments of a path, in turn.
class path_walk {
public:
  explicit path_walk(std::string_view rest) noexcept : rest_(rest) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  /// All that is left, without its first slash.
  [[nodiscard]] std::string_view rest() const noexcept { return rest_.substr(1); }

  std::string_view next() noexcept {
    const auto end = rest_.find('/', 1);
    const auto result = rest_.substr(1, end == std::string_view::npos ? end : end - 1);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end);
    return result;
  }

private:
  std::string_view rest_;
};

/// As it was meant; `room` holds it if it differs.
std::string_view decoded(std::string_view text, std::string& room) {
  if (text.find('%') == std::string_view::npos)
    return text;
  room = http::percent_decode(text);
  return room;
}

} // namespace

namespace {

/// Where a path leads. Each node is entered at most once, as only one way leads there.
template <class Node>
const Node* find_node(const Node& at, path_walk way, std::vector<std::string>& values) {
  if (way.at_end())
    return at.routes.empty() ? nullptr : &at;
  const auto rest = way.rest();
  std::string room;
  const auto segment = decoded(way.next(), room);
  if (const auto text = at.texts.find(segment); text != at.texts.end())
    if (const auto* found = find_node(*text->second, way, values))
      return found;
  for (const auto& branch : at.parameters) {
    if (branch.kind == parameter_kind::rest) {
      std::string whole;
      if (const auto value = value_in(decoded(rest, whole), branch.before, branch.behind, branch.kind)) {
        values.emplace_back(*value);
        return branch.next.get();
      }
    } else if (const auto value = value_in(segment, branch.before, branch.behind, branch.kind)) {
      values.emplace_back(*value);
      if (const auto* found = find_node(*branch.next, way, values))
        return found;
      values.pop_back();
    }
  }
  return nullptr;
}

} // namespace

route_table::match route_table::find(http::method how, std::string_view path) const {
  match result;
  if (!path.starts_with('/'))
    return result;
  const auto* at = find_node(*root_, path_walk{path}, result.values);
  if (at == nullptr)
    return result;
  auto route = at->routes.find(how);
  if (route == at->routes.end() && how == http::method::head)
    route = at->routes.find(http::method::get);
  if (route != at->routes.end()) {
    result.result = verdict::found;
    result.route = route->second;
    return result;
  }
  result.result = verdict::no_method;
  for (const auto& [method, number] : at->routes)
    result.methods.push_back(method);
  if (at->routes.contains(http::method::get) && !at->routes.contains(http::method::head))
    result.methods.push_back(http::method::head);
  return result;
}

bool route_table::has_path(std::string_view path) const {
  std::vector<std::string> values;
  return path.starts_with('/') && find_node(*root_, path_walk{path}, values) != nullptr;
}

} // namespace actors::web
