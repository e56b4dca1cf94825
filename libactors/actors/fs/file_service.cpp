#include <actors/fs/file_service.hpp>

#include <actors/core/service.hpp>
#include <actors/fs/directory.hpp>
#include <actors/fs/error.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace actors::fs {

namespace {

class file_service final : public service {
public:
  explicit file_service(const file_service_options& options) : options_(options) {
    on([this](read_file_atom, std::string path) { return read_file(inside("read", path), options_.read_limit()); });
    on([this](write_file_atom, std::string path, std::string data) {
      return write_file(inside("write", path), std::move(data), write_mode::replace);
    });
    on([this](append_file_atom, std::string path, std::string data) {
      return append_file(inside("write", path), std::move(data));
    });
    on([this](stat_atom, std::string path) { return stat(inside("stat", path)); });
    on([this](list_directory_atom, std::string path) { return list_directory(inside("list", path)); });
    on([this](create_directories_atom, std::string path) {
      return fs::create_directories(inside("create folder", path));
    });
    on([this](remove_atom, std::string path) { return fs::remove(inside("remove", path)); });
    on([this](rename_atom, std::string from, std::string to) {
      return fs::rename(inside("rename", from), inside("rename to", to));
    });
  }

private:
  /// The path in the file system. Throws `errc::outside` for one that leads out of the folder.
  [[nodiscard]] std::filesystem::path inside(const char* operation, const std::string& path) const {
    const std::filesystem::path relative{path};
    const bool leads_out = relative.has_root_path() ||
                           std::any_of(relative.begin(), relative.end(), [](const auto& part) { return part == ".."; });
    if (leads_out)
      throw file_error(operation, path, errc::outside);
    return options_.folder() / relative;
  }

  file_service_options options_;
};

} // namespace

service_ref spawn_file_service(const file_service_options& files, const spawn_options& options) {
  return spawn_service(std::make_unique<file_service>(files), options);
}

service_ref spawn_file_service(const runtime& owner, const file_service_options& files, const spawn_options& options) {
  return spawn_service(owner, std::make_unique<file_service>(files), options);
}

} // namespace actors::fs
