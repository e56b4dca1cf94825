#include <actors/core/error.hpp>

#include <actors/core/detail/exception_cast.hpp>

#include <caf/const_typed_message_view.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>
#include <caf/typed_message_view.hpp>

#include <algorithm>
#include <array>
#include <typeinfo>
#include <utility>

namespace actors {

namespace {

constexpr std::array<std::string_view, 8> errc_names{"none",         "cancelled", "timeout", "failed",
                                                     "group_failed", "stopping",  "misuse",  "crashed"};

} // namespace

std::string to_string(errc value) {
  const auto index = static_cast<std::size_t>(value);
  return index < errc_names.size() ? std::string{errc_names[index]} : "errc(" + std::to_string(index) + ")";
}

bool from_string(caf::string_view text, errc& value) {
  const auto found = std::find(errc_names.begin(), errc_names.end(), std::string_view{text.data(), text.size()});
  if (found == errc_names.end())
    return false;
  value = static_cast<errc>(found - errc_names.begin());
  return true;
}

bool from_integer(std::uint8_t number, errc& value) {
  if (number >= errc_names.size())
    return false;
  value = static_cast<errc>(number);
  return true;
}

// -- exceptions --------------------------------------------------------------------------------------------------------------------

cancelled::cancelled(std::string_view reason)
    : reason_(reason.empty() ? nullptr : std::make_shared<const std::string>(reason)) {}

std::string_view cancelled::reason() const noexcept {
  return reason_ ? std::string_view{*reason_} : std::string_view{};
}

timeout_error::timeout_error() : std::runtime_error("timed out") {}

timeout_error::timeout_error(const std::string& what) : std::runtime_error(what) {}

struct group_error::state {
  std::vector<std::exception_ptr> errors;
  std::string what;
};

group_error::group_error(std::vector<std::exception_ptr> errors) {
  auto result = std::make_shared<state>();
  result->what = std::to_string(errors.size()) + (errors.size() == 1 ? " error" : " errors") + " in a task group";
  for (std::size_t i = 0; i < errors.size(); ++i)
    result->what += (i == 0 ? ": " : "; ") + describe(errors[i]);
  result->errors = std::move(errors);
  state_ = std::move(result);
}

const char* group_error::what() const noexcept {
  return state_->what.c_str();
}

const std::vector<std::exception_ptr>& group_error::errors() const noexcept {
  return state_->errors;
}

remote_error::remote_error(caf::error error) : std::runtime_error(caf::to_string(error)), error_(std::move(error)) {}

// -- mapping -----------------------------------------------------------------------------------------------------------------------

caf::error make_caf_error(errc code, std::string_view text) {
  if (text.empty())
    return caf::error{code};
  return caf::error{code, caf::make_message(std::string{text})};
}

namespace {

std::string context_text(const caf::error& error) {
  if (auto view = caf::make_const_typed_message_view<std::string>(error.context()))
    return caf::get<0>(view);
  return {};
}

} // namespace

caf::error to_caf_error(const std::exception_ptr& error) {
  using detail::exception_cast;
  if (!error)
    return caf::error{errc::failed};
  if (const auto* const e = exception_cast<cancelled>(error))
    return make_caf_error(errc::cancelled, e->reason());
  if (const auto* const e = exception_cast<timeout_error>(error))
    return make_caf_error(errc::timeout, e->what());
  if (const auto* const e = exception_cast<stopping_error>(error))
    return make_caf_error(errc::stopping, e->what());
  if (const auto* const e = exception_cast<misuse_error>(error))
    return make_caf_error(errc::misuse, e->what());
  if (const auto* const e = exception_cast<crashed_error>(error))
    return make_caf_error(errc::crashed, e->what());
  if (const auto* const e = exception_cast<group_error>(error))
    return make_caf_error(errc::group_failed, e->what());
  if (const auto* const e = exception_cast<remote_error>(error))
    return e->error();
  return make_caf_error(errc::failed, describe(error));
}

std::exception_ptr to_exception(const caf::error& error) {
  if (!error)
    return nullptr;
  if (error.category() == caf::type_id_v<errc>) {
    const auto text = context_text(error);
    switch (static_cast<errc>(error.code())) {
    case errc::cancelled:
      return std::make_exception_ptr(cancelled{text});
    case errc::timeout:
      return std::make_exception_ptr(text.empty() ? timeout_error{} : timeout_error{text});
    case errc::stopping:
      return std::make_exception_ptr(stopping_error{text});
    case errc::misuse:
      return std::make_exception_ptr(misuse_error{text});
    case errc::crashed:
      return std::make_exception_ptr(crashed_error{text});
    default:
      return std::make_exception_ptr(remote_error{error});
    }
  }
  if (error == caf::sec::request_timeout)
    return std::make_exception_ptr(timeout_error{"the request timed out"});
  return std::make_exception_ptr(remote_error{error});
}

std::string describe(const std::exception_ptr& error) {
  if (!error)
    return "no error";
  if (const auto* const e = detail::exception_cast<cancelled>(error))
    return e->reason().empty() ? "cancelled" : "cancelled: " + std::string{e->reason()};
  if (const auto* const e = detail::exception_cast<std::exception>(error))
    return e->what();
  return "an exception that is not derived from std::exception";
}

bool is_cancelled(const std::exception_ptr& error) noexcept {
  return detail::exception_cast<cancelled>(error) != nullptr;
}

} // namespace actors
