#include <actors/sql/result.hpp>

#include <actors/sql/error.hpp>

#include <algorithm>
#include <iterator>

namespace actors::sql {

namespace {

bool same_name(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string listed(const column_names& columns) {
  if (columns.empty())
    return "the result has no columns";
  std::string text{"the result has the columns "};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i == 20)
      return text + ", …";
    text += (i == 0 ? "" : ", ") + columns[i];
  }
  return text;
}

} // namespace

namespace detail {

std::shared_ptr<const column_names> no_columns() {
  return std::make_shared<const column_names>();
}

std::size_t find_column(const column_names& columns, std::string_view name) {
  const auto found = std::ranges::find_if(columns, [name](const auto& x) { return same_name(x, name); });
  if (found == columns.end())
    throw error{errc::no_such_column, {}, "no column is named \"" + std::string{name} + "\"; " + listed(columns)};
  return static_cast<std::size_t>(found - columns.begin());
}

void check_column(const column_names& columns, std::size_t index) {
  if (index >= columns.size())
    throw error{errc::no_such_column, {}, "there is no column " + std::to_string(index) + "; " + listed(columns)};
}

void rethrow_with_column(std::string_view name) {
  try {
    throw;
  } catch (const error& e) {
    throw error{e.kind(), {}, "column \"" + std::string{name} + "\": " + e.what(), e.native_code()};
  }
}

} // namespace detail

row::row(std::shared_ptr<const column_names> columns, std::vector<value> values)
    : columns_(columns ? std::move(columns) : detail::no_columns()), values_(std::move(values)) {
  if (columns_->size() != values_.size())
    throw error{errc::misuse,
                {},
                "a row with " + std::to_string(columns_->size()) + " columns cannot hold " +
                    std::to_string(values_.size()) + " values"};
}

const row& result_set::operator[](std::size_t index) const {
  if (index >= rows_.size())
    throw error{errc::misuse,
                {},
                "there is no row " + std::to_string(index) + " in a result of " + std::to_string(rows_.size())};
  return rows_[index];
}

void result_set::add(std::vector<value> values) {
  rows_.emplace_back(columns_, std::move(values));
}

std::vector<value> result_set::flattened() const {
  std::vector<value> cells;
  cells.reserve(rows_.size() * columns_->size());
  for (const auto& x : rows_)
    cells.insert(cells.end(), x.begin(), x.end());
  return cells;
}

bool result_set::assign(column_names columns, std::uint64_t rows, std::vector<value> cells) {
  const auto width = columns.size();
  // A result without columns has no rows, so a peer cannot ask for rows that cost it nothing.
  if (width == 0 ? rows != 0 || !cells.empty() : cells.size() % width != 0 || cells.size() / width != rows)
    return false;
  columns_ = std::make_shared<const column_names>(std::move(columns));
  rows_.clear();
  rows_.reserve(rows);
  for (auto from = cells.begin(); from != cells.end();) {
    const auto to = from + static_cast<std::ptrdiff_t>(width);
    rows_.emplace_back(columns_, std::vector<value>{std::make_move_iterator(from), std::make_move_iterator(to)});
    from = to;
  }
  return true;
}

} // namespace actors::sql
