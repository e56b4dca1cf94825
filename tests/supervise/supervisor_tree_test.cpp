#include "flock.hpp"

#include <actors/core/spawn.hpp>

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace {

using namespace supervise_test;

TEST(supervisor_tree, starts_and_stops_as_one_and_leads_to_grandchildren) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto left = quiet("left");
    left.child(worker(notes, "a")).child(worker(notes, "b"));
    auto right = quiet("right");
    right.child(worker(notes, "c"));
    auto spec = quiet("top");
    spec.child(sv::supervisor_child(left)).child(sv::supervisor_child(right));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    const auto inner = top.child("left").supervisor();
    EXPECT_EQ(inner.name(), "left");
    EXPECT_TRUE(inner.child("a").address());
    static_cast<void>(co_await inner.start_child(worker(notes, "added")));
    EXPECT_EQ((co_await inner.children()).size(), 3u);
    while (notes->texts().size() < 4)
      co_await actors::yield();
    co_await top.stop();
    const auto texts = notes->texts();
    EXPECT_THAT((std::vector<std::string>{texts.begin() + 4, texts.end()}),
                testing::ElementsAre("-c", "-added", "-b", "-a"));
    EXPECT_TRUE(is_a<actors::stopping_error>(co_await error_of(inner.children())));
  });
}

TEST(supervisor_tree, a_grandchild_that_cannot_start_is_named_through_all_levels) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto inner = quiet("inner");
    inner.child(sv::task_child("x", [](sv::started_signal) -> task<void> {
      throw std::runtime_error("no luck");
      co_return;
    }));
    auto spec = quiet("top");
    spec.child(worker(notes, "a")).child(sv::supervisor_child(inner));
    const auto top = sv::spawn_supervisor(std::move(spec));
    EXPECT_EQ(
        text_of(co_await error_of(top.started())),
        "supervisor 'top' could not start: child 'inner': supervisor 'inner' could not start: child 'x': no luck");
    EXPECT_EQ(notes->count("-a"), notes->count("+a"));
  });
}

TEST(supervisor_tree, giving_up_escalates_and_the_parent_restarts_the_whole_subtree) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto inner = quiet("inner");
    inner.intensity(1, 10s).child(worker(notes, "steady")).child(flaky(notes, "bad", ending::error, 10ms, 2));
    auto spec = quiet("top");
    spec.child(sv::supervisor_child(inner)).child(worker(notes, "other"));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await sleep(5s);
    EXPECT_EQ(notes->count("+bad"), 3u);
    EXPECT_EQ(notes->count("+steady"), 2u);
    EXPECT_EQ(notes->count("-steady"), 1u);
    EXPECT_EQ(notes->count("+other"), 1u);
    const auto children = co_await top.children();
    EXPECT_EQ(children.front().restarts, 1u);
    EXPECT_TRUE(is_a<sv::restart_limit_error>(children.front().last_error));
    // Its own count begins anew.
    EXPECT_EQ((co_await top.child("inner").supervisor().children()).back().restarts, 0u);
    co_await top.stop();
  });
}

TEST(supervisor_tree, escalates_to_the_root_when_every_level_gives_up) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto inner = quiet("inner");
    inner.intensity(1, 10s).child(flaky(notes, "bad", ending::error, 10ms, 100));
    auto spec = quiet("top");
    spec.intensity(2, 10s).child(sv::supervisor_child(inner));
    const auto top = sv::spawn_supervisor(std::move(spec));
    const auto error = co_await error_of(top.ended());
    EXPECT_TRUE(is_a<sv::restart_limit_error>(error));
    EXPECT_THAT(text_of(error), testing::EndsWith("its last error: supervisor 'inner' gave up: child 'bad' would have "
                                                  "been restart number 2, and the limit is 1 in 10 s; its last error: "
                                                  "bad broke"));
    EXPECT_EQ(notes->count("+bad"), 6u);
  });
}

TEST(supervisor_tree, a_supervisor_that_is_killed_is_restarted_with_its_children) {
  on_every_runtime([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto inner = quiet("inner");
    inner.child(worker(notes, "a")).child(worker(notes, "b"));
    auto spec = quiet("top");
    spec.child(sv::supervisor_child(inner));
    const auto top = sv::spawn_supervisor(std::move(spec));
    const auto child = top.child("inner");
    const auto first = co_await child.up();
    const auto grandchild = child.supervisor().child("a");
    caf::anon_send_exit(first, caf::exit_reason::kill);
    static_cast<void>(co_await child.next(first, 30s));
    EXPECT_TRUE(grandchild.gone());
    EXPECT_TRUE(child.supervisor().child("a").address());
    EXPECT_EQ(notes->count("-a"), 0u);
    EXPECT_EQ((co_await top.children()).front().restarts, 1u);
    co_await top.stop();
  });
}

TEST(supervisor_tree, the_end_of_the_parent_task_stops_the_tree_in_order) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto inner = quiet("inner");
    inner.child(worker(notes, "a")).child(worker(notes, "b"));
    auto spec = quiet("top");
    spec.child(sv::supervisor_child(inner)).child(worker(notes, "c"));
    auto parent = [&]() -> task<void> {
      const auto top = sv::spawn_supervisor(spec);
      co_await top.started();
      co_await sleep(1ms);
    };
    co_await actors::spawn(parent);
    EXPECT_THAT(notes->texts(), testing::ElementsAre("+a", "+b", "+c", "-c", "-b", "-a"));
  });
}

TEST(supervisor_tree, a_child_that_is_no_supervisor_has_none) {
  under_every_seed([]() -> task<> {
    const auto notes = std::make_shared<journal>();
    auto spec = quiet("top");
    spec.child(worker(notes, "a")).child(sv::supervisor_child(quiet("inner")));
    const auto top = sv::spawn_supervisor(std::move(spec));
    co_await top.started();
    EXPECT_THROW(static_cast<void>(top.child("a").supervisor()), actors::misuse_error);
    co_await top.terminate_child("inner");
    EXPECT_THROW(static_cast<void>(top.child("inner").supervisor()), sv::child_error);
    co_await top.stop();
  });
}

TEST(supervisor_tree, belongs_to_the_runtime_when_it_is_spawned_from_outside) {
  const auto notes = std::make_shared<journal>();
  actors::runtime home{virtual_time()};
  auto spec = quiet("top");
  spec.child(worker(notes, "a")).child(worker(notes, "b"));
  const auto top = sv::spawn_supervisor(home, std::move(spec));
  home.block_on(top.started());
  home.block_on([]() -> task<> { co_await sleep(1ms); });
  EXPECT_THAT(home.stop(30s), testing::IsEmpty());
  EXPECT_THAT(notes->texts(), testing::ElementsAre("+a", "+b", "-b", "-a"));
}

} // namespace
