#include <actors/net/error.hpp>

#include <actors/core/printable_text.hpp>

#include <netdb.h>

#include <cerrno>

namespace actors::net {

namespace {

class net_category_type final : public std::error_category {
public:
  [[nodiscard]] const char* name() const noexcept override { return "actors.net"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
    case errc::closed:
      return "closed by this side";
    case errc::write_cut_short:
      return "an earlier write was cancelled half-way";
    case errc::invalid_address:
      return "not a usable IP address";
    case errc::invalid_path:
      return "not a usable path for a Unix socket";
    case errc::end_of_stream:
      return "the stream has ended too early";
    case errc::too_long:
      return "too long";
    }
    return "unknown error " + std::to_string(value);
  }
};

class resolver_category_type final : public std::error_category {
public:
  [[nodiscard]] const char* name() const noexcept override { return "actors.resolver"; }

  [[nodiscard]] std::string message(int value) const override { return ::gai_strerror(value); }
};

} // namespace

const std::error_category& net_category() noexcept {
  static const net_category_type category;
  return category;
}

const std::error_category& resolver_category() noexcept {
  static const resolver_category_type category;
  return category;
}

std::error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), net_category()};
}

struct net_error::subject {
  subject(std::string_view operation_arg, std::string_view peer_arg, const std::error_code& code,
          std::string_view detail)
      : operation(operation_arg), peer(peer_arg), what(operation + " " + printable_text(peer) + ": " + code.message()) {
    if (!detail.empty())
      what.append(" (").append(printable_text(detail)).append(")");
  }

  std::string operation;
  std::string peer;
  std::string what;
};

net_error::net_error(std::string_view operation, std::string_view peer, std::error_code code, std::string_view detail)
    : std::system_error(code), subject_(std::make_shared<const subject>(operation, peer, code, detail)) {}

const char* net_error::what() const noexcept {
  return subject_->what.c_str();
}

const std::string& net_error::operation() const noexcept {
  return subject_->operation;
}

const std::string& net_error::peer() const noexcept {
  return subject_->peer;
}

std::error_code last_system_error() noexcept {
  return {errno, std::system_category()};
}

} // namespace actors::net
