#pragma once

#include <caf/init_global_meta_objects.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

/// Type ids: every type that travels in a message has a number, the same in every process of a cluster.
///
/// CAF keeps them in one table for the whole process, and the table must not grow while an actor system reads it. So
/// all blocks are registered before the first runtime starts. libactors owns the ids 1000 to 1999; programs start
/// theirs at `first_user_type_id`. The results of tasks need no type id unless they travel in messages.
///
/// Errors: `type_id_error` if a block overlaps the library's range, collides with another block, or comes after the
/// first runtime was started (later runtimes do not reopen the table).
///
/// Threads: call from any thread; calls are serialised.
///
/// @snippet examples/services.cpp register types
namespace actors {

/// The first id of the block that the library keeps for itself.
inline constexpr caf::type_id_t first_library_type_id = 1000;

/// The first id that a program may give to its own types, as in `CAF_BEGIN_TYPE_ID_BLOCK(my_block,
/// actors::first_user_type_id)`.
inline constexpr caf::type_id_t first_user_type_id = 2000;

/// Thrown for a late or colliding registration.
class type_id_error : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

namespace detail {

/// One block of ids about to be registered.
struct type_id_block {
  caf::type_id_t begin;
  caf::type_id_t end;
  bool library;
  const caf::string_view* names;
  void (*apply)();
};

/// Checks the block and runs `block.apply`, or throws `type_id_error`.
void register_type_id_block(const type_id_block& block);

/// Closes the table. Called by each runtime before its actor system exists.
void close_type_id_table();

template <class Block, bool Library, std::uint16_t... Is>
void register_block(std::integer_sequence<std::uint16_t, Is...>) {
  const caf::string_view names[] = {caf::string_view{caf::type_name_by_id<Is>::value}...};
  register_type_id_block({Block::begin, Block::end, Library, names, &caf::init_global_meta_objects<Block>});
}

} // namespace detail

/// Registers the types of one `CAF_BEGIN_TYPE_ID_BLOCK`. Registering the same block again changes nothing.
template <class Block>
void register_message_types() {
  detail::register_block<Block, false>(caf::detail::make_type_id_sequence<Block>{});
}

} // namespace actors
