#pragma once

#include <actors/sql/value.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What a statement gives back: rows with named columns, and what it changed.
///
/// A `row` owns its values and shares the column names with the other rows of its result, so it may outlive the
/// `result_set`. Read a cell by index or by name: `row.get<std::string>("title")`. Names compare as SQL does, ASCII
/// letters without case; the first of several columns with the same name is found. Both are plain values that travel in
/// messages (`inspect`); copying a result copies its values.
///
/// Errors: `sql::error` with `no_such_column`, which lists the columns that there are, or `type_mismatch`, which names
/// the column.
namespace actors::sql {

/// The names of the columns of a result, from left to right.
using column_names = std::vector<std::string>;

namespace detail {

[[nodiscard]] std::shared_ptr<const column_names> no_columns();
[[nodiscard]] std::size_t find_column(const column_names& columns, std::string_view name);
void check_column(const column_names& columns, std::size_t index);
[[noreturn]] void rethrow_with_column(std::string_view name);

} // namespace detail

class row {
public:
  row() : columns_(detail::no_columns()) {}

  /// `values` must be as many as `columns`, else `sql::error` (`misuse`).
  row(std::shared_ptr<const column_names> columns, std::vector<value> values);

  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }

  [[nodiscard]] const column_names& columns() const noexcept { return *columns_; }

  [[nodiscard]] const value& operator[](std::size_t index) const {
    detail::check_column(*columns_, index);
    return values_[index];
  }

  [[nodiscard]] const value& operator[](std::string_view name) const {
    return values_[detail::find_column(*columns_, name)];
  }

  template <class T>
  [[nodiscard]] T get(std::size_t index) const {
    const auto& cell = (*this)[index];
    try {
      return cell.get<T>();
    } catch (...) {
      detail::rethrow_with_column((*columns_)[index]);
    }
  }

  template <class T>
  [[nodiscard]] T get(std::string_view name) const {
    return get<T>(detail::find_column(*columns_, name));
  }

  [[nodiscard]] auto begin() const noexcept { return values_.begin(); }

  [[nodiscard]] auto end() const noexcept { return values_.end(); }

  friend bool operator==(const row& a, const row& b) { return a.values_ == b.values_ && *a.columns_ == *b.columns_; }

  template <class Inspector>
  friend bool inspect(Inspector& f, row& x) {
    auto columns = *x.columns_;
    if (!f.object(x).fields(f.field("columns", columns), f.field("values", x.values_)))
      return false;
    if constexpr (Inspector::is_loading) {
      if (columns.size() != x.values_.size()) {
        f.emplace_error(caf::sec::invalid_argument, "a row needs one value for each column");
        return false;
      }
      x.columns_ = std::make_shared<const column_names>(std::move(columns));
    }
    return true;
  }

private:
  std::shared_ptr<const column_names> columns_;
  std::vector<value> values_;
};

class result_set {
public:
  result_set() : columns_(detail::no_columns()) {}

  explicit result_set(column_names columns) : columns_(std::make_shared<const column_names>(std::move(columns))) {}

  [[nodiscard]] const column_names& columns() const noexcept { return *columns_; }

  /// The number of rows.
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

  [[nodiscard]] const row& operator[](std::size_t index) const;

  /// The first row; `sql::error` (`misuse`) if there is none.
  [[nodiscard]] const row& front() const { return (*this)[0]; }

  [[nodiscard]] auto begin() const noexcept { return rows_.begin(); }

  [[nodiscard]] auto end() const noexcept { return rows_.end(); }

  /// The rows inserted, updated or deleted by the statement; 0 for a query.
  [[nodiscard]] std::int64_t changes() const noexcept { return changes_; }

  /// SQLite's rowid of the last insert on the connection, if the statement changed something.
  [[nodiscard]] std::int64_t last_insert_id() const noexcept { return last_insert_id_; }

  /// Appends a row; `sql::error` (`misuse`) unless there is one value for each column.
  void add(std::vector<value> values);

  void set_changes(std::int64_t changes, std::int64_t last_insert_id) noexcept {
    changes_ = changes;
    last_insert_id_ = last_insert_id;
  }

  friend bool operator==(const result_set& a, const result_set& b) {
    return *a.columns_ == *b.columns_ && a.rows_ == b.rows_ && a.changes_ == b.changes_ &&
           a.last_insert_id_ == b.last_insert_id_;
  }

  /// Column names travel once, not with every row.
  template <class Inspector>
  friend bool inspect(Inspector& f, result_set& x) {
    auto columns = *x.columns_;
    std::vector<value> cells;
    auto rows = static_cast<std::uint64_t>(x.rows_.size());
    if constexpr (!Inspector::is_loading)
      cells = x.flattened();
    if (!f.object(x).fields(f.field("columns", columns), f.field("rows", rows), f.field("values", cells),
                            f.field("changes", x.changes_), f.field("last_insert_id", x.last_insert_id_)))
      return false;
    if constexpr (Inspector::is_loading) {
      if (!x.assign(std::move(columns), rows, std::move(cells))) {
        f.emplace_error(caf::sec::invalid_argument, "the number of values does not fit the rows and columns");
        return false;
      }
    }
    return true;
  }

private:
  [[nodiscard]] std::vector<value> flattened() const;
  [[nodiscard]] bool assign(column_names columns, std::uint64_t rows, std::vector<value> cells);

  std::shared_ptr<const column_names> columns_;
  std::vector<row> rows_;
  std::int64_t changes_ = 0;
  std::int64_t last_insert_id_ = 0;
};

} // namespace actors::sql
