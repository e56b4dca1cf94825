#include <actors/sql/message_types.hpp>

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  actors::sql::register_sql_messages();
  return RUN_ALL_TESTS();
}
