#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace testing_test {

/// Sets, or removes, an environment variable for a scope. While no other thread reads the environment.
class environment_variable {
public:
  environment_variable(const char* name, const char* value) : name_(name) {
    if (const char* const old = std::getenv(name)) // NOLINT(concurrency-mt-unsafe)
      old_ = old;
    set(value);
  }

  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;

  ~environment_variable() { set(old_ ? old_->c_str() : nullptr); }

private:
  void set(const char* value) const {
    if (value != nullptr)
      ::setenv(name_, value, 1); // NOLINT(concurrency-mt-unsafe)
    else
      ::unsetenv(name_); // NOLINT(concurrency-mt-unsafe)
  }

  const char* name_;
  std::optional<std::string> old_;
};

} // namespace testing_test
