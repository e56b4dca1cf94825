#include <actors/core/gather.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/fs/file.hpp>
#include <actors/fs/temp_directory.hpp>
#include <tests/core/held_pool.hpp>
#include <tests/fs/fs_support.hpp>

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace actors;
using namespace actors::fs;
using namespace actors::fs::test;
using core_test::is_cancelled_where_it_waits;
using core_test::while_the_pool_is_held;

TEST(file, pieces_are_written_and_read_in_order) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = folder.path() / "f";
    auto out = co_await fs::open(path, open_mode::write);
    EXPECT_EQ(out.path(), path);
    co_await out.write("one ");
    co_await out.write("two ");
    co_await out.write("");
    co_await out.write("three");
    co_await out.close();
    auto in = co_await fs::open(path);
    EXPECT_EQ(co_await in.read(4), "one ");
    EXPECT_EQ(co_await in.read(4), "two ");
    EXPECT_EQ(co_await in.read(100), "three");
    EXPECT_EQ(co_await in.read(100), "");
    EXPECT_EQ(co_await in.read(0), "");
  });
}

TEST(file, any_place_can_be_read_and_written) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    auto f = co_await fs::open(folder.path() / "f", open_mode::create);
    co_await f.write_at(10, "world");
    co_await f.write_at(0, "hello");
    EXPECT_EQ(co_await f.size(), 15U);
    std::array<char, 20> buffer{};
    EXPECT_EQ(co_await f.read_at(10, buffer), 5U);
    EXPECT_EQ(std::string_view(buffer.data(), 5), "world");
    // The gap is zeros.
    EXPECT_EQ(co_await f.read_at(5, std::span<char>{buffer.data(), 5}), 5U);
    EXPECT_EQ(std::string_view(buffer.data(), 5), std::string_view("\0\0\0\0\0", 5));
    EXPECT_EQ(co_await f.read_at(15, buffer), 0U);
    EXPECT_EQ(co_await f.read_at(std::uint64_t{1} << 40, buffer), 0U);
    co_await f.truncate(3);
    EXPECT_EQ(co_await f.read(100), "hel");
    co_await f.sync();
    const auto absurd = co_await failure_of(f.read_at(~std::uint64_t{0}, buffer));
    EXPECT_EQ(absurd.code, std::errc::file_too_large);
  });
}

TEST(file, reading_more_than_there_is_takes_no_more_memory_than_there_is) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    put(folder.path() / "f", std::string(3'000'000, 'x'));
    auto f = co_await fs::open(folder.path() / "f");
    const auto all = co_await f.read(static_cast<std::size_t>(-1));
    EXPECT_EQ(all.size(), 3'000'000U);
    EXPECT_LT(all.capacity(), 10'000'000U);
  });
}

TEST(file, modes_do_what_they_say) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = folder.path() / "f";
    EXPECT_EQ((co_await failure_of(fs::open(path, open_mode::read))).code, std::errc::no_such_file_or_directory);
    put(path, "content");
    EXPECT_EQ((co_await failure_of(fs::open(path, open_mode::create))).code, std::errc::file_exists);
    {
      auto f = co_await fs::open(path, open_mode::append);
      co_await f.write("+");
      EXPECT_EQ((co_await failure_of(f.write_at(0, "X"))).code, std::errc::operation_not_permitted);
      EXPECT_FALSE((co_await failure_of(f.read(1))).text.empty());
    }
    EXPECT_EQ(content_of(path), "content+");
    {
      auto f = co_await fs::open(path, open_mode::update);
      EXPECT_EQ(co_await f.read(3), "con");
      co_await f.write("TENT");
    }
    EXPECT_EQ(content_of(path), "conTENT+");
    static_cast<void>(co_await fs::open(path, open_mode::write));
    EXPECT_EQ(content_of(path), "");
    EXPECT_EQ((co_await failure_of(fs::open(folder.path()))).code, std::errc::is_a_directory);
  });
}

TEST(file, a_closed_file_says_so) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    auto f = co_await fs::open(folder.path() / "f", open_mode::update);
    EXPECT_TRUE(f.is_open());
    co_await f.close();
    co_await f.close();
    EXPECT_FALSE(f.is_open());
    const auto failed = co_await failure_of(f.read(1));
    EXPECT_EQ(failed.code, fs::errc::closed);
    EXPECT_EQ(failed.text, "read " + f.path().string() + ": closed already");
    file none;
    EXPECT_FALSE(none.is_open());
    co_await none.close();
    bool refused = false;
    try {
      static_cast<void>(co_await none.read(1));
    } catch (const file_error& e) {
      refused = e.code() == fs::errc::closed;
    }
    EXPECT_TRUE(refused);
  });
}

TEST(file, a_full_disk_is_named) {
  run_in_runtime([]() -> task<void> {
    auto f = co_await fs::open("/dev/full", open_mode::write);
    EXPECT_EQ((co_await failure_of(f.write("x"))).text,
              "write /dev/full: No space left on device (0 of 1 bytes were written)");
  });
}

TEST(file, closing_races_with_reads_and_never_hits_another_file) {
  const temp_directory folder;
  put(folder.path() / "f", std::string(1'000, 'f'));
  put(folder.path() / "g", std::string(1'000, 'g'));
  run_in_runtime([&]() -> task<void> {
    for (int i = 0; i < 200; ++i) {
      auto f = co_await fs::open(folder.path() / "f");
      std::vector<task_handle<std::string>> reads;
      for (int k = 0; k < 3; ++k)
        reads.push_back(spawn([](file* from) -> task<std::string> {
          std::string buffer(1'000, '\0');
          std::string result;
          try {
            buffer.resize(co_await from->read_at(0, buffer));
            result = std::move(buffer);
          } catch (const file_error& e) {
            EXPECT_EQ(e.code(), fs::errc::closed);
          }
          co_return result;
        }(&f)));
      co_await f.close();
      // Takes the number that has just become free.
      auto g = co_await fs::open(folder.path() / "g");
      for (auto& read : reads) {
        const auto bytes = co_await read;
        EXPECT_TRUE(bytes.empty() || bytes == std::string(1'000, 'f'));
      }
    }
  });
}

TEST(file, a_cancelled_call_leaves_no_half_written_piece) {
  const temp_directory folder;
  const auto path = folder.path() / "f";
  const std::string block(1'000'000, 'x');
  run_in_runtime([&]() -> task<void> {
    for (int i = 0; i < 20; ++i) {
      auto writing = spawn([](std::filesystem::path to, const std::string& data) -> task<void> {
        auto f = co_await fs::open(to, open_mode::append);
        for (;;)
          co_await f.write(data);
      }(path, block));
      while (std::filesystem::exists(path) && std::filesystem::file_size(path) == 0)
        co_await yield();
      writing.cancel();
      static_cast<void>(co_await gather_outcomes(writing));
      EXPECT_TRUE(writing.result().was_cancelled());
      if (std::filesystem::exists(path)) {
        EXPECT_EQ(std::filesystem::file_size(path) % block.size(), 0U);
      }
      std::filesystem::remove(path);
    }
  });
}

TEST(file, every_call_that_has_not_started_is_withdrawn_when_it_is_cancelled) {
  const temp_directory folder;
  run_with_one_thread([&]() -> task<void> {
    auto f = co_await fs::open(folder.path() / "f", open_mode::update);
    co_await f.write("content");
    std::string buffer(4, '-');
    auto cancel_all = [&]() -> task<void> {
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(f.read(4)));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(f.write("more")));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(f.read_at(0, buffer)));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(f.write_at(0, "other")));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(f.size()));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(f.truncate(0)));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(f.sync()));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(f.close()));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(fs::open(folder.path() / "new", open_mode::create)));
    };
    co_await while_the_pool_is_held(cancel_all);
    EXPECT_TRUE(f.is_open());
    EXPECT_EQ(buffer, "----");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "new"));
    co_await f.write("!");
    EXPECT_EQ(co_await f.size(), 8U);
    co_await f.close();
    EXPECT_EQ(content_of(folder.path() / "f"), "content!");
  });
}

} // namespace
