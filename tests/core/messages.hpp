#pragma once

#include <actors/core/type_ids.hpp>

#include <caf/type_id.hpp>

#include <cstdint>
#include <string>

namespace core_test {

/// A message type of a program, as opposed to one of the library.
struct parcel {
  parcel() = default;

  parcel(std::string label_arg, std::int32_t weight_arg) : label(std::move(label_arg)), weight(weight_arg) {}

  std::string label;
  std::int32_t weight = 0;
};

template <class Inspector>
bool inspect(Inspector& f, parcel& x) {
  return f.object(x).fields(f.field("label", x.label), f.field("weight", x.weight));
}

} // namespace core_test

CAF_BEGIN_TYPE_ID_BLOCK(core_test, actors::first_user_type_id)
  CAF_ADD_TYPE_ID(core_test, (core_test::parcel))
  CAF_ADD_ATOM(core_test, core_test, add_one_atom)
  CAF_ADD_ATOM(core_test, core_test, fail_atom)
  CAF_ADD_ATOM(core_test, core_test, look_atom)
  CAF_ADD_ATOM(core_test, core_test, wait_atom)
CAF_END_TYPE_ID_BLOCK(core_test)
