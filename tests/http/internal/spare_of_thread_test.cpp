#include <actors/http/internal/spare_of_thread.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace actors::http::internal {
namespace {

using number = std::unique_ptr<int>;
using spares = spare_of_thread<number, 2>;

TEST(spare_of_thread, gives_the_youngest_first_and_nothing_when_there_is_none) {
  EXPECT_EQ(spares::take(), nullptr);
  spares::give(std::make_unique<int>(1));
  spares::give(std::make_unique<int>(2));
  EXPECT_EQ(*spares::take(), 2);
  EXPECT_EQ(*spares::take(), 1);
  EXPECT_EQ(spares::take(), nullptr);
}

TEST(spare_of_thread, keeps_no_more_than_it_may) {
  for (int i = 1; i <= 3; ++i)
    spares::give(std::make_unique<int>(i));
  EXPECT_EQ(*spares::take(), 2);
  EXPECT_EQ(*spares::take(), 1);
  EXPECT_EQ(spares::take(), nullptr);
}

TEST(spare_of_thread, each_thread_has_its_own) {
  spares::give(std::make_unique<int>(1));
  std::thread{[] {
    EXPECT_EQ(spares::take(), nullptr);
    spares::give(std::make_unique<int>(2)); // goes with the thread
  }}.join();
  EXPECT_EQ(*spares::take(), 1);
}

TEST(spare_of_thread, can_still_be_asked_when_the_thread_comes_to_its_end) {
  struct late {
    ~late() {
      spares::give(std::make_unique<int>(1));
      EXPECT_EQ(spares::take(), nullptr);
    }
  };

  std::thread{[] {
    thread_local const late last; // made first, so it goes last
    static_cast<void>(&last);
    spares::give(std::make_unique<int>(2));
  }}.join();
}

} // namespace
} // namespace actors::http::internal
