#include "process_support.hpp"

#include <actors/process/child.hpp>
#include <actors/process/run.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

using namespace actors;
using namespace process_test;
using actors::process::command;
using actors::process::errc;
using actors::process::process_error;
using actors::process::redirection;
using actors::process::run;
using actors::process::run_options;
using actors::process::start;
using ::testing::HasSubstr;
using ::testing::Not;

/// What a command prints.
std::string output_of(command what, run_options options = {}) {
  runtime home{runtime_options{}.workers(2)};
  return home.block_on(run(std::move(what), options.check())).output;
}

process_error error_of(const command& what) {
  runtime home{runtime_options{}.workers(2)};
  try {
    static_cast<void>(home.block_on(run(what)));
  } catch (const process_error& error) {
    return error;
  }
  return {"started", what.program(), {}};
}

/// A folder for the files of one test.
class folder {
public:
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "actors-process-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::system_error(errno, std::system_category(), "mkdtemp");
    path_ = name;
  }

  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  ~folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string operator/(const char* name) const { return (path_ / name).string(); }

  [[nodiscard]] std::string path() const { return path_.string(); }

private:
  std::filesystem::path path_;
};

std::string content(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_script(const std::string& path, const std::string& text, int mode) {
  std::ofstream{path} << text;
  ASSERT_EQ(::chmod(path.c_str(), static_cast<mode_t>(mode)), 0);
}

TEST(command, passes_arguments_as_they_are) {
  auto print = command{"/usr/bin/printf"}.argument("[%s]");
  print.arguments({"two words", "", "$HOME; `id` \"'*", "\xff\n"});
  EXPECT_EQ(output_of(print), "[two words][][$HOME; `id` \"'*][\xff\n]");
}

TEST(command, may_give_the_program_another_name) {
  EXPECT_EQ(output_of(command{"/bin/sh"}.called("other").arguments({"-c", "cat /proc/$$/cmdline | tr '\\0' ' '"})),
            "other -c cat /proc/$$/cmdline | tr '\\0' ' ' ");
}

TEST(command, adds_to_the_environment_or_replaces_it) {
  ASSERT_EQ(::setenv("ACTORS_PROCESS_TEST", "inherited", 1), 0); // NOLINT(concurrency-mt-unsafe)
  const auto show = [] { return shell("echo \"$ACTORS_PROCESS_TEST|$OTHER\""); };
  EXPECT_EQ(output_of(show()), "inherited|\n");
  EXPECT_EQ(output_of(show().variable("OTHER", "a=b c")), "inherited|a=b c\n");
  EXPECT_EQ(output_of(show().variable("ACTORS_PROCESS_TEST", "")), "|\n");
  EXPECT_EQ(output_of(show().without_variable("ACTORS_PROCESS_TEST")), "|\n");
  EXPECT_EQ(output_of(show().environment({{"OTHER", "1"}})), "|1\n");
  EXPECT_EQ(output_of(command{"/usr/bin/env"}.environment({})), "");
  EXPECT_EQ(output_of(command{"/usr/bin/env"}.environment({{"A", "1"}, {"B", "2"}}).without_variable("A")), "B=2\n");
  ::unsetenv("ACTORS_PROCESS_TEST"); // NOLINT(concurrency-mt-unsafe)
}

TEST(command, starts_in_its_folder) {
  const folder place;
  EXPECT_EQ(output_of(shell("pwd -P").folder(place.path())), std::filesystem::canonical(place.path()).string() + "\n");
  EXPECT_THAT(error_of(shell("pwd").folder(place / "none")).what(),
              HasSubstr("cannot run /bin/sh: No such file or directory (the folder "));
  write_script(place / "file", "", 0644);
  EXPECT_EQ(error_of(shell("pwd").folder(place / "file")).code(), std::errc::not_a_directory);
}

TEST(command, is_looked_for_in_the_path_of_the_child) {
  const folder place;
  ASSERT_EQ(::mkdir((place / "no").c_str(), 0755), 0);
  ASSERT_EQ(::mkdir((place / "yes").c_str(), 0755), 0);
  write_script(place / "no/tool", "#!/bin/sh\necho wrong\n", 0644); // may not be run
  write_script(place / "yes/tool", "#!/bin/sh\necho right\n", 0755);
  EXPECT_EQ(
      output_of(command{"tool"}.variable("PATH", (place / "none") + ":" + (place / "no") + ":" + (place / "yes"))),
      "right\n");
  EXPECT_EQ(error_of(command{"tool"}.variable("PATH", place / "no")).code(), std::errc::permission_denied);
  EXPECT_EQ(error_of(command{"tool"}).code(), std::errc::no_such_file_or_directory);
  // With a slash it is relative to the child's folder, as is an entry of the path.
  EXPECT_EQ(output_of(command{"./tool"}.folder(place / "yes")), "right\n");
  EXPECT_EQ(output_of(command{"tool"}.variable("PATH", "yes").folder(place.path())), "right\n");
  EXPECT_EQ(output_of(command{"tool"}.variable("PATH", "").folder(place / "yes")), "right\n");
}

TEST(command, that_cannot_be_run_says_why) {
  const folder place;
  const auto missing = error_of(command{"/no/such/program"});
  EXPECT_STREQ(missing.what(), "cannot run /no/such/program: No such file or directory");
  EXPECT_EQ(missing.operation(), "cannot run");
  EXPECT_EQ(missing.program(), "/no/such/program");
  EXPECT_EQ(missing.code(), std::errc::no_such_file_or_directory);
  write_script(place / "plain", "#!/bin/sh\n", 0644);
  EXPECT_EQ(error_of(command{place / "plain"}).code(), std::errc::permission_denied);
  write_script(place / "nonsense", "no program\n", 0755);
  EXPECT_EQ(error_of(command{place / "nonsense"}).code(), std::errc::executable_format_error);
  EXPECT_EQ(error_of(command{place.path()}).code(), std::errc::permission_denied);
  EXPECT_EQ(error_of(command{"/bin/true"}.argument(std::string(4'000'000, 'x'))).code(),
            std::errc::argument_list_too_long);
}

TEST(command, with_texts_that_the_system_would_misunderstand_is_refused) {
  const std::string nul{"a\0b", 3};
  EXPECT_EQ(error_of(command{""}).code(), errc::no_program);
  EXPECT_EQ(error_of(command{nul}).code(), errc::nul_byte);
  const auto argument = error_of(command{"true"}.argument("fine").argument(nul));
  EXPECT_EQ(argument.code(), errc::nul_byte);
  EXPECT_THAT(argument.what(), HasSubstr("argument 2"));
  EXPECT_EQ(error_of(command{"true"}.called(nul)).code(), errc::nul_byte);
  EXPECT_THAT(error_of(command{"true"}.variable("NAME", nul)).what(), HasSubstr("variable NAME"));
  EXPECT_EQ(error_of(command{"true"}.variable("a=b", "c")).code(), errc::invalid_variable);
  EXPECT_EQ(error_of(command{"true"}.variable("", "c")).code(), errc::invalid_variable);
  EXPECT_EQ(error_of(command{"true"}.environment({{"a=b", "c"}})).code(), errc::invalid_variable);
  EXPECT_EQ(error_of(command{"true"}.folder(nul)).code(), errc::nul_byte);
  EXPECT_EQ(error_of(command{"true"}.output(redirection::to_file(nul))).code(), errc::nul_byte);
}

TEST(redirection, leads_to_files) {
  const folder place;
  const auto path = place / "out";
  static_cast<void>(output_of(shell("echo one").output(redirection::to_file(path))));
  static_cast<void>(output_of(shell("echo two").output(redirection::append_to_file(path))));
  EXPECT_EQ(content(path), "one\ntwo\n");
  EXPECT_EQ(output_of(command{"cat"}.input(redirection::from_file(path))), "one\ntwo\n");
  static_cast<void>(output_of(shell("echo three").output(redirection::to_file(path))));
  EXPECT_EQ(content(path), "three\n");
  EXPECT_THAT(error_of(command{"cat"}.input(redirection::from_file(place / "none"))).what(),
              HasSubstr("No such file or directory"));
  EXPECT_EQ(error_of(command{"cat"}.input(redirection::to_file(place / "x"))).code(), std::errc::invalid_argument);
  EXPECT_EQ(error_of(command{"cat"}.output(redirection::from_file(path))).code(), std::errc::invalid_argument);
}

TEST(redirection, leads_to_nothing_or_to_standard_output) {
  EXPECT_EQ(output_of(shell("cat; echo end").input(redirection::null())), "end\n");
  EXPECT_EQ(output_of(shell("echo gone").output(redirection::null())), "");
  EXPECT_EQ(output_of(shell("echo out; echo err >&2").errors(redirection::to_output())), "out\nerr\n");
  EXPECT_EQ(error_of(shell("true").output(redirection::to_output())).code(), std::errc::invalid_argument);
}

TEST(redirection, leads_to_a_descriptor_which_stays_its_owners) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  static_cast<void>(output_of(
      shell("echo out; echo err >&2").output(redirection::to_descriptor(ends[1])).errors(redirection::to_output())));
  EXPECT_EQ(::close(ends[1]), 0);
  std::array<char, 64> buffer{};
  EXPECT_EQ(::read(ends[0], buffer.data(), buffer.size()), 8);
  EXPECT_STREQ(buffer.data(), "out\nerr\n");
  ::close(ends[0]);
  EXPECT_EQ(error_of(shell("true").output(redirection::to_descriptor(900))).code(), std::errc::bad_file_descriptor);
}

TEST(descriptors, of_this_process_do_not_reach_the_child) {
  // One that would: not marked "close on exec".
  const int leaky = ::open("/dev/null", O_RDONLY); // NOLINT(android-cloexec-open)
  ASSERT_GT(leaky, 2);
  const auto listed = output_of(command{"/bin/ls"}.argument("/proc/self/fd").input(redirection::null()));
  EXPECT_EQ(listed, "0\n1\n2\n3\n") << "3 is the folder that ls reads";
  ::close(leaky);
}

TEST(descriptors, can_be_kept_under_their_numbers) {
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GT(null, 2);
  const int kept = ::fcntl(null, F_DUPFD_CLOEXEC, 50);
  ASSERT_GE(kept, 50);
  const auto number = std::to_string(kept);
  const auto listed = output_of(command{"/bin/ls"}.argument("/proc/self/fd").keep_descriptor(kept));
  EXPECT_THAT(listed, HasSubstr("\n" + number + "\n"));
  EXPECT_THAT(output_of(command{"/bin/ls"}.argument("/proc/self/fd")), Not(HasSubstr("\n" + number + "\n")));
  EXPECT_NE(::fcntl(kept, F_GETFD) & FD_CLOEXEC, 0) << "here it is as it was";
  ::close(kept);
  ::close(null);
  EXPECT_EQ(error_of(command{"true"}.keep_descriptor(kept)).code(), std::errc::bad_file_descriptor);
  EXPECT_EQ(error_of(command{"true"}.keep_descriptor(1)).code(), std::errc::bad_file_descriptor);
}

TEST(descriptors, of_this_process_are_all_closed_again) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, std::filesystem::directory_iterator{});
  };
  // One worker: each opens descriptors of its own when it first needs its reactor.
  runtime home{runtime_options{}.workers(1)};
  const auto several = []() -> task<> {
    for (int i = 0; i < 5; ++i) {
      static_cast<void>(co_await run(command{"cat"}, run_options{}.input("text")));
      try {
        static_cast<void>(co_await run(command{"/no/such/program"}));
      } catch (const process_error&) {
        continue;
      }
    }
  };
  home.block_on(several);
  ASSERT_TRUE(no_children_left());
  const auto before = count();
  home.block_on(several);
  ASSERT_TRUE(no_children_left());
  // The watch of the last child may not have gone yet.
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (count() > before && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_LE(count(), before);
}

TEST(signals, that_this_process_blocks_or_ignores_do_not_reach_the_child_so) {
  struct sigaction ignore{};
  struct sigaction before{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  const auto status = output_of(command{"grep"}.arguments({"-E", "^Sig(Blk|Ign)", "/proc/self/status"}));
  ::sigaction(SIGPIPE, &before, nullptr);
  EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000"));
  const auto ignored = std::stoull(status.substr(status.find("SigIgn:") + 7), nullptr, 16);
  EXPECT_EQ(ignored & (1ULL << (SIGPIPE - 1)), 0U) << status;
}

} // namespace
