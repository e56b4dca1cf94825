#include <services/scraper/store.hpp>

#include <actors/sql/error.hpp>
#include <actors/sql/sqlite_connection.hpp>
#include <services/scraper/internal/file_lock.hpp>
#include <services/scraper/internal/json_list.hpp>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace services::scraper {

namespace sql = actors::sql;

namespace {

/// Marks our files in their headers ("acts"), see <https://www.sqlite.org/pragma.html#pragma_application_id>.
constexpr std::int64_t application_id = 0x61637473;
constexpr std::int64_t schema_version = 1;

constexpr std::string_view schema = R"(
create table pages (
  url text primary key not null,
  status integer,
  title text not null,
  text text not null,
  links text not null,
  fetched_at text not null,
  attempts integer not null,
  error text
);
create table frontier (
  id integer primary key,
  url text unique not null,
  depth integer not null
);
)";

std::int64_t number(sql::sqlite_connection& db, std::string_view query) {
  return db.query(query)[0].get<std::int64_t>(0);
}

/// Whose file this is, before anything is written to it.
enum class owner : std::uint8_t { nobody, us, somebody };

owner owner_of(sql::sqlite_connection& db) {
  const auto id = number(db, "pragma application_id");
  if (id == application_id)
    return owner::us;
  return id == 0 && number(db, "select count(*) from sqlite_master") == 0 ? owner::nobody : owner::somebody;
}

void check_version(sql::sqlite_connection& db) {
  const auto version = number(db, "pragma user_version");
  if (version > schema_version)
    throw sql::error{sql::errc::other, db.file(),
                     "written by a newer version of this program (format " + std::to_string(version) +
                         ", this one knows " + std::to_string(schema_version) + ")"};
}

[[noreturn]] void refuse_foreign(const std::string& file) {
  throw sql::error{sql::errc::other, file,
                   "a database, but not one with results of this program; choose another file with --db"};
}

std::string plural(std::uint64_t count, const char* noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

bool has_file(const std::string& file) noexcept {
  return file != ":memory:";
}

} // namespace

// ---- writing --------------------------------------------------------------------------------------------------------

struct result_store::impl {
  explicit impl(const std::string& file) {
    if (has_file(file)) {
      try {
        // By its real name, so that a symbolic link is the same file.
        lock.emplace(std::filesystem::weakly_canonical(file).string());
      } catch (const std::system_error& e) {
        const auto kind = e.code() == std::errc::no_space_on_device ? sql::errc::full : sql::errc::cannot_open;
        throw sql::error{kind, file, "cannot open the database for writing: " + e.code().message()};
      }
      if (!lock->held())
        throw sql::error{sql::errc::busy, file, "another crawl is writing to this file"};
    }
    // The write-ahead log is switched on when the file is known to be ours.
    db.emplace(file, sql::sqlite_options{}.write_ahead_log(false));
  }

  std::optional<internal::file_lock> lock; // released after the database is closed
  std::optional<sql::sqlite_connection> db;
};

result_store::result_store(std::string file, mode how) : impl_(std::make_unique<impl>(file)) {
  auto& db = *impl_->db;
  const auto owner = owner_of(db);
  if (owner == owner::somebody)
    refuse_foreign(file);
  if (owner == owner::us)
    check_version(db);
  (void)db.query("pragma journal_mode = wal");
  if (owner == owner::nobody) {
    auto transaction = db.begin();
    db.execute_script(schema);
    db.execute("pragma application_id = " + std::to_string(application_id));
    db.execute("pragma user_version = " + std::to_string(schema_version));
    transaction.commit();
  }
  if (how == mode::resume)
    return;
  if (const auto there = count(); there.pages > 0 || there.pending > 0)
    throw sql::error{sql::errc::other, file,
                     "already holds the results of a crawl (" + plural(there.pages, "page") + ", " +
                         std::to_string(there.pending) +
                         " pending); go on with it with --resume, or choose another file with --db"};
}

result_store::~result_store() = default;
result_store::result_store(result_store&&) noexcept = default;
result_store& result_store::operator=(result_store&&) noexcept = default;

namespace {

void insert(sql::sqlite_statement& statement, const frontier_record& x) {
  statement.bind_integer(0, static_cast<std::int64_t>(x.id)).bind_text(1, x.url).bind_integer(2, x.depth).run();
}

constexpr std::string_view insert_into_frontier = "insert or ignore into frontier (id, url, depth) values (?, ?, ?)";

} // namespace

void result_store::add(std::span<const frontier_record> urls) {
  auto& db = *impl_->db;
  auto transaction = db.begin();
  {
    auto statement = db.prepare(insert_into_frontier);
    for (const auto& x : urls)
      insert(statement, x);
  }
  transaction.commit();
}

void result_store::write(std::span<const finished_page> pages) {
  if (pages.empty())
    return;
  auto& db = *impl_->db;
  auto transaction = db.begin();
  {
    auto add_page =
        db.prepare("insert or replace into pages (url, status, title, text, links, fetched_at, attempts, error) "
                   "values (?, ?, ?, ?, ?, ?, ?, ?)");
    auto leave_frontier = db.prepare("delete from frontier where url = ?");
    auto add_found = db.prepare(insert_into_frontier);
    for (const auto& [page, found] : pages) {
      const auto links = internal::json_list(page.links);
      const auto fetched_at = iso_8601(page.fetched_at);
      add_page.bind_text(0, page.url).bind_text(2, page.title).bind_text(3, page.text).bind_text(4, links);
      add_page.bind_text(5, fetched_at).bind_integer(6, page.attempts);
      if (page.status == 0)
        add_page.bind_null(1);
      else
        add_page.bind_integer(1, page.status);
      if (page.error.empty())
        add_page.bind_null(7);
      else
        add_page.bind_text(7, page.error);
      add_page.run();
      leave_frontier.bind_text(0, page.url).run();
      for (const auto& x : found)
        insert(add_found, x);
    }
  }
  transaction.commit();
}

std::vector<frontier_record> result_store::pending(std::uint64_t after, std::size_t limit) {
  auto statement = impl_->db->prepare("select id, url, depth from frontier where id > ? order by id limit ?");
  statement.bind_integer(0, static_cast<std::int64_t>(after));
  statement.bind_integer(1, static_cast<std::int64_t>(std::min<std::size_t>(limit, INT_MAX)));
  std::vector<frontier_record> result;
  while (statement.step())
    result.emplace_back(static_cast<std::uint64_t>(statement.integer(0)), std::string{statement.text(1)},
                        static_cast<std::uint32_t>(statement.integer(2)));
  return result;
}

void result_store::for_each_known(const std::function<void(std::string_view, bool)>& f) {
  auto finished = impl_->db->prepare("select url from pages");
  while (finished.step())
    f(finished.text(0), true);
  auto waiting = impl_->db->prepare("select url from frontier");
  while (waiting.step())
    f(waiting.text(0), false);
}

result_store::figures result_store::count() {
  const auto row = impl_->db
                       ->query("select (select count(*) from pages) as pages,"
                               " (select count(*) from pages where error is not null) as errors,"
                               " (select count(*) from frontier) as pending,"
                               " (select coalesce(max(id), 0) from frontier) as last_id")
                       .front();
  figures result;
  result.pages = row.get<std::uint64_t>("pages");
  result.errors = row.get<std::uint64_t>("errors");
  result.pending = row.get<std::uint64_t>("pending");
  result.last_id = row.get<std::uint64_t>("last_id");
  return result;
}

const std::string& result_store::file() const noexcept {
  return impl_->db->file();
}

// ---- reading --------------------------------------------------------------------------------------------------------

namespace {

std::chrono::system_clock::time_point from_iso_8601(const std::string& text) {
  auto year = 0;
  auto month = 0u;
  auto day = 0u;
  auto hour = 0;
  auto minute = 0;
  auto second = 0;
  auto millisecond = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d.%3dZ", &year, &month, &day, &hour, &minute, &second,
                  &millisecond) != 7)
    return {};
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (!date.ok())
    return {};
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + std::chrono::milliseconds{millisecond};
}

} // namespace

struct result_reader::impl {
  explicit impl(std::string file)
      : db(std::move(file), sql::sqlite_options{}.open_for(sql::sqlite_options::access::read_only)) {}

  sql::sqlite_connection db;
};

result_reader::result_reader(std::string file) : impl_(std::make_unique<impl>(std::move(file))) {
  if (owner_of(impl_->db) != owner::us)
    refuse_foreign(impl_->db.file());
  check_version(impl_->db);
}

result_reader::~result_reader() = default;
result_reader::result_reader(result_reader&&) noexcept = default;
result_reader& result_reader::operator=(result_reader&&) noexcept = default;

std::vector<page_record> result_reader::read(std::uint64_t& position, std::size_t limit) {
  auto statement = impl_->db.prepare("select rowid, url, status, title, text, links, fetched_at, attempts, error "
                                     "from pages where rowid > ? order by rowid limit ?");
  statement.bind_integer(0, static_cast<std::int64_t>(position));
  statement.bind_integer(1, static_cast<std::int64_t>(std::min<std::size_t>(limit, INT_MAX)));
  std::vector<page_record> result;
  while (statement.step()) {
    position = static_cast<std::uint64_t>(statement.integer(0));
    auto& page = result.emplace_back();
    page.url = statement.text(1);
    page.status = static_cast<int>(statement.integer(2));
    page.title = statement.text(3);
    page.text = statement.text(4);
    page.links = internal::parse_json_list(statement.text(5));
    page.fetched_at = from_iso_8601(std::string{statement.text(6)});
    page.attempts = static_cast<std::uint32_t>(statement.integer(7));
    page.error = statement.text(8);
  }
  return result;
}

std::string iso_8601(std::chrono::system_clock::time_point time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(milliseconds);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{milliseconds - day};
  char text[64];
  const auto size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text, static_cast<std::size_t>(size)};
}

} // namespace services::scraper
