#pragma once

#include <actors/core/type_ids.hpp>
#include <actors/fs/file_status.hpp>

#include <caf/type_id.hpp>

#include <vector>

/// The message types of this folder. `register_fs_messages` must run before the first runtime starts; again does
/// nothing.
namespace actors::fs {

void register_fs_messages();

} // namespace actors::fs

CAF_BEGIN_TYPE_ID_BLOCK(actors_fs, actors::first_library_type_id + 50)
  CAF_ADD_ATOM(actors_fs, actors::fs, read_file_atom)
  CAF_ADD_ATOM(actors_fs, actors::fs, write_file_atom)
  CAF_ADD_ATOM(actors_fs, actors::fs, append_file_atom)
  CAF_ADD_ATOM(actors_fs, actors::fs, stat_atom)
  CAF_ADD_ATOM(actors_fs, actors::fs, list_directory_atom)
  CAF_ADD_ATOM(actors_fs, actors::fs, create_directories_atom)
  CAF_ADD_ATOM(actors_fs, actors::fs, remove_atom)
  CAF_ADD_ATOM(actors_fs, actors::fs, rename_atom)
  CAF_ADD_TYPE_ID(actors_fs, (actors::fs::file_status))
  CAF_ADD_TYPE_ID(actors_fs, (actors::fs::directory_entry))
  CAF_ADD_TYPE_ID(actors_fs, (std::vector<actors::fs::directory_entry>))
CAF_END_TYPE_ID_BLOCK(actors_fs)
