#include <actors/process/error.hpp>

#include <actors/core/printable_text.hpp>

namespace actors::process {

namespace {

class process_category_type final : public std::error_category {
public:
  [[nodiscard]] const char* name() const noexcept override { return "actors.process"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
    case errc::no_program:
      return "the name of the program is empty";
    case errc::nul_byte:
      return "a NUL byte in a text for the system";
    case errc::invalid_variable:
      return "not a name for an environment variable";
    case errc::output_too_large:
      return "wrote more than allowed";
    case errc::status_lost:
      return "the exit status was collected by somebody else";
    }
    return "unknown error " + std::to_string(value);
  }
};

/// The last line of a text, with its end if it is long.
std::string last_line(std::string_view text) {
  constexpr std::size_t longest = 300;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  if (const auto end = text.rfind('\n'); end != std::string_view::npos)
    text.remove_prefix(end + 1);
  if (text.size() > longest)
    text.remove_prefix(text.size() - longest);
  return printable_text(text);
}

std::string describe_exit(std::string_view program, const exit_status& status, std::string_view errors) {
  std::string result = printable_text(program) + " ended with " + to_string(status);
  if (const auto line = last_line(errors); !line.empty())
    result.append(": ").append(line);
  return result;
}

} // namespace

const std::error_category& process_category() noexcept {
  static const process_category_type category;
  return category;
}

std::error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), process_category()};
}

struct process_error::subject {
  subject(std::string_view operation_arg, std::string_view program_arg, const std::error_code& code,
          std::string_view detail)
      : operation(operation_arg), program(program_arg),
        what(operation + " " + printable_text(program) + ": " + code.message()) {
    if (!detail.empty())
      what.append(" (").append(printable_text(detail)).append(")");
  }

  std::string operation;
  std::string program;
  std::string what;
};

process_error::process_error(std::string_view operation, std::string_view program, std::error_code code,
                             std::string_view detail)
    : std::system_error(code), subject_(std::make_shared<const subject>(operation, program, code, detail)) {}

const char* process_error::what() const noexcept {
  return subject_->what.c_str();
}

const std::string& process_error::operation() const noexcept {
  return subject_->operation;
}

const std::string& process_error::program() const noexcept {
  return subject_->program;
}

exit_error::exit_error(std::string_view program, exit_status status, std::string_view errors)
    : std::runtime_error(describe_exit(program, status, errors)), status_(status) {}

} // namespace actors::process
