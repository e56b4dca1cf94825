#pragma once

#include <actors/core/type_ids.hpp>
#include <actors/sql/result.hpp>
#include <actors/sql/value.hpp>

#include <caf/type_id.hpp>

#include <string>
#include <utility>
#include <vector>

/// The messages of database services, the same for every database.
namespace actors::sql {

/// Asks for the rows of one statement: answered with a `result_set`.
struct query {
  query() = default;

  explicit query(std::string statement_arg, std::vector<value> parameters_arg = {})
      : statement(std::move(statement_arg)), parameters(std::move(parameters_arg)) {}

  std::string statement;
  std::vector<value> parameters;
};

template <class Inspector>
bool inspect(Inspector& f, query& x) {
  return f.object(x).fields(f.field("statement", x.statement), f.field("parameters", x.parameters));
}

/// Asks for the effect of one statement: answered with the number of rows changed, an `std::int64_t`.
struct execute {
  execute() = default;

  explicit execute(std::string statement_arg, std::vector<value> parameters_arg = {})
      : statement(std::move(statement_arg)), parameters(std::move(parameters_arg)) {}

  std::string statement;
  std::vector<value> parameters;
};

template <class Inspector>
bool inspect(Inspector& f, execute& x) {
  return f.object(x).fields(f.field("statement", x.statement), f.field("parameters", x.parameters));
}

/// Registers these types; call it before the first runtime starts.
void register_sql_messages();

} // namespace actors::sql

CAF_BEGIN_TYPE_ID_BLOCK(actors_sql, actors::first_library_type_id + 150)
  CAF_ADD_TYPE_ID(actors_sql, (actors::sql::query))
  CAF_ADD_TYPE_ID(actors_sql, (actors::sql::execute))
  CAF_ADD_TYPE_ID(actors_sql, (actors::sql::result_set))
CAF_END_TYPE_ID_BLOCK(actors_sql)
