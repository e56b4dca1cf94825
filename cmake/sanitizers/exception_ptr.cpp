#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <exception>

/// Shows ThreadSanitizer the reference count of `std::exception_ptr`, which it cannot see: the counting is inside of
/// libstdc++.so, which is not instrumented. Without this, an exception that is read in one thread and freed by the last
/// reference to it in another looks like a race (see "Data race hunting" in the libstdc++ manual).
///
/// Only in programs built for ThreadSanitizer. Every release becomes a synchronisation point of the exception object.
namespace {

using counting_function = void (*)(std::exception_ptr*);

counting_function libstdcxx_symbol(const char* symbol) {
  return reinterpret_cast<counting_function>(
      ::dlsym(RTLD_NEXT, symbol)); // NOLINT: what dlsym returns is a function here
}

} // namespace

void std::__exception_ptr::exception_ptr::_M_release() noexcept {
  static const auto release = libstdcxx_symbol("_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv");
  void* const object = _M_exception_object;
  __tsan_acquire(object);
  __tsan_release(object);
  release(this);
}
