#include "remote_node.hpp"

#include <actors/sql/message_types.hpp>

#include <caf/io/middleman.hpp>

#include <gtest/gtest.h>

#include <string_view>

int main(int argc, char** argv) {
  caf::io::middleman::init_global_meta_objects();
  actors::sql::register_sql_messages();
  // The tests start this program a second time as the other node.
  if (argc == 2 && std::string_view{argv[1]} == "--remote-node")
    return actors::tests::run_remote_node();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
