#include <actors/http/message_types.hpp>

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  actors::http::register_http_messages();
  return RUN_ALL_TESTS();
}
