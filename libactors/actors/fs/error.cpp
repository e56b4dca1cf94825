#include <actors/fs/error.hpp>

#include <actors/core/printable_text.hpp>

namespace actors::fs {

namespace {

class fs_category_type final : public std::error_category {
public:
  [[nodiscard]] const char* name() const noexcept override { return "actors.fs"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
    case errc::too_large:
      return "larger than allowed";
    case errc::not_a_file:
      return "not a file with a content";
    case errc::closed:
      return "closed already";
    case errc::outside:
      return "outside of the folder that is served";
    }
    return "unknown error " + std::to_string(value);
  }
};

} // namespace

const std::error_category& fs_category() noexcept {
  static const fs_category_type category;
  return category;
}

std::error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), fs_category()};
}

struct file_error::subject {
  subject(std::string_view operation_arg, std::string_view path_arg, const std::error_code& code,
          std::string_view detail)
      : operation(operation_arg), path(path_arg), what(operation + " " + printable_text(path) + ": " + code.message()) {
    if (!detail.empty())
      what.append(" (").append(printable_text(detail)).append(")");
  }

  std::string operation;
  std::string path;
  std::string what;
};

file_error::file_error(std::string_view operation, std::string_view path, std::error_code code, std::string_view detail)
    : std::system_error(code), subject_(std::make_shared<const subject>(operation, path, code, detail)) {}

const char* file_error::what() const noexcept {
  return subject_->what.c_str();
}

const std::string& file_error::operation() const noexcept {
  return subject_->operation;
}

const std::string& file_error::path() const noexcept {
  return subject_->path;
}

} // namespace actors::fs
