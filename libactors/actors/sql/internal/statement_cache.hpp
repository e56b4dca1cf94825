#pragma once

#include <cstddef>
#include <list>
#include <string_view>
#include <unordered_map>

struct sqlite3_stmt;

namespace actors::sql::internal {

/// The prepared statements of one connection that nobody uses at the moment; the one used longest ago goes first.
class statement_cache {
public:
  explicit statement_cache(std::size_t capacity) : capacity_(capacity) {}

  statement_cache(statement_cache&&) = default;
  statement_cache& operator=(statement_cache&&) = delete;
  ~statement_cache();

  /// Takes the statement with this text out of the cache; null if there is none.
  [[nodiscard]] sqlite3_stmt* take(std::string_view sql) noexcept;

  /// Puts a statement in, reset and without parameters, or finalises it.
  void put(sqlite3_stmt* statement) noexcept;

private:
  std::size_t capacity_;
  std::list<sqlite3_stmt*> used_last_first_;
  /// The keys are the statements' own copies of their text.
  std::unordered_map<std::string_view, std::list<sqlite3_stmt*>::iterator> by_text_;
};

} // namespace actors::sql::internal
