#pragma once

#include <actors/app/environment.hpp>

#include <cstddef>

namespace actors::app {

/// What a program may do with an output: draw and redraw, use colours, use characters beyond ASCII.
///
/// A progress bar belongs on a terminal only; a file or pipe gets plain lines. Everything is decided when the value is
/// made
/// (`width` of a window that is resized later is asked anew by making another value: one `ioctl`).
///
/// Threads: a value; any. Errors: none, a descriptor that is closed or is no terminal is just not one.
class terminal {
public:
  /// The terminal behind a descriptor such as `STDOUT_FILENO`, if it is one. Borrows the descriptor during the call.
  ///
  /// Colours are allowed if it is a terminal, `TERM` is neither `dumb` nor unset, and `NO_COLOR` is unset or empty
  /// (https://no-color.org); a `CLICOLOR_FORCE` that is neither empty nor 0 allows them even in a file or pipe, unless
  /// `NO_COLOR` is set. UTF-8 is spoken if the locale says so: the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is not
  /// empty.
  terminal(int descriptor, const environment& variables);

  [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }

  /// Columns: the window's, else `COLUMNS` if it is a sensible number, else 80. Never below 20 or above 1000.
  [[nodiscard]] std::size_t width() const noexcept { return width_; }

  [[nodiscard]] bool colour() const noexcept { return colour_; }

  [[nodiscard]] bool utf8() const noexcept { return utf8_; }

private:
  bool is_terminal_;
  std::size_t width_;
  bool colour_;
  bool utf8_;
};

} // namespace actors::app
