#include <actors/process/message_types.hpp>

namespace actors::process {

void register_process_messages() {
  using block = caf::id_block::actors_process;
  actors::detail::register_block<block, true>(caf::detail::make_type_id_sequence<block>{});
}

} // namespace actors::process
