#pragma once

#include <stdexcept>

namespace actors::app {

/// A text or value given by a person (in a file, the environment, a flag) is not what it has to be.
///
/// `what()` is one sentence part that says what was found and what was expected, without a place: whoever knows the
/// place (a file and line, a variable, a flag) puts it in front. It is safe to print.
class value_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

} // namespace actors::app
