#include "process_support.hpp"

#include <actors/process/child.hpp>
#include <actors/process/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace actors;
using namespace process_test;
using actors::process::command;
using actors::process::group_kind;
using actors::process::process_error;
using actors::process::redirection;
using actors::process::resource;
using actors::process::start;
using ::testing::HasSubstr;

/// What the command writes on its standard output.
std::string output_of(command what) {
  std::string result;
  run_in_runtime([&]() -> task<> {
    const auto child = co_await start(what.output(redirection::pipe()));
    auto all = co_await child.communicate();
    EXPECT_TRUE(all.status.success());
    result = std::move(all.output);
  });
  EXPECT_TRUE(no_children_left());
  return result;
}

/// What `start` says of a command that cannot be run.
std::string refusal_of(command what) {
  std::string result = "it was started";
  run_in_runtime([&]() -> task<> {
    try {
      const auto child = co_await start(what);
    } catch (const process_error& error) {
      result = error.what();
    }
  });
  EXPECT_TRUE(no_children_left());
  return result;
}

bool privileged() {
  return ::geteuid() == 0;
}

} // namespace

TEST(credentials, the_child_has_the_umask_that_it_was_given) {
  EXPECT_EQ(output_of(shell("umask").umask(0027)), "0027\n");
  EXPECT_THAT(refusal_of(shell("umask").umask(01000)), HasSubstr("the umask must be 0 to 0777"));
}

TEST(credentials, the_child_has_the_limits_that_it_was_given) {
  EXPECT_EQ(output_of(shell("ulimit -S -n; ulimit -H -n").limit(resource::open_files, 50, 60)), "50\n60\n");
  EXPECT_EQ(output_of(shell("ulimit -c; ulimit -t").limit(resource::core_file, 0).limit(resource::processor_time, 77)),
            "0\n77\n");
  run_in_runtime([]() -> task<> {
    const auto child = co_await start(shell("while :; do :; done").limit(resource::processor_time, 1, 2));
    const auto status = co_await child.wait();
    EXPECT_EQ(status.signal(), SIGXCPU);
  });
}

TEST(credentials, what_the_system_refuses_is_named) {
  EXPECT_THAT(refusal_of(shell("true").limit(resource::open_files, 60, 50)),
              testing::AllOf(HasSubstr("Invalid argument"), HasSubstr("set the limit on open files")));
  EXPECT_THAT(refusal_of(command{"/no/such/program"}.umask(0)), HasSubstr("cannot run /no/such/program: No such file"));
  EXPECT_THAT(refusal_of(command{"/dev/null"}.umask(0)), HasSubstr("Permission denied"));
}

TEST(credentials, the_child_runs_as_the_user_and_groups_that_it_was_given_or_says_why_not) {
  auto who = shell("id -u; id -g; id -G").user_id(65534).group_id(65533);
  auto groups = shell("id -G").user_id(65534).group_id(65533).supplementary_groups({65531, 65532});
  if (privileged()) {
    EXPECT_EQ(output_of(who), "65534\n65533\n65533\n");
    EXPECT_EQ(output_of(groups), "65533 65531 65532\n");
    // A user that gave up its rights does not get them back.
    EXPECT_THAT(output_of(shell("kill -0 1 2>/dev/null || echo no").user_id(65534)), "no\n");
  } else {
    EXPECT_THAT(refusal_of(who), HasSubstr("Operation not permitted (set the group)"));
    EXPECT_THAT(refusal_of(groups), HasSubstr("Operation not permitted (set the supplementary groups)"));
  }
}

TEST(credentials, streams_folder_group_and_descriptors_are_as_without_them) {
  const auto both =
      output_of(shell("pwd; echo complaint >&2; ps -o pgid= -p $$ >/dev/null 2>&1; ls /proc/self/fd | wc -l")
                    .umask(0)
                    .folder("/")
                    .group(group_kind::session)
                    .errors(redirection::to_output()));
  // 0, 1, 2 and the one that ls reads the folder by.
  EXPECT_EQ(both, "/\ncomplaint\n4\n");
  const int kept = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int lost = ::open("/dev/null", O_RDONLY);
  EXPECT_EQ(output_of(shell("test -e /proc/self/fd/" + std::to_string(kept) + " && echo kept; test -e /proc/self/fd/" +
                            std::to_string(lost) + " || echo lost")
                          .umask(0)
                          .keep_descriptor(kept)),
            "kept\nlost\n");
  ::close(kept);
  ::close(lost);
}
