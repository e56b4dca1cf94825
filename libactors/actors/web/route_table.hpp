#pragma once

#include <actors/http/method.hpp>
#include <actors/web/path_pattern.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace actors::web {

/// Which route a request takes: methods and paths to numbers.
///
/// The most specific path wins, whatever the order in which they were added: of two that take a request the one that
/// is more specific in the first segment in which they differ. Text is more specific than a parameter, a parameter
/// with text around it than one without (the longer text first), then `uuid`, `int`, `float` and `str`, and the rest
/// of the path comes last. A path whose methods do not fit does not stand aside for a less specific one: the answer is
/// 405.
///
/// GET serves HEAD where that has no route of its own. Threads: built by one, then read by all. Cost: of a lookup one
/// step a segment, whatever the number of routes, and one more a kind of parameter where routes differ in them;
/// nothing is allocated for text without parameters that has no percent-encoding.
class route_table {
public:
  route_table();
  ~route_table();
  route_table(route_table&&) noexcept;
  route_table& operator=(route_table&&) noexcept;

  /// @throws misuse_error if there is a route for this method with this path already, or one that differs only in the
  /// names of its parameters
  void add(http::method how, const path_pattern& where, std::size_t route);

  enum class verdict : std::uint8_t { found, no_path, no_method };

  struct match {
    verdict result = verdict::no_path;
    std::size_t route = 0;
    /// In the order of the path; decoded.
    std::vector<std::string> values;
    /// The methods that the path has, HEAD included where it is served; if it was found.
    std::vector<http::method> methods;
  };

  /// `path` is that of a request's target, its percent-encoding not undone.
  [[nodiscard]] match find(http::method how, std::string_view path) const;

  /// Whether there is a path for it, for any method.
  [[nodiscard]] bool has_path(std::string_view path) const;

private:
  struct node;

  std::unique_ptr<node> root_;
};

} // namespace actors::web
