#include <actors/core/call_context.hpp>

#include <actors/core/service_ref.hpp>

namespace actors::detail {

void register_core_types() {
  register_block<caf::id_block::actors_errors, true>(
      caf::detail::make_type_id_sequence<caf::id_block::actors_errors>{});
  register_block<caf::id_block::actors_calls, true>(caf::detail::make_type_id_sequence<caf::id_block::actors_calls>{});
}

} // namespace actors::detail
