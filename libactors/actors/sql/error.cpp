#include <actors/sql/error.hpp>

namespace actors::sql {

std::string_view to_string(errc kind) noexcept {
  switch (kind) {
  case errc::other:
    return "other";
  case errc::cannot_open:
    return "cannot_open";
  case errc::not_a_database:
    return "not_a_database";
  case errc::corrupt:
    return "corrupt";
  case errc::full:
    return "full";
  case errc::read_only:
    return "read_only";
  case errc::busy:
    return "busy";
  case errc::constraint:
    return "constraint";
  case errc::interrupted:
    return "interrupted";
  case errc::io:
    return "io";
  case errc::too_large:
    return "too_large";
  case errc::syntax:
    return "syntax";
  case errc::type_mismatch:
    return "type_mismatch";
  case errc::no_such_column:
    return "no_such_column";
  case errc::misuse:
    return "misuse";
  }
  return "unknown";
}

} // namespace actors::sql
