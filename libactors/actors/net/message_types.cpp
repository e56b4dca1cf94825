#include <actors/net/message_types.hpp>

#include <caf/init_global_meta_objects.hpp>

namespace actors::net {

void register_net_messages() {
  using block = caf::id_block::actors_net;
  actors::detail::register_block<block, true>(caf::detail::make_type_id_sequence<block>{});
}

} // namespace actors::net
