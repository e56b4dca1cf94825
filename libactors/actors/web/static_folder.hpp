#pragma once

#include <actors/core/task.hpp>
#include <actors/http/static_files.hpp>
#include <actors/http/static_site.hpp>
#include <actors/web/middleware.hpp>

#include <filesystem>
#include <string>

/// Serves the files of a folder below a path, and leaves all other requests to the application:
///
///     app.use(static_folder{"/assets", "public"});
///     app.use(static_folder{"/", "site"}.only_if_found());       // pages, with the application's routes between them
///
/// Which files, how they are found, cached and protected is told in http/static_files.hpp; the paths of both are those
/// of the request's target, before any mount. Replies are as all others, so that middleware outside of it adds its
/// fields and compresses them.
///
/// With `only_if_found` what is not there goes on to the routes, else it is a 404. Errors: `std::system_error` if there
/// is no such folder, `http::error` for a prefix that is no path.
namespace actors::web {

class static_folder {
public:
  static_folder(std::string prefix, const std::filesystem::path& root, http::static_options options = {});

  /// Whether requests for what is not there, and those that are neither GET nor HEAD, go on; no.
  static_folder& only_if_found(bool value = true) noexcept {
    only_if_found_ = value;
    return *this;
  }

  [[nodiscard]] task<reply> operator()(context& c, next go_on) const;

private:
  http::static_site site_;
  bool only_if_found_ = false;
};

} // namespace actors::web
