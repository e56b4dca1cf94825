#pragma once

#include <actors/core/type_ids.hpp>

#include <caf/type_id.hpp>

#include <cstdint>
#include <string>

/// The message types of this folder. `register_process_messages` must run before the first runtime starts; again does
/// nothing.
namespace actors::process {

void register_process_messages();

/// How a child has ended, as it travels in messages.
struct exit_report {
  std::int32_t code = 0;   ///< the exit code, if no signal has ended it
  std::int32_t signal = 0; ///< the number of the signal that has ended it, or 0
  std::string text;        ///< "exit code 3" or "signal 9 (Killed)"
};

template <class Inspector>
bool inspect(Inspector& f, exit_report& x) {
  return f.object(x).fields(f.field("code", x.code), f.field("signal", x.signal), f.field("text", x.text));
}

} // namespace actors::process

CAF_BEGIN_TYPE_ID_BLOCK(actors_process, actors::first_library_type_id + 180)
  CAF_ADD_ATOM(actors_process, actors::process, read_output_atom)
  CAF_ADD_ATOM(actors_process, actors::process, read_errors_atom)
  CAF_ADD_ATOM(actors_process, actors::process, write_input_atom)
  CAF_ADD_ATOM(actors_process, actors::process, end_input_atom)
  CAF_ADD_ATOM(actors_process, actors::process, wait_exit_atom)
  CAF_ADD_ATOM(actors_process, actors::process, signal_atom)
  CAF_ADD_ATOM(actors_process, actors::process, pid_atom)
  CAF_ADD_TYPE_ID(actors_process, (actors::process::exit_report))
CAF_END_TYPE_ID_BLOCK(actors_process)
