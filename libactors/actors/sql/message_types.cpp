#include <actors/sql/message_types.hpp>

namespace actors::sql {

void register_sql_messages() {
  actors::detail::register_block<caf::id_block::actors_sql, true>(
      caf::detail::make_type_id_sequence<caf::id_block::actors_sql>{});
}

} // namespace actors::sql
