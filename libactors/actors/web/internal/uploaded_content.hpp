#pragma once

#include <actors/fs/file.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/multipart_parser.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace actors::web {

class context;

namespace internal {

struct request_data;

/// A file that came with a form: in memory, or in a folder that goes with the last of its files.
struct uploaded_content {
  http::multipart_head head;
  std::string memory;
  std::filesystem::path path; // empty: in memory
  std::shared_ptr<const fs::temp_directory> folder;
  fs::file open; // to be read; opened when it is
  std::uint64_t size = 0;
  std::uint64_t position = 0;
};

/// Reads a form with files, from what has been read of the body or as it comes. Its fields and files go to `to`.
[[nodiscard]] task<void> read_multipart_form(context& c, request_data& to);

} // namespace internal

} // namespace actors::web
