#include <actors/supervise/message_types.hpp>

namespace actors::supervise {

void register_supervise_messages() {
  using block = caf::id_block::actors_supervise;
  actors::detail::register_block<block, true>(caf::detail::make_type_id_sequence<block>{});
}

} // namespace actors::supervise
