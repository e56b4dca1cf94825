#include "targets.hpp"

#include <cstddef>
#include <cstdint>

/// Where libFuzzer calls a target, which the build names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  actors::fuzz::ACTORS_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
