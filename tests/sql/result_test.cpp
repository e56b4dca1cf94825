#include <actors/sql/error.hpp>
#include <actors/sql/result.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/init_global_meta_objects.hpp>

#include <gtest/gtest.h>

using actors::sql::errc;
using actors::sql::error;
using actors::sql::result_set;
using actors::sql::row;
using actors::sql::value;

namespace {

class sql_result : public ::testing::Test {
protected:
  /// CAF's errors need its table of types.
  static void SetUpTestSuite() { caf::core::init_global_meta_objects(); }
};

result_set two_pages() {
  result_set result{{"url", "Status", "title"}};
  result.add({"http://a/", 200, "A"});
  result.add({"http://b/", 404, nullptr});
  return result;
}

template <class F>
std::string message_of(errc kind, F&& f) {
  try {
    f();
  } catch (const error& e) {
    EXPECT_EQ(e.kind(), kind);
    return e.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

template <class T>
caf::byte_buffer saved(const T& x) {
  caf::byte_buffer bytes;
  caf::binary_serializer sink{nullptr, bytes};
  EXPECT_TRUE(sink.apply(x));
  return bytes;
}

} // namespace

TEST_F(sql_result, cells_are_found_by_index_and_by_name_without_case) {
  const auto result = two_pages();
  ASSERT_EQ(result.size(), 2u);
  EXPECT_EQ(result[0].get<std::string>(0), "http://a/");
  EXPECT_EQ(result[1].get<int>("status"), 404);
  EXPECT_EQ(result[1].get<std::optional<std::string>>("TITLE"), std::nullopt);
  EXPECT_EQ(result.front()["title"], value{"A"});
}

TEST_F(sql_result, a_wrong_name_or_index_lists_the_columns_that_there_are) {
  const auto result = two_pages();
  EXPECT_EQ(message_of(errc::no_such_column, [&] { (void)result[0]["titel"]; }),
            "no column is named \"titel\"; the result has the columns url, Status, title");
  EXPECT_EQ(message_of(errc::no_such_column, [&] { (void)result[0][3]; }),
            "there is no column 3; the result has the columns url, Status, title");
  EXPECT_EQ(message_of(errc::misuse, [&] { (void)result[2]; }), "there is no row 2 in a result of 2");
  EXPECT_EQ(message_of(errc::no_such_column, [] { (void)row{}[0]; }),
            "there is no column 0; the result has no columns");
}

TEST_F(sql_result, a_wrong_type_names_the_column) {
  const auto result = two_pages();
  EXPECT_EQ(message_of(errc::type_mismatch, [&] { (void)result[1].get<std::string>("title"); }),
            "column \"title\": cannot read null as text");
}

TEST_F(sql_result, a_row_outlives_its_result) {
  row kept;
  {
    auto result = two_pages();
    kept = result[1];
  }
  EXPECT_EQ(kept.get<int>("status"), 404);
}

TEST_F(sql_result, rows_of_the_wrong_width_are_refused) {
  auto result = two_pages();
  EXPECT_THROW(result.add({1}), error);
  EXPECT_EQ(result.size(), 2u);
}

TEST_F(sql_result, it_travels_in_messages) {
  auto result = two_pages();
  result.set_changes(2, 17);
  for (const auto& x : {result, result_set{}, result_set{{"empty"}}}) {
    const auto bytes = saved(x);
    caf::binary_deserializer source{nullptr, bytes};
    auto y = two_pages();
    ASSERT_TRUE(source.apply(y));
    EXPECT_EQ(x, y);
  }
  const auto bytes = saved(result[0]);
  caf::binary_deserializer source{nullptr, bytes};
  row y;
  ASSERT_TRUE(source.apply(y));
  EXPECT_EQ(result[0], y);
}

TEST_F(sql_result, loading_refuses_counts_that_do_not_fit) {
  // The same fields, in the same order, with any numbers.
  const auto load = [](std::vector<std::string> columns, std::uint64_t rows, std::vector<value> cells) {
    caf::byte_buffer bytes;
    caf::binary_serializer sink{nullptr, bytes};
    const std::int64_t zero = 0;
    EXPECT_TRUE(sink.apply(columns) && sink.apply(rows) && sink.apply(cells) && sink.apply(zero) && sink.apply(zero));
    caf::binary_deserializer source{nullptr, bytes};
    result_set x;
    return source.apply(x);
  };
  EXPECT_TRUE(load({"a"}, 1, {value{1}}));
  EXPECT_FALSE(load({"a"}, 2, {value{1}}));
  EXPECT_FALSE(load({"a", "b"}, 1, {value{1}}));
  EXPECT_FALSE(load({}, UINT64_MAX, {}));
  EXPECT_FALSE(load({}, 0, {value{1}}));
  EXPECT_FALSE(load({"a", "b"}, UINT64_MAX / 2 + 1, {}));
}
