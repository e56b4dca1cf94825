#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <system_error>

/// What can go wrong on the network.
///
/// Every failure of this folder is thrown as `net_error`. It names the operation ("connect to"), the peer as it was
/// asked for
/// ("example.org:80") and the reason, and `what()` is one line of the three, fit to be shown: what is not printable in
/// it is escaped. `code()` is for code that reacts: the operating system's error (compare with `std::errc`), a
/// resolver's error, or one of `errc` below.
///
/// Errors that are no failures of the network come as what they are: `misuse_error`, `cancelled`, `timeout_error`.
namespace actors::net {

/// Failures that the operating system has no code for.
enum class errc {
  /// This side has closed the stream or listener.
  closed = 1,
  /// An earlier write was cancelled half-way, so what follows would be garbage for the peer.
  write_cut_short,
  /// The text is not an IP address, or not one of those that are wanted.
  invalid_address,
  /// The path of a Unix socket is empty or longer than the system takes.
  invalid_path,
  /// The stream has ended in the middle of something.
  end_of_stream,
  /// A line, or what else has an end, is longer than it may be.
  too_long,
};

[[nodiscard]] const std::error_category& net_category() noexcept;

/// The errors of name resolution, `EAI_NONAME` and so on.
[[nodiscard]] const std::error_category& resolver_category() noexcept;

[[nodiscard]] std::error_code make_error_code(errc value) noexcept;

class net_error : public std::system_error {
public:
  /// `what()` is "`operation` `peer`: text of `code`", and `detail` in brackets if there is any.
  net_error(std::string_view operation, std::string_view peer, std::error_code code, std::string_view detail = {});

  [[nodiscard]] const char* what() const noexcept override;

  /// What was tried, such as `connect to` or `read from`.
  [[nodiscard]] const std::string& operation() const noexcept;

  /// With whom, such as `example.org:80`.
  [[nodiscard]] const std::string& peer() const noexcept;

private:
  struct subject;
  std::shared_ptr<const subject> subject_;
};

/// The error of the last system call.
[[nodiscard]] std::error_code last_system_error() noexcept;

} // namespace actors::net

template <>
struct std::is_error_code_enum<actors::net::errc> : std::true_type {};
