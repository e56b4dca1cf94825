#pragma once

#include <actors/http/entity_tag.hpp>
#include <actors/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

/// Conditional requests: If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since and If-Range, weighed in the
/// order of RFC 9110 §13.2.2.
///
/// A handler that knows the state of its resource asks before it acts:
///
///     const auto current = validators{}.etag(entity_tag{row.version}).last_modified(row.changed);
///     switch (check_preconditions(r, current, now)) {
///     case precondition::failed: return response{status::precondition_failed};
///     case precondition::not_modified: return not_modified(current);
///     case precondition::proceed: break;
///     }
///
/// and one that has made its answer already passes it through `apply_preconditions`.
///
/// Fields that cannot be understood count as absent where RFC 9110 says so (dates), and otherwise as what does no harm:
/// an If-Match without a valid tag matches nothing, an If-None-Match neither. A date in If-Modified-Since that lies in
/// the future is compared like any other. Nothing here throws, allocates more than the tags need, or knows the time:
/// `now` is only for the two-digit years of RFC 850 and for how fresh a change is.
namespace actors::http {

/// What is known of the current representation of a resource.
class validators {
public:
  [[nodiscard]] bool exists() const noexcept { return exists_; }

  [[nodiscard]] const std::optional<entity_tag>& etag() const noexcept { return etag_; }

  [[nodiscard]] std::optional<std::chrono::sys_seconds> last_modified() const noexcept { return last_modified_; }

  /// Whether there is a representation at all; only `If-Match: *` and `If-None-Match: *` ask. True unless set.
  validators& exists(bool value) noexcept {
    exists_ = value;
    return *this;
  }

  validators& etag(std::optional<entity_tag> value) {
    etag_ = std::move(value);
    return *this;
  }

  validators& last_modified(std::optional<std::chrono::sys_seconds> value) noexcept {
    last_modified_ = value;
    return *this;
  }

private:
  std::optional<entity_tag> etag_;
  std::optional<std::chrono::sys_seconds> last_modified_;
  bool exists_ = true;
};

enum class precondition : std::uint8_t {
  proceed,      ///< do what the request asks for
  not_modified, ///< answer with 304
  failed,       ///< answer with 412 and do nothing
};

/// Weighs all conditions but If-Range. Those of CONNECT, OPTIONS and TRACE are ignored (RFC 9110 §13.2.1).
[[nodiscard]] precondition check_preconditions(const request& r, const validators& current,
                                               std::chrono::sys_seconds now);

/// Whether a Range field counts: there is no If-Range, or it names exactly the current representation by a strong
/// validator. A date is one if it is at least a second old: the file may still change within the second it names.
[[nodiscard]] bool range_applies(const request& r, const validators& current, std::chrono::sys_seconds now);

/// A 304 with these validators. RFC 9110 §15.4.5 also wants the Cache-Control, Content-Location, Expires and Vary that
/// the 200 would have had.
[[nodiscard]] response not_modified(const validators& current);

/// The same for a successful answer to GET or HEAD that is there already: turns it into a 304 or 412 if its own ETag
/// and Last-Modified demand that. Anything but a 200 comes back as it was.
[[nodiscard]] response apply_preconditions(const request& r, response answer, std::chrono::sys_seconds now);

/// ETag and Last-Modified of an answer.
[[nodiscard]] validators validators_of(const response& answer, std::chrono::sys_seconds now);

} // namespace actors::http
