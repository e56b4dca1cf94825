#include <cxxabi.h>
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <exception>

/// Shows ThreadSanitizer the reference count of exceptions, which it cannot see: the counting is inside of
/// libstdc++.so, which is not instrumented. Without this, an exception that is read in one thread and freed by the last
/// reference to it in another looks like a race (see "Data race hunting" in the libstdc++ manual).
///
/// A reference is given up in two places: where an `std::exception_ptr` ends, and where a `catch` block does. Both are
/// wrapped here. Only in programs built for ThreadSanitizer. Every release becomes a synchronisation point of the
/// exception object.
namespace {

template <class Function>
Function libstdcxx_symbol(const char* symbol) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, symbol)); // NOLINT: what dlsym returns is a function here
}

void give_up_reference(void* exception_object) {
  __tsan_acquire(exception_object);
  __tsan_release(exception_object);
}

} // namespace

void std::__exception_ptr::exception_ptr::_M_release() noexcept {
  static const auto release =
      libstdcxx_symbol<void (*)(std::exception_ptr*)>("_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv");
  give_up_reference(_M_exception_object);
  release(this);
}

extern "C" void __cxxabiv1::__cxa_end_catch() {
  static const auto end_catch = libstdcxx_symbol<void (*)()>("__cxa_end_catch");
  {
    // The same object for all who were given it by rethrow_exception; null for what is not a C++ exception. The
    // reference goes before that of the block, so that the last one is always given up by libstdc++ itself.
    auto current = std::current_exception();
    void* object = nullptr;
    static_assert(sizeof(object) == sizeof(current));
    __builtin_memcpy(&object, &current, sizeof(object));
    if (object != nullptr)
      give_up_reference(object);
  }
  end_catch();
}
