#include <actors/sql/internal/statement_cache.hpp>

#include <sqlite3.h>

namespace actors::sql::internal {

statement_cache::~statement_cache() {
  for (auto* statement : used_last_first_)
    sqlite3_finalize(statement);
}

sqlite3_stmt* statement_cache::take(std::string_view sql) noexcept {
  const auto found = by_text_.find(sql);
  if (found == by_text_.end())
    return nullptr;
  auto* statement = *found->second;
  used_last_first_.erase(found->second);
  by_text_.erase(found);
  return statement;
}

void statement_cache::put(sqlite3_stmt* statement) noexcept {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  const std::string_view sql = sqlite3_sql(statement);
  if (capacity_ == 0 || by_text_.contains(sql)) {
    sqlite3_finalize(statement);
    return;
  }
  try {
    used_last_first_.push_front(statement);
  } catch (...) {
    sqlite3_finalize(statement);
    return;
  }
  try {
    by_text_.emplace(sql, used_last_first_.begin());
  } catch (...) {
    used_last_first_.pop_front();
    sqlite3_finalize(statement);
    return;
  }
  if (used_last_first_.size() > capacity_) {
    auto* oldest = used_last_first_.back();
    by_text_.erase(sqlite3_sql(oldest));
    used_last_first_.pop_back();
    sqlite3_finalize(oldest);
  }
}

} // namespace actors::sql::internal
