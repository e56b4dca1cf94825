#include <actors/fs/message_types.hpp>

#include <caf/init_global_meta_objects.hpp>

namespace actors::fs {

void register_fs_messages() {
  using block = caf::id_block::actors_fs;
  actors::detail::register_block<block, true>(caf::detail::make_type_id_sequence<block>{});
}

} // namespace actors::fs
