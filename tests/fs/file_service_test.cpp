#include <actors/core/ask.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/spawn.hpp>
#include <actors/fs/file_service.hpp>
#include <actors/fs/temp_directory.hpp>
#include <tests/core/held_pool.hpp>
#include <tests/fs/fs_support.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <gtest/gtest.h>

namespace {

using namespace actors;
using namespace actors::fs;
using namespace actors::fs::test;
using core_test::while_the_pool_is_held;

/// A request as a task.
template <class T, class... Args>
task<T> asked(service_ref target, Args... content) {
  co_return co_await ask<T>(target, std::move(content)...);
}

TEST(file_service, every_message_is_answered) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto files = spawn_file_service(file_service_options{folder.path()});
    EXPECT_TRUE(co_await ask<bool>(files, create_directories_atom_v, std::string{"a/b"}));
    co_await ask<void>(files, write_file_atom_v, std::string{"a/b/f"}, std::string{"content"});
    co_await ask<void>(files, append_file_atom_v, std::string{"a/b/f"}, std::string{"!"});
    EXPECT_EQ(co_await ask<std::string>(files, read_file_atom_v, std::string{"a/b/f"}), "content!");
    const auto status = co_await ask<file_status>(files, stat_atom_v, std::string{"a/b/f"});
    EXPECT_EQ(status.size(), 8U);
    const auto entries = co_await ask<std::vector<directory_entry>>(files, list_directory_atom_v, std::string{"a/b"});
    EXPECT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries.front().name(), "f");
    co_await ask<void>(files, rename_atom_v, std::string{"a/b/f"}, std::string{"g"});
    EXPECT_EQ(content_of(folder.path() / "g"), "content!");
    EXPECT_TRUE(co_await ask<bool>(files, remove_atom_v, std::string{"g"}));
    EXPECT_FALSE(co_await ask<bool>(files, remove_atom_v, std::string{"g"}));
  });
}

TEST(file_service, nothing_outside_of_its_folder_is_served) {
  const temp_directory folder;
  put(folder.path() / "secret", "secret");
  std::filesystem::create_directory(folder.path() / "served");
  run_in_runtime([&]() -> task<void> {
    const auto files = spawn_file_service(file_service_options{folder.path() / "served"});
    for (const auto& path : {std::string{"../secret"}, std::string{"x/../../secret"}, std::string{".."},
                             (folder.path() / "secret").string(), std::string{"/"}}) {
      std::string text;
      try {
        static_cast<void>(co_await ask<std::string>(files, read_file_atom_v, path));
      } catch (const remote_error& e) {
        text = e.what();
      }
      EXPECT_NE(text.find("outside of the folder that is served"), std::string::npos) << path << ": " << text;
    }
  });
}

TEST(file_service, errors_are_answers_with_their_text) {
  const temp_directory folder;
  run_in_runtime([&]() -> task<void> {
    const auto files = spawn_file_service(file_service_options{folder.path()}.read_limit(3));
    put(folder.path() / "f", "1234");
    std::string text;
    try {
      static_cast<void>(co_await ask<std::string>(files, read_file_atom_v, std::string{"f"}));
    } catch (const remote_error& e) {
      text = e.what();
    }
    EXPECT_NE(text.find("larger than allowed (the limit is 3 bytes)"), std::string::npos) << text;
    try {
      static_cast<void>(co_await ask<file_status>(files, stat_atom_v, std::string{"missing"}));
    } catch (const remote_error& e) {
      text = e.what();
    }
    EXPECT_NE(text.find("No such file or directory"), std::string::npos) << text;
  });
}

TEST(file_service, plain_caf_code_can_use_it) {
  const temp_directory folder;
  runtime rt{runtime_options{}.workers(1)};
  const auto files = spawn_file_service(rt, file_service_options{folder.path()});
  {
    caf::scoped_actor self{rt.system()};
    const auto fail = [](caf::error& error) { FAIL() << caf::to_string(error); };
    self->request(files.actor(), caf::infinite, write_file_atom_v, std::string{"f"}, std::string{"from caf"})
        .receive([] {}, fail);
    self->request(files.actor(), caf::infinite, read_file_atom_v, std::string{"f"})
        .receive([](const std::string& content) { EXPECT_EQ(content, "from caf"); }, fail);
  }
  EXPECT_TRUE(rt.stop(10s).empty());
}

TEST(file_service, its_answers_survive_the_way_to_another_node) {
  const file_status status{file_kind::directory, 123, std::chrono::system_clock::time_point{1234567890s}, 0755};
  const directory_entry entry{"name", file_kind::symlink};
  caf::byte_buffer buffer;
  caf::binary_serializer out{nullptr, buffer};
  ASSERT_TRUE(out.apply(status) && out.apply(entry));
  caf::binary_deserializer in{nullptr, buffer};
  file_status status_again;
  directory_entry entry_again;
  ASSERT_TRUE(in.apply(status_again) && in.apply(entry_again));
  EXPECT_EQ(status_again.kind(), file_kind::directory);
  EXPECT_EQ(status_again.size(), 123U);
  EXPECT_EQ(status_again.modified(), status.modified());
  EXPECT_EQ(status_again.permissions(), 0755U);
  EXPECT_EQ(entry_again.name(), "name");
  EXPECT_EQ(entry_again.kind(), file_kind::symlink);
}

TEST(file_service, a_caller_that_gives_up_withdraws_what_has_not_started) {
  const temp_directory folder;
  put(folder.path() / "f", "old");
  run_with_one_thread([&]() -> task<void> {
    const auto files = spawn_file_service(file_service_options{folder.path()});
    const std::string name{"f"};
    // The handlers, too, get as far as the pool.
    auto give_up = []<class T>(task<T> operation) -> task<bool> {
      const auto handle = spawn(std::move(operation), spawn_options{}.eager());
      for (int i = 0; i < 20; ++i)
        co_await yield();
      EXPECT_TRUE(handle.cancel());
      bool result = false;
      try {
        static_cast<void>(co_await handle);
      } catch (const cancelled&) {
        result = true;
      }
      co_return result;
    };
    auto cancel_all = [&]() -> task<void> {
      EXPECT_TRUE(co_await give_up(asked<std::string>(files, read_file_atom_v, name)));
      EXPECT_TRUE(co_await give_up(asked<void>(files, write_file_atom_v, name, std::string{"new"})));
      EXPECT_TRUE(co_await give_up(asked<void>(files, append_file_atom_v, name, std::string{"more"})));
      EXPECT_TRUE(co_await give_up(asked<file_status>(files, stat_atom_v, name)));
      EXPECT_TRUE(
          co_await give_up(asked<std::vector<directory_entry>>(files, list_directory_atom_v, std::string{"."})));
      EXPECT_TRUE(co_await give_up(asked<bool>(files, create_directories_atom_v, std::string{"a"})));
      EXPECT_TRUE(co_await give_up(asked<bool>(files, remove_atom_v, name)));
      EXPECT_TRUE(co_await give_up(asked<void>(files, rename_atom_v, name, std::string{"g"})));
    };
    co_await while_the_pool_is_held(cancel_all);
    EXPECT_EQ(co_await ask<std::string>(files, read_file_atom_v, name), "old");
  });
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1);
}

} // namespace
