#include <actors/app/dependency_order.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace {

using actors::app::component_node;
using actors::app::dependency;
using actors::app::dependency_error;
using actors::app::dependency_order;

struct database {};

struct server {};

component_node node(const std::string& name, const std::vector<std::string>& needs = {}) {
  component_node result(name);
  for (const std::string& need : needs)
    result.needs(dependency::named(need));
  return result;
}

std::string start_of(const std::vector<component_node>& nodes) {
  std::string result;
  for (const std::size_t i : dependency_order(nodes).start())
    result += (result.empty() ? "" : " ") + nodes[i].name;
  return result;
}

std::string failure_of(const std::vector<component_node>& nodes) {
  try {
    (void)dependency_order(nodes);
  } catch (const dependency_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(dependency_order, what_is_needed_starts_first_and_stops_last) {
  const std::vector<component_node> nodes{node("api", {"store", "log"}), node("store", {"log"}), node("log")};
  const dependency_order order(nodes);
  EXPECT_EQ(order.start(), (std::vector<std::size_t>{2, 1, 0}));
  EXPECT_EQ(order.stop(), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(dependency_order, without_needs_the_order_of_declaration_stays) {
  EXPECT_EQ(start_of({node("c"), node("a"), node("b")}), "c a b");
  EXPECT_EQ(start_of({}), "");
}

TEST(dependency_order, an_unrelated_component_moves_nothing_else) {
  EXPECT_EQ(start_of({node("a", {"d"}), node("b"), node("c", {"b"}), node("d")}), "b c d a");
  EXPECT_EQ(start_of({node("a", {"d"}), node("x"), node("b"), node("c", {"b"}), node("d")}), "x b c d a");
}

TEST(dependency_order, needs_are_met_by_type) {
  std::vector<component_node> nodes{node("api"), node("main_db")};
  nodes[0].needs(dependency::of_type<database>());
  nodes[1].provides<database>();
  const dependency_order order(nodes);
  EXPECT_EQ(order.start(), (std::vector<std::size_t>{1, 0}));
  ASSERT_EQ(order.dependencies_of(0).size(), 1U);
  EXPECT_EQ(order.dependencies_of(0)[0], 1U);
  EXPECT_TRUE(order.dependencies_of(1).empty());
}

TEST(dependency_order, a_type_that_nobody_provides_is_named) {
  std::vector<component_node> nodes{node("api")};
  nodes[0].needs(dependency::of_type<database>());
  EXPECT_EQ(failure_of(nodes),
            "component \"api\" needs a (anonymous namespace)::database, which no component provides");
}

TEST(dependency_order, a_type_that_several_provide_must_be_named) {
  std::vector<component_node> nodes{node("api"), node("a"), node("b")};
  nodes[0].needs(dependency::of_type<database>());
  nodes[1].provides<database>();
  nodes[2].provides<database>();
  EXPECT_EQ(failure_of(nodes), "component \"api\" needs a (anonymous namespace)::database, which several provide "
                               "(\"a\", \"b\"): name one");
  nodes[0].dependencies = {dependency::of_type<database>("b")};
  EXPECT_EQ(start_of(nodes), "a b api");
}

TEST(dependency_order, a_named_component_of_the_wrong_type_is_refused) {
  std::vector<component_node> nodes{node("api"), node("store")};
  nodes[0].needs(dependency::of_type<database>("store"));
  nodes[1].provides<server>();
  EXPECT_EQ(failure_of(nodes),
            "component \"api\" needs \"store\" to be a (anonymous namespace)::database, which it is not");
}

TEST(dependency_order, a_missing_component_is_named_with_the_one_that_was_meant) {
  EXPECT_EQ(failure_of({node("api", {"stroe"}), node("store")}),
            "component \"api\" needs \"stroe\", which does not exist; did you mean \"store\"?");
  EXPECT_EQ(failure_of({node("api", {"queue"}), node("store")}),
            "component \"api\" needs \"queue\", which does not exist");
}

TEST(dependency_order, an_optional_need_may_go_unmet_but_orders_if_it_is_met) {
  std::vector<component_node> nodes{node("api")};
  nodes[0].needs(dependency::named("metrics").if_present()).needs(dependency::of_type<database>().if_present());
  EXPECT_EQ(dependency_order(nodes).dependencies_of(0), (std::vector<std::optional<std::size_t>>{{}, {}}));
  nodes.push_back(node("metrics"));
  EXPECT_EQ(start_of(nodes), "metrics api");
}

TEST(dependency_order, a_cycle_is_shown_from_its_first_declared_member) {
  EXPECT_EQ(failure_of({node("a", {"b"}), node("b", {"a"})}), "components need each other: a → b → a");
  EXPECT_EQ(failure_of({node("a", {"a"})}), "components need each other: a → a");
  EXPECT_EQ(failure_of({node("x", {"c"}), node("a", {"b"}), node("b", {"c"}), node("c", {"a"}), node("y")}),
            "components need each other: a → b → c → a");
}

TEST(dependency_order, several_mistakes_are_all_said) {
  EXPECT_EQ(
      failure_of({node("a", {"b"}), node("b", {"a"}), node("c", {"d", "zzz"}), node("d", {"c"}), node("d"), node("")}),
      "two components are named \"d\"\n"
      "component 6 has no name\n"
      "component \"c\" needs \"zzz\", which does not exist\n"
      "components need each other: a → b → a\n"
      "components need each other: c → d → c");
}

TEST(dependency_order, needing_the_same_twice_is_no_mistake) {
  EXPECT_EQ(start_of({node("a", {"b", "b"}), node("b")}), "b a");
}

TEST(dependency_order, a_long_chain_needs_no_deep_stack) {
  constexpr std::size_t length = 30'000;
  std::vector<component_node> nodes;
  nodes.reserve(length);
  for (std::size_t i = 0; i < length; ++i) {
    nodes.push_back(i + 1 < length ? node("n" + std::to_string(i), {"n" + std::to_string(i + 1)})
                                   : node("n" + std::to_string(i)));
  }
  const dependency_order order(nodes);
  EXPECT_EQ(order.start().front(), length - 1);
  EXPECT_EQ(order.stop().front(), 0U);
  nodes.back().needs(dependency::named("n0"));
  EXPECT_TRUE(failure_of(nodes).starts_with("components need each other: n0 → n1 → "));
}

TEST(dependency_order, random_graphs_without_cycles_are_always_ordered) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 100; ++round) {
    const std::size_t count = 1 + random() % 30;
    std::vector<std::size_t> rank(count);
    for (std::size_t i = 0; i < count; ++i)
      rank[i] = i;
    std::shuffle(rank.begin(), rank.end(), random);
    std::vector<component_node> nodes;
    for (std::size_t i = 0; i < count; ++i) {
      nodes.push_back(node(std::to_string(i)));
      for (std::size_t j = 0; j < count; ++j) {
        if (rank[j] < rank[i] && random() % 4 == 0)
          nodes[i].needs(dependency::named(std::to_string(j)));
      }
    }
    const dependency_order order(nodes);
    std::vector<std::size_t> place(count, count);
    for (std::size_t p = 0; p < count; ++p)
      place[order.start().at(p)] = p;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_LT(place[i], count);
      for (const auto& need : order.dependencies_of(i))
        EXPECT_LT(place[need.value()], place[i]);
    }
  }
}

} // namespace
