#include "child_process.hpp"
#include "messages.hpp"

#include <actors/core/call_context.hpp>
#include <actors/core/type_ids.hpp>

#include <gtest/gtest.h>

#include <string_view>

int main(int argc, char** argv) {
  constexpr std::string_view scenario_flag = "--scenario=";
  for (int i = 1; i < argc; ++i)
    if (const std::string_view argument{argv[i]}; argument.starts_with(scenario_flag))
      return core_test::run_named_scenario(argument.substr(scenario_flag.size()));
  testing::InitGoogleTest(&argc, argv);
  // What a runtime does when it starts: some tests need the messages and no runtime.
  caf::core::init_global_meta_objects();
  actors::detail::register_core_types();
  actors::register_message_types<caf::id_block::core_test>();
  return RUN_ALL_TESTS();
}
