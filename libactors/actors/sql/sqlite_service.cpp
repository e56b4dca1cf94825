#include <actors/sql/sqlite_service.hpp>

#include <utility>

namespace actors::sql {

sqlite_service::sqlite_service(std::string file, sqlite_options options) : file_(std::move(file)), options_(options) {
  on([this](query request) { return database_->query(std::move(request.statement), std::move(request.parameters)); });
  on([this](execute request) {
    return database_->execute(std::move(request.statement), std::move(request.parameters));
  });
}

task<void> sqlite_service::on_start() {
  database_ = co_await sqlite::open(file_, options_);
}

task<void> sqlite_service::on_stop() {
  if (database_)
    co_await database_->close();
}

} // namespace actors::sql
