#include <actors/process/message_types.hpp>

#include <gtest/gtest.h>

namespace {

/// Registers the message types before the first test starts a runtime.
class message_types final : public ::testing::Environment {
  void SetUp() override { actors::process::register_process_messages(); }
};

[[maybe_unused]] const auto* const registered = ::testing::AddGlobalTestEnvironment(new message_types);

} // namespace
