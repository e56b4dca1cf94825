#pragma once

#include <actors/web/model.hpp>
#include <actors/web/openapi.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <optional>
#include <string>
#include <vector>

/// The operations of a small shop, for tests of its documentation.
namespace actors::web::test {

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct shop_item {
  std::string name;
  double price = 0;
  colour paint = colour::green;
  std::optional<std::string> note;
  std::vector<std::string> tags{"new"};
};
BOOST_DESCRIBE_STRUCT(shop_item, (), (name, price, paint, note, tags))

inline void describe_model(model<shop_item>& m) {
  m.description("Something to buy");
  m.field(&shop_item::name).min_length(1).max_length(80).example("Lamp");
  m.field(&shop_item::price).greater_than(0);
  m.field(&shop_item::paint).has_default();
  m.field(&shop_item::tags).has_default();
}

template <class T>
[[nodiscard]] schema_function schema() {
  return [](schema_builder& types) { return value_traits<T>::schema(types, detail::no_rules); };
}

/// One that a document can name, and one of each thing that can be said.
[[nodiscard]] std::vector<operation> shop_operations();

[[nodiscard]] openapi_options shop_options();

} // namespace actors::web::test
