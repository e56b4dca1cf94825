#include "problems.hpp"

#include <actors/core/error.hpp>
#include <actors/web/model.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace actors::web::test {
namespace {

// [model]
enum class size { small, large };
BOOST_DESCRIBE_ENUM(size, small, large)

struct item {
  std::string name;
  double price = 0;
  size how_big = size::small;
  std::optional<std::string> note;
  std::vector<std::string> tags{"new"};
};
BOOST_DESCRIBE_STRUCT(item, (), (name, price, how_big, note, tags))

// Found by its argument. What is not said here: a member must be there, unless it is a std::optional.
inline void describe_model(model<item>& m) {
  m.description("Something to buy");
  m.field(&item::name).min_length(1).max_length(5).description("What it is called");
  m.field(&item::price).greater_than(0);
  m.field(&item::how_big).has_default().alias("size");
  m.field(&item::tags).has_default().max_length(3);
}

// [model]

struct order {
  int id = 0;
  item what;
  std::map<std::string, item> others;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, what, others))

inline void describe_model(model<order>& m) {
  m.field(&order::others).has_default();
  m.forbid_others();
  m.check([](const order& o) -> std::optional<std::string> {
    if (o.id == 13)
      return "13 brings bad luck";
    return std::nullopt;
  });
}

struct tree {
  int value = 0;
  std::vector<tree> children;
};
BOOST_DESCRIBE_STRUCT(tree, (), (value, children))

inline void describe_model(model<tree>& m) {
  m.field(&tree::children).has_default();
}

struct base {
  int a = 0;
};
BOOST_DESCRIBE_STRUCT(base, (), (a))

struct derived : base {
  int b = 0;
};
BOOST_DESCRIBE_STRUCT(derived, (base), (b))

struct nothing {};
BOOST_DESCRIBE_STRUCT(nothing, (), ())

struct twice {
  int a = 0;
  int b = 0;
};
BOOST_DESCRIBE_STRUCT(twice, (), (a, b))

inline void describe_model(model<twice>& m) {
  m.field(&twice::b).alias("a");
}

TEST(model, reads_and_writes_the_members_of_a_struct) {
  EXPECT_EQ(read<item>(R"({"name":"a","price":"1.5","size":"large","note":"n","tags":[],"other":1})"),
            R"({"name":"a","price":1.5,"size":"large","note":"n","tags":[]})");
}

TEST(model, keeps_what_the_initialisers_say_of_members_that_are_missing) {
  EXPECT_EQ(read<item>(R"({"name":"a","price":1})"),
            R"({"name":"a","price":1.0,"size":"small","note":null,"tags":["new"]})");
}

TEST(model, tells_everything_that_is_wrong) {
  EXPECT_EQ(read<item>(R"({"name":"","price":0,"size":"huge","note":1,"tags":["a",2]})"),
            "name/ string_too_short: String should have at least 1 character\n"
            "price/ greater_than: Input should be greater than 0\n"
            "size/ enum: Input should be 'small' or 'large'\n"
            "note/ string_type: Input should be a valid string\n"
            "tags/1/ string_type: Input should be a valid string\n");
  EXPECT_EQ(read<item>("{}"), "name/ missing: Field required\nprice/ missing: Field required\n");
  for (const std::string other : {"[]", "1", "null", "\"{}\""}) {
    EXPECT_EQ(read<item>(other),
              "model_attributes_type: Input should be a valid dictionary or object to extract fields from\n");
  }
}

TEST(model, tells_where_in_a_nested_value_something_is_wrong) {
  EXPECT_EQ(read<order>(R"({"id":1,"what":{"name":"a"},"others":{"x":{"name":"b","price":-1}}})"),
            "what/price/ missing: Field required\n"
            "others/x/price/ greater_than: Input should be greater than 0\n");
  EXPECT_EQ(read<order>(R"({"id":1,"what":{"name":"a","price":1}})"),
            R"({"id":1,"what":{"name":"a","price":1.0,"size":"small","note":null,"tags":["new"]},"others":{}})");
}

TEST(model, refuses_members_that_it_does_not_know_if_it_is_told_so) {
  EXPECT_EQ(read<order>(R"({"id":1,"what":{"name":"a","price":1},"more":2})"),
            "more/ extra_forbidden: Extra inputs are not permitted\n");
}

TEST(model, asks_its_own_rules_when_all_members_are_right) {
  EXPECT_EQ(read<order>(R"({"id":13,"what":{"name":"a","price":1}})"),
            "value_error: Value error, 13 brings bad luck\n");
  EXPECT_EQ(read<order>(R"({"id":13,"what":{"name":"a"}})"), "what/price/ missing: Field required\n");
}

TEST(model, may_hold_itself) {
  EXPECT_EQ(read<tree>(R"({"value":1,"children":[{"value":2},{"value":3,"children":[{}]}]})"),
            "children/1/children/0/value/ missing: Field required\n");
  EXPECT_EQ(read<tree>(R"({"value":1,"children":[{"value":2}]})"),
            R"({"value":1,"children":[{"value":2,"children":[]}]})");
}

TEST(model, has_the_members_of_its_bases) {
  EXPECT_EQ(read<derived>(R"({"b":2,"a":1})"), R"({"a":1,"b":2})");
}

TEST(model, may_have_no_members) {
  EXPECT_EQ(read<nothing>("{\"a\":1}"), "{}");
}

TEST(model, does_not_give_one_name_to_two_members) {
  EXPECT_THROW(static_cast<void>(model<twice>::get()), misuse_error);
}

TEST(model, is_an_object_in_json_schema) {
  schema_builder to;
  EXPECT_EQ((value_traits<std::vector<order>>::schema(to, {})),
            nlohmann::json::parse(R"({"type":"array","items":{"$ref":"#/components/schemas/order"}})"));
  ASSERT_EQ(to.schemas().size(), 3U);
  EXPECT_EQ(to.schemas().at("size"),
            nlohmann::json::parse(R"({"type":"string","title":"size","enum":["small","large"]})"));
  EXPECT_EQ(to.schemas().at("item"), nlohmann::json::parse(R"({
    "type": "object", "title": "item", "description": "Something to buy", "required": ["name", "price"],
    "properties": {
      "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 5, "description": "What it is called"},
      "price": {"type": "number", "title": "Price", "exclusiveMinimum": 0},
      "size": {"$ref": "#/components/schemas/size", "default": "small"},
      "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Note"},
      "tags": {"type": "array", "items": {"type": "string"}, "title": "Tags", "default": ["new"], "maxItems": 3}
    }})"));
  EXPECT_EQ(to.schemas().at("order").at("additionalProperties"), false);
  schema_builder again;
  EXPECT_EQ(value_traits<tree>::schema(again, {}), nlohmann::json::parse(R"({"$ref":"#/components/schemas/tree"})"));
  EXPECT_EQ(again.schemas().at("tree").at("properties").at("children").at("items"),
            nlohmann::json::parse(R"({"$ref":"#/components/schemas/tree"})"));
}

} // namespace
} // namespace actors::web::test
