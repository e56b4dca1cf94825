#pragma once

#include <actors/process/internal/child_state.hpp>

#include <memory>

namespace actors::process::internal {

/// Collects the exit status of a child as soon as it has ended, whoever else still knows the child: so none stays
/// behind as a zombie, also when its handle, its task and its runtime are gone.
///
/// One thread of the process waits for all children by their pidfds; it starts with the first child and ends with the
/// last one. Where the system has no pidfds left, or none at all, a thread of its own waits for the child.
///
/// This is state of the process, because children are: they belong to no runtime, and outlive them.
///
/// Throws `std::system_error` if there is no thread to be had; the child is then neither watched nor touched.
void watch_exit(std::shared_ptr<child_state> child);

/// For tests: whether pidfds are used.
void use_pidfds(bool value) noexcept;

} // namespace actors::process::internal
