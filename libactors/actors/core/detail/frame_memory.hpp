#pragma once

#include <cstddef>

/// Memory for the frames of coroutines: an `await` makes one and gives it back soon, so each thread keeps some that it
/// takes again, in a few instructions and warm from the last use. Bounded: at most 64 of each size up to 1 KiB, of
/// which there are sixteen; bigger ones come from the heap. A frame may be given back on another thread, which then
/// keeps it. With a sanitizer everything comes from the heap, so that it sees what is done with it.
namespace actors::detail {

/// @throws std::bad_alloc
[[nodiscard]] void* take_frame(std::size_t size);

/// `size` as for `take_frame`.
void give_frame(void* frame, std::size_t size) noexcept;

} // namespace actors::detail
