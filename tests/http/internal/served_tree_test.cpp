#include "../static_support.hpp"

#include <actors/http/internal/served_tree.hpp>

#include <gtest/gtest.h>

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <system_error>
#include <thread>

namespace actors::http::internal {
namespace {

using test::file_tree;

std::string content(const served_entry& entry) {
  if (!entry.is_file())
    return entry.is_folder() ? "folder" : "nothing";
  std::array<char, 100> buffer{};
  return {buffer.data(), entry.read(buffer, 0)};
}

/// A tree with links to everywhere, and a secret beside the root.
void fill(const file_tree& files) {
  files.add("a.txt", "a");
  files.add("d/b.txt", "b");
  files.add("../secret.txt", "secret");
  files.add("../root-too/c.txt", "secret");
  files.link("inside", "d/b.txt");
  files.link("inside-folder", "d");
  files.link("d/up", "../a.txt");
  files.link("absolute", files.root() / "a.txt");
  files.link("outside", "../secret.txt");
  files.link("outside-absolute", files.outside() / "secret.txt");
  files.link("outside-folder", "..");
  files.link("sibling", "../root-too");
  files.link("chain", "outside");
  files.link("loop", "loop");
  files.link("dangling", "nowhere");
  files.link("process", "/proc/self/root");
  ASSERT_EQ(::mkfifo((files.root() / "pipe").c_str(), 0644), 0);
}

constexpr std::array unreachable{"absolute",
                                 "outside",
                                 "outside-absolute",
                                 "outside-folder",
                                 "outside-folder/secret.txt",
                                 "sibling/c.txt",
                                 "chain",
                                 "loop",
                                 "dangling",
                                 "process",
                                 "process/etc/passwd",
                                 "pipe",
                                 "none",
                                 "a.txt/b",
                                 "d/none"};

TEST(served_tree, opens_what_lies_beneath_and_follows_links_that_stay_there) {
  const file_tree files;
  fill(files);
  const served_tree tree{files.root(), true};
  EXPECT_EQ(content(tree.open("")), "folder");
  EXPECT_EQ(content(tree.open("a.txt")), "a");
  EXPECT_EQ(content(tree.open("d")), "folder");
  EXPECT_EQ(content(tree.open("d/b.txt")), "b");
  EXPECT_EQ(content(tree.open("inside")), "b");
  EXPECT_EQ(content(tree.open("inside-folder/b.txt")), "b");
  EXPECT_EQ(content(tree.open("d/up")), "a");
  for (const auto* path : unreachable)
    EXPECT_EQ(content(tree.open(path)), "nothing") << path;
  EXPECT_EQ(content(tree.open(std::string(300, 'x'))), "nothing");
  EXPECT_EQ(content(tree.open(std::string(5000, 'x'))), "nothing");
}

TEST(served_tree, follows_no_link_if_not_wanted_or_if_the_system_cannot_contain_it) {
  const file_tree files;
  fill(files);
  const served_tree unwanted{files.root(), false};
  const served_tree stepwise{files.root(), true, false};
  for (const auto* tree : {&unwanted, &stepwise}) {
    EXPECT_EQ(content(tree->open("")), "folder");
    EXPECT_EQ(content(tree->open("a.txt")), "a");
    EXPECT_EQ(content(tree->open("d/b.txt")), "b");
    for (const auto* path : {"inside", "inside-folder", "inside-folder/b.txt", "d/up"})
      EXPECT_EQ(content(tree->open(path)), "nothing") << path;
    for (const auto* path : unreachable)
      EXPECT_EQ(content(tree->open(path)), "nothing") << path;
  }
}

TEST(served_tree, cannot_be_raced_out_of_its_root) {
  const file_tree files;
  files.add("real/name.txt", "good");
  files.add("../secrets/name.txt", "secret");
  files.link("good", "real");
  files.link("bad", "../secrets");
  std::atomic<bool> stop{false};
  std::thread changing{[&] {
    const auto folder = files.root() / "folder";
    while (!stop.load()) {
      for (const auto* now : {"good", "bad", "real"}) {
        std::error_code ignored;
        std::filesystem::rename(files.root() / now, folder, ignored);
        std::filesystem::rename(folder, files.root() / now, ignored);
      }
    }
  }};
  const served_tree beneath{files.root(), true};
  const served_tree stepwise{files.root(), true, false};
  int seen = 0;
  for (int i = 0; i < 20'000 || seen == 0; ++i)
    for (const auto* tree : {&beneath, &stepwise}) {
      const auto text = content(tree->open("folder/name.txt"));
      EXPECT_TRUE(text == "good" || text == "nothing") << text;
      seen += text == "good" ? 1 : 0;
    }
  stop = true;
  changing.join();
}

TEST(served_tree, says_when_something_may_not_be_read) {
  const file_tree files;
  files.add("private.txt", "x");
  files.add("closed/a.txt", "x");
  ASSERT_EQ(::chmod((files.root() / "private.txt").c_str(), 0), 0);
  ASSERT_EQ(::chmod((files.root() / "closed").c_str(), 0), 0);
  const served_tree beneath{files.root(), true};
  const served_tree stepwise{files.root(), true, false};
  // The superuser may read everything, so this thread becomes nobody for a moment.
  const auto user = static_cast<uid_t>(::setfsuid(::geteuid() == 0 ? 65534 : ::geteuid()));
  for (const auto* tree : {&beneath, &stepwise})
    for (const auto* path : {"private.txt", "closed/a.txt"}) {
      std::error_code problem;
      try {
        static_cast<void>(tree->open(path));
      } catch (const std::system_error& e) {
        problem = e.code();
      }
      EXPECT_EQ(problem, std::errc::permission_denied) << path;
    }
  ::setfsuid(user);
  std::filesystem::permissions(files.root() / "closed", std::filesystem::perms{0755});
}

TEST(served_tree, needs_a_folder) {
  const file_tree files;
  files.add("a.txt", "a");
  EXPECT_THROW((served_tree{files.root() / "none", true}), std::system_error);
  EXPECT_THROW((served_tree{files.root() / "a.txt", true}), std::system_error);
}

TEST(served_tree, lists_names_in_order_and_up_to_a_limit) {
  const file_tree files;
  for (const auto* name : {"b", "a", "z/x", "y/x", ".hidden"})
    files.add(name, "");
  const served_tree tree{files.root(), true};
  const auto text = [&](bool dot_files, std::size_t limit) {
    std::string result;
    for (const auto& [name, is_folder] : tree.open("").names(dot_files, limit))
      result += name + (is_folder ? "/ " : " ");
    return result;
  };
  EXPECT_EQ(text(false, 100), "y/ z/ a b ");
  EXPECT_EQ(text(true, 100), "y/ z/ .hidden a b ");
  EXPECT_EQ(tree.open("").names(true, 2).size(), 2U);
}

} // namespace
} // namespace actors::http::internal
