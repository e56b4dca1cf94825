#include <actors/http/message_types.hpp>

namespace actors::http {

void register_http_messages() {
  actors::detail::register_block<caf::id_block::actors_http, true>(
      caf::detail::make_type_id_sequence<caf::id_block::actors_http>{});
}

} // namespace actors::http
