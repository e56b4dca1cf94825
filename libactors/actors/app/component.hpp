#pragma once

#include <actors/app/dependency_order.hpp>
#include <actors/core/task.hpp>
#include <actors/sync/event.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

/// A component: a named part of an application with a beginning and an end, such as a database, a server or a service.
///
/// Ownership: the application owns its components and starts, checks and stops them; a component owns what it starts.
/// What it spawns in `start` belongs to the application's task and is cancelled at the latest when the application
/// ends; ending it in order is what `stop` is for.
///
/// Threads: `start` and `stop` run as tasks, one component at a time; `check_health` may run at any time between the
/// two.
///
/// Errors: an exception out of `start` ends the start of the application, and what was started before is stopped again.
/// A component that notices later that it cannot go on says so with `fail`: its health is bad from then on, and if it
/// is supervised (`<actors/app/supervision.hpp>`), it is stopped and started again. Then `start` is called once more on
/// the same object and has to begin anew.
///
/// @snippet tests/app/application_test.cpp a component
namespace actors::app {

class application;
class config;

namespace internal {

class component_run;

} // namespace internal

/// How a component is.
class health {
public:
  [[nodiscard]] static health good(std::string detail = {}) { return {true, std::move(detail)}; }

  [[nodiscard]] static health bad(std::string detail) { return {false, std::move(detail)}; }

  [[nodiscard]] bool is_good() const noexcept { return good_; }

  /// A few words, such as what is wrong.
  [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

private:
  health(bool good, std::string detail) : good_(good), detail_(std::move(detail)) {}

  bool good_;
  std::string detail_;
};

class component {
public:
  component() = default;
  component(const component&) = delete;
  component& operator=(const component&) = delete;
  virtual ~component() = default;

  /// Declares the sections of the configuration that this component reads. Called once, before anything starts.
  virtual void declare(config& settings);

  /// Starts; returns when the component is of use to others. What it needs has been started before.
  virtual task<void> start();

  /// Stops in order. Is cancelled when its time is up.
  virtual task<void> stop();

  /// Asked now and then while the application runs.
  [[nodiscard]] virtual task<health> check_health();

  /// The name that the application gave it.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

protected:
  /// The component that meets a declared need for `T`. From `start` on. Throws `misuse_error` for a need that was not
  /// declared.
  template <class T>
  [[nodiscard]] T& get() const {
    return dynamic_cast<T&>(find(typeid(T)));
  }

  [[nodiscard]] application& owner() const noexcept { return *application_; }

  /// Says that this component has failed. From any thread, between `start` and `stop`; the first error counts. Throws
  /// `misuse_error` for none.
  void fail(const std::exception_ptr& error);

  template <std::derived_from<std::exception> Error>
  void fail(Error error) {
    fail(std::make_exception_ptr(std::move(error)));
  }

private:
  friend class application;
  friend class internal::component_run;

  [[nodiscard]] component& find(std::type_index type) const;
  [[nodiscard]] std::exception_ptr failure() const;
  void forget_failure();

  mutable std::mutex failure_mutex_;
  std::exception_ptr failure_;
  sync::event failed_;
  std::string name_;
  application* application_ = nullptr;
};

} // namespace actors::app
