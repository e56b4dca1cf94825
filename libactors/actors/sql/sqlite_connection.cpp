#include <actors/sql/sqlite_connection.hpp>

#include <actors/sql/error.hpp>
#include <actors/sql/internal/sqlite_error.hpp>
#include <actors/sql/internal/statement_cache.hpp>

#include <sqlite3.h>

#include <climits>
#include <new>
#include <utility>

namespace actors::sql {

namespace {

/// SQLite takes a null pointer for SQL's null, so an empty text needs an address.
const char* address(std::string_view text) noexcept {
  return text.data() == nullptr ? "" : text.data();
}

std::string_view without_trailing_blanks(std::string_view sql) noexcept {
  while (!sql.empty() && (sql.back() == ' ' || sql.back() == '\n' || sql.back() == '\t' || sql.back() == '\r'))
    sql.remove_suffix(1);
  return sql;
}

int open_flags(sqlite_options::access access) noexcept {
  switch (access) {
  case sqlite_options::access::create:
    return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  case sqlite_options::access::read_write:
    return SQLITE_OPEN_READWRITE;
  case sqlite_options::access::read_only:
    return SQLITE_OPEN_READONLY;
  }
  return SQLITE_OPEN_READONLY;
}

struct close_database {
  // The _v2 call waits for statements that somebody forgot instead of leaking the connection.
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};

} // namespace

struct sqlite_connection::impl {
  std::string file;
  std::chrono::milliseconds busy_timeout;
  std::unique_ptr<sqlite3, close_database> db;
  internal::statement_cache statements; // goes before the database
};

// ---- statements -----------------------------------------------------------------------------------------------------

sqlite_statement::sqlite_statement(sqlite_statement&& other) noexcept
    : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}

sqlite_statement& sqlite_statement::operator=(sqlite_statement&& other) noexcept {
  if (this != &other) {
    if (statement_ != nullptr)
      connection_->give_back(statement_);
    connection_ = other.connection_;
    statement_ = std::exchange(other.statement_, nullptr);
  }
  return *this;
}

sqlite_statement::~sqlite_statement() {
  if (statement_ != nullptr)
    connection_->give_back(statement_);
}

std::size_t sqlite_statement::parameters() const noexcept {
  return static_cast<std::size_t>(sqlite3_bind_parameter_count(statement_));
}

std::size_t sqlite_statement::columns() const noexcept {
  return static_cast<std::size_t>(sqlite3_column_count(statement_));
}

column_names sqlite_statement::names() const {
  column_names result;
  const auto count = sqlite3_column_count(statement_);
  for (auto i = 0; i < count; ++i) {
    const auto* name = sqlite3_column_name(statement_, i);
    result.emplace_back(name == nullptr ? "" : name);
  }
  return result;
}

sqlite_statement& sqlite_statement::bind(std::size_t parameter, const value& x) {
  const auto index = checked_parameter(parameter);
  if (const auto* integer = x.get_if<std::int64_t>())
    check(sqlite3_bind_int64(statement_, index, *integer));
  else if (const auto* real = x.get_if<double>())
    check(sqlite3_bind_double(statement_, index, *real));
  else if (const auto* text = x.get_if<std::string>())
    check(sqlite3_bind_text64(statement_, index, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  else if (const auto* bytes = x.get_if<blob>())
    check(bytes->empty() ? sqlite3_bind_zeroblob(statement_, index, 0)
                         : sqlite3_bind_blob64(statement_, index, bytes->data(), bytes->size(), SQLITE_TRANSIENT));
  else
    check(sqlite3_bind_null(statement_, index));
  return *this;
}

sqlite_statement& sqlite_statement::bind_text(std::size_t parameter, std::string_view text) {
  check(sqlite3_bind_text64(statement_, checked_parameter(parameter), address(text), text.size(), SQLITE_STATIC,
                            SQLITE_UTF8));
  return *this;
}

sqlite_statement& sqlite_statement::bind_integer(std::size_t parameter, std::int64_t x) {
  check(sqlite3_bind_int64(statement_, checked_parameter(parameter), x));
  return *this;
}

sqlite_statement& sqlite_statement::bind_null(std::size_t parameter) {
  check(sqlite3_bind_null(statement_, checked_parameter(parameter)));
  return *this;
}

sqlite_statement& sqlite_statement::bind_all(std::span<const value> values) {
  if (values.size() != parameters())
    throw error{errc::misuse, connection_->file(),
                "the statement has " + std::to_string(parameters()) + " parameters, but " +
                    std::to_string(values.size()) + " values were given [" +
                    internal::shown_sql(sqlite3_sql(statement_)) + ']'};
  for (std::size_t i = 0; i < values.size(); ++i)
    bind(i, values[i]);
  return *this;
}

bool sqlite_statement::step() {
  const auto code = sqlite3_step(statement_);
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  try {
    check(code);
  } catch (...) {
    sqlite3_reset(statement_);
    throw;
  }
  return false;
}

std::int64_t sqlite_statement::run() {
  auto* db = sqlite3_db_handle(statement_);
  const auto before = sqlite3_total_changes64(db);
  while (step()) {
  }
  // What triggers and foreign keys changed does not count, and a statement that changes nothing leaves the old number.
  const auto changes = sqlite3_total_changes64(db) == before ? 0 : sqlite3_changes64(db);
  reset();
  return changes;
}

value sqlite_statement::column(std::size_t index) const {
  const auto i = checked_column(index);
  switch (sqlite3_column_type(statement_, i)) {
  case SQLITE_INTEGER:
    return value{static_cast<std::int64_t>(sqlite3_column_int64(statement_, i))};
  case SQLITE_FLOAT:
    return value{sqlite3_column_double(statement_, i)};
  case SQLITE_TEXT:
    return value{text(index)};
  case SQLITE_BLOB: {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, i));
    const auto size = sqlite3_column_bytes(statement_, i);
    if (data == nullptr && size > 0)
      throw std::bad_alloc{};
    return value{data == nullptr ? blob{} : blob{data, data + size}};
  }
  default:
    return value{};
  }
}

std::string_view sqlite_statement::text(std::size_t index) const {
  const auto i = checked_column(index);
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, i));
  if (data == nullptr) {
    if (sqlite3_column_type(statement_, i) != SQLITE_NULL && sqlite3_column_bytes(statement_, i) > 0)
      throw std::bad_alloc{};
    return {};
  }
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, i))};
}

std::int64_t sqlite_statement::integer(std::size_t index) const {
  return sqlite3_column_int64(statement_, checked_column(index));
}

void sqlite_statement::reset() noexcept {
  sqlite3_reset(statement_);
}

void sqlite_statement::check(int code) const {
  if (code != SQLITE_OK)
    connection_->fail(code, sqlite3_sql(statement_));
}

int sqlite_statement::checked_parameter(std::size_t parameter) const {
  if (parameter >= parameters())
    throw error{errc::misuse, connection_->file(),
                "there is no parameter " + std::to_string(parameter) + ", the statement has " +
                    std::to_string(parameters()) + " [" + internal::shown_sql(sqlite3_sql(statement_)) + ']'};
  return static_cast<int>(parameter) + 1;
}

int sqlite_statement::checked_column(std::size_t index) const {
  if (index >= columns())
    throw error{errc::no_such_column, connection_->file(),
                "there is no column " + std::to_string(index) + ", the statement has " + std::to_string(columns()) +
                    " [" + internal::shown_sql(sqlite3_sql(statement_)) + ']'};
  return static_cast<int>(index);
}

// ---- transactions ---------------------------------------------------------------------------------------------------

sqlite_transaction::sqlite_transaction(sqlite_transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

sqlite_transaction::~sqlite_transaction() {
  rollback();
}

void sqlite_transaction::commit() {
  if (connection_ == nullptr)
    throw error{errc::misuse, {}, "the transaction has already ended"};
  if (!connection_->in_transaction()) {
    const auto file = std::exchange(connection_, nullptr)->file();
    throw error{errc::other, file, "the transaction was rolled back after an error"};
  }
  try {
    connection_->execute("commit");
  } catch (...) {
    rollback();
    throw;
  }
  connection_ = nullptr;
}

void sqlite_transaction::rollback() noexcept {
  auto* connection = std::exchange(connection_, nullptr);
  // A full disk, an I/O error and others have rolled back already.
  if (connection == nullptr || !connection->in_transaction())
    return;
  sqlite3_exec(connection->impl_->db.get(), "rollback", nullptr, nullptr, nullptr);
}

// ---- connections ----------------------------------------------------------------------------------------------------

sqlite_connection::sqlite_connection(std::string file, const sqlite_options& options)
    : impl_(std::make_unique<impl>(impl{std::move(file), options.busy_timeout(), nullptr,
                                        internal::statement_cache{options.cached_statements()}})) {
  if (impl_->file.empty() || impl_->file.find('\0') != std::string::npos)
    throw error{errc::cannot_open, impl_->file, "not the name of a file"};
  // No mutex inside SQLite: one thread at a time is this class's contract.
  const auto flags = open_flags(options.open_for()) | SQLITE_OPEN_NOMUTEX;
  sqlite3* db = nullptr;
  const auto code = sqlite3_open_v2(impl_->file.c_str(), &db, flags, nullptr);
  impl_->db.reset(db);
  if (code != SQLITE_OK)
    fail(code, {});
  sqlite3_extended_result_codes(db, 1);
  const auto timeout = std::min<std::chrono::milliseconds::rep>(options.busy_timeout().count(), INT_MAX);
  sqlite3_busy_timeout(db, static_cast<int>(timeout));

  // The first read looks at the header; nothing has been written until here.
  query("pragma schema_version");
  if (options.open_for() != sqlite_options::access::read_only) {
    // SQLite falls back to reading when it may not write, and would only say so at the first change.
    if (sqlite3_db_readonly(db, "main") == 1)
      throw error{errc::read_only, impl_->file, "the file may be read but not written", SQLITE_READONLY};
    if (options.write_ahead_log())
      query("pragma journal_mode = wal");
    execute("pragma synchronous = normal");
  }
  execute("pragma foreign_keys = on");
}

sqlite_connection::~sqlite_connection() = default;

sqlite_statement sqlite_connection::prepare(std::string_view sql) {
  const auto text = without_trailing_blanks(sql);
  if (auto* cached = impl_->statements.take(text))
    return {*this, cached};
  if (text.size() > static_cast<std::size_t>(INT_MAX))
    throw error{errc::too_large, impl_->file, "a statement of " + std::to_string(text.size()) + " bytes is too long"};
  auto* db = impl_->db.get();
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  if (const auto code = sqlite3_prepare_v2(db, address(text), static_cast<int>(text.size()), &statement, &tail);
      code != SQLITE_OK)
    fail(code, text);
  if (statement == nullptr)
    throw error{errc::misuse, impl_->file, "there is no statement in [" + internal::shown_sql(text) + ']'};
  sqlite_statement result{*this, statement};
  const auto rest = static_cast<int>(text.data() + text.size() - tail);
  sqlite3_stmt* second = nullptr;
  const auto code = rest == 0 ? SQLITE_OK : sqlite3_prepare_v2(db, tail, rest, &second, nullptr);
  sqlite3_finalize(second);
  if (code != SQLITE_OK || second != nullptr)
    throw error{errc::misuse, impl_->file,
                "one statement at a time; see execute_script for more [" + internal::shown_sql(text) + ']'};
  return result;
}

result_set sqlite_connection::query(std::string_view sql, std::span<const value> parameters) {
  auto statement = prepare(sql);
  statement.bind_all(parameters);
  auto* db = impl_->db.get();
  const auto before = sqlite3_total_changes64(db);
  result_set result{statement.names()};
  const auto width = statement.columns();
  while (statement.step()) {
    std::vector<value> cells;
    cells.reserve(width);
    for (std::size_t i = 0; i < width; ++i)
      cells.push_back(statement.column(i));
    result.add(std::move(cells));
  }
  if (sqlite3_total_changes64(db) != before)
    result.set_changes(sqlite3_changes64(db), sqlite3_last_insert_rowid(db));
  return result;
}

std::int64_t sqlite_connection::execute(std::string_view sql, std::span<const value> parameters) {
  auto statement = prepare(sql);
  statement.bind_all(parameters);
  return statement.run();
}

void sqlite_connection::execute_script(std::string_view sql) {
  auto* db = impl_->db.get();
  while (!sql.empty()) {
    if (sql.size() > static_cast<std::size_t>(INT_MAX))
      throw error{errc::too_large, impl_->file, "a script of " + std::to_string(sql.size()) + " bytes is too long"};
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    if (const auto code = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, &tail);
        code != SQLITE_OK)
      fail(code, sql);
    if (statement != nullptr)
      sqlite_statement{*this, statement}.run();
    sql.remove_prefix(static_cast<std::size_t>(tail - sql.data()));
  }
}

sqlite_transaction sqlite_connection::begin() {
  if (in_transaction())
    throw error{errc::misuse, impl_->file, "a transaction has begun already on this connection"};
  execute("begin immediate");
  return sqlite_transaction{*this};
}

bool sqlite_connection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(impl_->db.get()) == 0;
}

void sqlite_connection::interrupt() noexcept {
  sqlite3_interrupt(impl_->db.get());
}

const std::string& sqlite_connection::file() const noexcept {
  return impl_->file;
}

void sqlite_connection::fail(int code, std::string_view doing) const {
  internal::throw_sqlite_error(impl_->db.get(), impl_->file, code, doing, impl_->busy_timeout);
}

void sqlite_connection::give_back(sqlite3_stmt* statement) noexcept {
  impl_->statements.put(statement);
}

} // namespace actors::sql
