#pragma once

#include <exception>
#include <typeinfo>
#include <version>

#ifdef __GLIBCXX__
#include <cstring>
#endif

namespace actors::detail {

/// The exception as an `E`, as `catch (const E&)` would see it, or null. The object belongs to `error`.
///
/// Throwing an exception again only to see its type takes more than a microsecond, several times for each task of a
/// tree that is cancelled. libstdc++ can be asked without: the pointer leads to the object, and `type_info` knows how a
/// catch clause matches. Elsewhere it is thrown again.
template <class E>
[[nodiscard]] const E* exception_cast(const std::exception_ptr& error) noexcept {
  if (!error)
    return nullptr;
#ifdef __GLIBCXX__
  void* object = nullptr;
  static_assert(sizeof(error) == sizeof(object));
  std::memcpy(&object, &error, sizeof(object)); // NOLINT(bugprone-*): its only member is that pointer
  return typeid(E).__do_catch(error.__cxa_exception_type(), &object, 1) ? static_cast<const E*>(object) : nullptr;
#else
  try {
    std::rethrow_exception(error);
  } catch (const E& e) {
    return &e;
  } catch (...) {
    return nullptr;
  }
#endif
}

} // namespace actors::detail
