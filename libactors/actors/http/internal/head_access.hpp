#pragma once

#include <actors/http/message.hpp>

#include <cstddef>
#include <string>

namespace actors::http::internal {

/// Lets the parser fill a message in place, with parts that llhttp has checked.
class head_access {
public:
  [[nodiscard]] static std::string& start_text(request& r) noexcept { return r.target_; }

  [[nodiscard]] static std::string& start_text(response& r) noexcept { return r.reason_; }

  static void set_status(response& r, unsigned code) noexcept { r.status_ = static_cast<status>(code); }

  /// Back to nothing. Memory is kept for the next message, but not that of a big body, which an idle connection would
  /// hold on to.
  static void clear(request& r) noexcept {
    r.target_.clear();
    r.fields_.clear();
    clear_body(r.body_);
  }

  static void clear(response& r) noexcept {
    r.reason_.clear();
    r.fields_.clear();
    clear_body(r.body_);
  }

private:
  static void clear_body(std::string& body) noexcept {
    constexpr std::size_t keep = std::size_t{64} * 1024;
    if (body.capacity() > keep)
      std::string{}.swap(body); // assigning a short string would keep the memory
    else
      body.clear();
  }
};

} // namespace actors::http::internal
