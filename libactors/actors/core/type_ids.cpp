#include <actors/core/type_ids.hpp>

#include <caf/detail/meta_object.hpp>
#include <caf/string_view.hpp>

#include <mutex>

namespace actors::detail {

namespace {

// The last id that the library keeps for itself.
constexpr caf::type_id_t end_of_library_range = first_user_type_id;

// CAF's table is one for the process, so its guard is too.
struct table_state {
  std::mutex mutex;
  bool closed = false;
};

table_state& table() {
  static table_state state;
  return state;
}

std::string text(caf::string_view name) {
  return std::string{name.begin(), name.end()};
}

// True if every id already stands for the type of the same name.
bool is_registered(const type_id_block& block) {
  for (caf::type_id_t id = block.begin; id < block.end; ++id) {
    const auto* meta = caf::detail::global_meta_object(id);
    if (meta == nullptr || meta->type_name != block.names[id - block.begin])
      return false;
  }
  return true;
}

void check(const type_id_block& block) {
  if (!block.library && block.begin < end_of_library_range)
    throw type_id_error("type ids " + std::to_string(block.begin) + " to " + std::to_string(block.end - 1) +
                        " are reserved: a program's own types start at " + std::to_string(first_user_type_id) +
                        " (actors::first_user_type_id)");
  for (caf::type_id_t id = block.begin; id < block.end; ++id) {
    const auto& name = block.names[id - block.begin];
    if (const auto* meta = caf::detail::global_meta_object(id); meta != nullptr && meta->type_name != name)
      throw type_id_error("type id " + std::to_string(id) + " cannot stand for " + text(name) + ": it stands for " +
                          text(meta->type_name) + " already");
  }
}

} // namespace

void register_type_id_block(const type_id_block& block) {
  auto& state = table();
  const std::scoped_lock guard{state.mutex};
  if (is_registered(block))
    return;
  check(block);
  if (state.closed)
    throw type_id_error("type " + text(block.names[0]) + " (id " + std::to_string(block.begin) +
                        ") is registered too late: register all message types before the first runtime starts");
  // A block that starts inside the table but ends behind it is more than CAF can add: make room first.
  const auto size = caf::detail::global_meta_objects().size();
  if (block.begin < size && block.end > size)
    caf::detail::resize_global_meta_objects(block.end);
  block.apply();
}

void close_type_id_table() {
  auto& state = table();
  const std::scoped_lock guard{state.mutex};
  if (state.closed)
    return;
  caf::core::init_global_meta_objects();
  state.closed = true;
}

} // namespace actors::detail
