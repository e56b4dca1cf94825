#include <actors/core/gather.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/fs/whole_file.hpp>
#include <tests/core/held_pool.hpp>
#include <tests/fs/fs_support.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <set>

namespace {

using namespace actors;
using namespace actors::fs;
using namespace actors::fs::test;
using core_test::is_cancelled_where_it_waits;
using core_test::while_the_pool_is_held;

TEST(read_file, what_was_written_is_read) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = folder.path() / "f";
    for (const auto size : {0, 1, 4'095, 4'096, 4'097, 3'000'000}) {
      std::string data(static_cast<std::size_t>(size), 'x');
      if (size > 0)
        data.back() = '\0';
      co_await write_file(path, data);
      EXPECT_TRUE(co_await read_file(path) == data) << size;
    }
    // A shorter one leaves nothing of the longer.
    co_await write_file(path, "short");
    EXPECT_EQ(co_await read_file(path), "short");
  });
}

TEST(read_file, files_without_a_size_are_read_to_their_end) {
  run_in_runtime([]() -> task<void> {
    const auto status = co_await read_file("/proc/self/status");
    EXPECT_NE(status.find("VmPeak"), std::string::npos);
  });
}

TEST(read_file, more_than_the_limit_is_refused_whether_or_not_the_size_is_known) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = folder.path() / "f";
    put(path, std::string(1000, 'x'));
    EXPECT_EQ((co_await read_file(path, 1000)).size(), 1000U);
    const auto known = co_await failure_of(read_file(path, 999));
    EXPECT_EQ(known.code, fs::errc::too_large);
    EXPECT_EQ(known.text, "read " + path.string() + ": larger than allowed (the limit is 999 bytes)");
    const auto endless = co_await failure_of(read_file("/dev/zero", 1'000'000));
    EXPECT_EQ(endless.code, fs::errc::too_large);
  });
}

TEST(read_file, errors_name_operation_path_and_reason) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto missing = co_await failure_of(read_file(folder.path() / "missing"));
    EXPECT_EQ(missing.text, "open " + (folder.path() / "missing").string() + ": No such file or directory");
    EXPECT_EQ(missing.code, std::errc::no_such_file_or_directory);
    const auto directory = co_await failure_of(read_file(folder.path()));
    EXPECT_EQ(directory.code, std::errc::is_a_directory);
    const auto nul = co_await failure_of(read_file(std::string("a\0b", 3)));
    EXPECT_EQ(nul.code, std::errc::invalid_argument);
  });
}

TEST(read_file, a_pipe_without_a_writer_is_refused_at_once) {
  const temp_directory folder;
  const auto path = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  run_in_runtime([&]() -> task<void> {
    EXPECT_EQ((co_await failure_of(read_file(path))).code, fs::errc::not_a_file);
    EXPECT_FALSE((co_await failure_of(write_file(path, "x"))).text.empty());
    EXPECT_FALSE((co_await failure_of(write_file(path, "x", write_mode::replace))).text.empty());
  });
  struct ::stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISFIFO(status.st_mode));
}

TEST(write_file, a_full_disk_is_named_with_how_much_was_written) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto full = co_await failure_of(write_file("/dev/full", "data"));
    EXPECT_EQ(full.text, "write /dev/full: No space left on device (0 of 4 bytes were written)");
    const auto path = folder.path() / "f";
    const file_size_limit limit{10'000};
    const auto partly = co_await failure_of(write_file(path, std::string(25'000, 'x')));
    EXPECT_EQ(partly.text, "write " + path.string() + ": File too large (10000 of 25000 bytes were written)");
    const auto appended = co_await failure_of(append_file(path, "more"));
    EXPECT_EQ(appended.text, "write " + path.string() + ": File too large (0 of 4 bytes were written)");
  });
}

TEST(write_file, replacing_fails_without_harm_when_the_disk_fills_up) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto path = folder.path() / "f";
    put(path, "old content");
    {
      const file_size_limit limit{10'000};
      const auto failed = co_await failure_of(write_file(path, std::string(25'000, 'x'), write_mode::replace));
      EXPECT_NE(failed.text.find("10000 of 25000 bytes were written"), std::string::npos) << failed.text;
    }
    EXPECT_EQ(content_of(path), "old content");
    // Nothing is left beside it.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, std::filesystem::directory_iterator{}),
              1);
  });
}

TEST(write_file, replacing_keeps_permissions_and_follows_links) {
  const temp_directory folder;
  const auto path = folder.path() / "f";
  const auto link = folder.path() / "link";
  put(path, "old");
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  std::filesystem::create_symlink("f", link);
  run_in_runtime([&]() -> task<void> { co_await write_file(link, "new", write_mode::replace); });
  EXPECT_EQ(content_of(path), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  struct ::stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST(write_file, a_new_file_has_the_usual_permissions_in_both_modes) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    co_await write_file(folder.path() / "a", "x");
    co_await write_file(folder.path() / "b", "x", write_mode::replace);
    co_await append_file(folder.path() / "c", "x");
  });
  std::set<unsigned> modes;
  for (const auto* name : {"a", "b", "c"}) {
    struct ::stat status{};
    ASSERT_EQ(::stat((folder.path() / name).c_str(), &status), 0);
    modes.insert(status.st_mode & 07777U);
  }
  EXPECT_EQ(modes.size(), 1U);
}

TEST(write_file, readers_of_a_file_that_is_being_replaced_see_one_content_or_the_other) {
  const temp_directory folder;
  const auto path = folder.path() / "f";
  put(path, std::string(100'000, 'a'));
  run_in_runtime([&]() -> task<void> {
    const auto writer = [](std::filesystem::path to) -> task<void> {
      for (int i = 0; i < 30; ++i)
        co_await write_file(to, std::string(100'000, i % 2 == 0 ? 'b' : 'a'), write_mode::replace);
    };
    const auto reader = [](std::filesystem::path from) -> task<void> {
      for (int i = 0; i < 100; ++i) {
        const auto seen = co_await read_file(from);
        EXPECT_EQ(seen.size(), 100'000U);
        EXPECT_EQ(seen.find_first_not_of(seen.front()), std::string::npos);
      }
    };
    co_await gather(writer(path), reader(path), reader(path));
  });
}

TEST(append_file, appends_of_many_tasks_do_not_mix) {
  const temp_directory folder;
  const auto path = folder.path() / "log";
  run_in_runtime([&]() -> task<void> {
    std::vector<task<void>> appends;
    for (int i = 0; i < 200; ++i)
      appends.push_back(append_file(path, std::string(99, static_cast<char>('a' + i % 26)) + "\n"));
    co_await gather(std::move(appends));
  });
  std::ifstream in{path};
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    EXPECT_EQ(line.size(), 99U);
    EXPECT_EQ(line.find_first_not_of(line.front()), std::string::npos);
  }
  EXPECT_EQ(lines, 200);
}

TEST(whole_files, a_call_that_has_not_started_is_withdrawn_when_it_is_cancelled) {
  const temp_directory folder;
  const auto path = folder.path() / "f";
  put(path, "old");
  run_with_one_thread([&]() -> task<void> {
    auto cancel_all = [&]() -> task<void> {
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(read_file(path)));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(write_file(path, "new")));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(write_file(path, "new", write_mode::replace)));
      EXPECT_TRUE(co_await is_cancelled_where_it_waits(append_file(path, "more")));
    };
    co_await while_the_pool_is_held(cancel_all);
    EXPECT_EQ(co_await read_file(path), "old");
  });
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1) << "nothing lies beside it";
}

} // namespace
