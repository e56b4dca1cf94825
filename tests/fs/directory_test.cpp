#include <actors/fs/directory.hpp>
#include <actors/fs/temp_directory.hpp>
#include <tests/core/held_pool.hpp>
#include <tests/fs/fs_support.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace actors;
using namespace actors::fs;
using namespace actors::fs::test;
using core_test::is_cancelled_where_it_waits;
using core_test::while_the_pool_is_held;

TEST(directory, entries_come_sorted_with_their_kinds) {
  const temp_directory folder;
  put(folder.path() / "b", "12345");
  std::filesystem::create_directory(folder.path() / "a");
  std::filesystem::create_symlink("nowhere", folder.path() / "c");
  put(folder.path() / ".hidden", "");
  run_in_runtime([&]() -> task<void> {
    std::vector<std::string> seen;
    for (const auto& entry : co_await list_directory(folder.path()))
      seen.push_back(entry.name() + " " + to_string(entry.kind()));
    EXPECT_EQ(seen, (std::vector<std::string>{".hidden regular", "a directory", "b regular", "c symlink"}));
    const auto too_many = co_await failure_of(list_directory(folder.path(), 3));
    EXPECT_EQ(too_many.code, fs::errc::too_large);
    EXPECT_EQ((co_await list_directory(folder.path(), 4)).size(), 4U);
    EXPECT_EQ((co_await failure_of(list_directory(folder.path() / "b"))).code, std::errc::not_a_directory);
  });
}

TEST(directory, stat_tells_kind_size_time_and_permissions) {
  const temp_directory folder;
  const auto before = std::chrono::system_clock::now() - 1min;
  put(folder.path() / "f", "12345");
  std::filesystem::permissions(folder.path() / "f", std::filesystem::perms{0604});
  std::filesystem::create_symlink("f", folder.path() / "link");
  run_in_runtime([&]() -> task<void> {
    for (const auto* name : {"f", "link"}) {
      const auto status = co_await fs::stat(folder.path() / name);
      EXPECT_EQ(status.kind(), file_kind::regular);
      EXPECT_EQ(status.size(), 5U);
      EXPECT_EQ(status.permissions(), 0604U);
      EXPECT_GT(status.modified(), before);
      EXPECT_LT(status.modified(), before + 1h);
    }
    EXPECT_EQ((co_await fs::stat(folder.path())).kind(), file_kind::directory);
    EXPECT_EQ((co_await fs::stat("/dev/null")).kind(), file_kind::other);
    const auto missing = co_await failure_of(fs::stat(folder.path() / "missing"));
    EXPECT_EQ(missing.text, "stat " + (folder.path() / "missing").string() + ": No such file or directory");
  });
}

TEST(directory, exists_is_false_for_nothing_and_throws_for_what_cannot_be_known) {
  const temp_directory folder;
  put(folder.path() / "f", "");
  std::filesystem::create_symlink("nowhere", folder.path() / "broken");
  run_in_runtime([&]() -> task<void> {
    EXPECT_TRUE(co_await fs::exists(folder.path() / "f"));
    EXPECT_TRUE(co_await fs::exists(folder.path()));
    EXPECT_FALSE(co_await fs::exists(folder.path() / "g"));
    EXPECT_FALSE(co_await fs::exists(folder.path() / "f" / "below a file"));
    EXPECT_FALSE(co_await fs::exists(folder.path() / "broken"));
    EXPECT_EQ((co_await failure_of(fs::exists(folder.path() / std::string(1000, 'x')))).code,
              std::errc::filename_too_long);
  });
}

TEST(directory, folders_and_files_are_created_renamed_and_removed) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto deep = folder.path() / "a" / "b" / "c";
    EXPECT_TRUE(co_await fs::create_directories(deep));
    EXPECT_FALSE(co_await fs::create_directories(deep));
    put(deep / "f", "content");
    co_await fs::rename(deep / "f", folder.path() / "g");
    EXPECT_EQ(content_of(folder.path() / "g"), "content");
    const auto missing = co_await failure_of(fs::rename(deep / "f", deep / "h"));
    EXPECT_EQ(missing.text,
              "rename " + (deep / "f").string() + ": No such file or directory (to " + (deep / "h").string() + ")");
    EXPECT_TRUE(co_await fs::remove(folder.path() / "g"));
    EXPECT_FALSE(co_await fs::remove(folder.path() / "g"));
    EXPECT_EQ((co_await failure_of(fs::remove(folder.path() / "a"))).code, std::errc::directory_not_empty);
    put(folder.path() / "f", "");
    EXPECT_FALSE((co_await failure_of(fs::create_directories(folder.path() / "f" / "x"))).text.empty());
    EXPECT_EQ(co_await fs::remove_all(folder.path() / "a"), 3U);
    EXPECT_EQ(co_await fs::remove_all(folder.path() / "a"), 0U);
  });
}

TEST(temp_directory, it_goes_with_all_that_is_in_it) {
  std::filesystem::path path;
  {
    temp_directory folder{"prefix"};
    path = folder.path();
    EXPECT_TRUE(path.filename().string().starts_with("prefix-"));
    std::filesystem::create_directories(path / "x" / "y");
    put(path / "x" / "f", "content");
    const temp_directory moved{std::move(folder)};
    EXPECT_EQ(moved.path(), path);
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  temp_directory first;
  temp_directory second;
  EXPECT_NE(first.path(), second.path());
  const auto gone = first.path();
  first = std::move(second);
  EXPECT_FALSE(std::filesystem::exists(gone));
  EXPECT_TRUE(std::filesystem::exists(first.path()));
}

TEST(directory, a_call_that_has_not_started_is_withdrawn_when_it_is_cancelled) {
  const temp_directory folder;
  const auto path = folder.path() / "f";
  put(path, "x");
  run_with_one_thread([&]() -> task<void> {
    auto cancel_all = [&]() -> task<void> {
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(fs::exists(path)));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(fs::stat(path)));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(fs::list_directory(folder.path())));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(fs::create_directories(folder.path() / "a/b")));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(fs::remove(path)));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(fs::remove_all(folder.path())));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(fs::rename(path, folder.path() / "g")));
    };
    co_await while_the_pool_is_held(cancel_all);
    const auto entries = co_await list_directory(folder.path());
    EXPECT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries.front().name(), "f");
  });
}

} // namespace
