#include <actors/sql/error.hpp>
#include <actors/sql/value.hpp>

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/init_global_meta_objects.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using actors::sql::blob;
using actors::sql::errc;
using actors::sql::error;
using actors::sql::value;
using actors::sql::value_kind;

namespace {

class sql_value : public ::testing::Test {
protected:
  /// CAF's errors need its table of types.
  static void SetUpTestSuite() { caf::core::init_global_meta_objects(); }
};

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

caf::byte_buffer saved(value x) {
  caf::byte_buffer bytes;
  caf::binary_serializer sink{nullptr, bytes};
  EXPECT_TRUE(sink.apply(x));
  return bytes;
}

} // namespace

TEST_F(sql_value, it_is_null_unless_told_otherwise) {
  EXPECT_TRUE(value{}.is_null());
  EXPECT_TRUE(value{nullptr}.is_null());
  EXPECT_TRUE(value{std::optional<int>{}}.is_null());
  EXPECT_EQ(value{std::optional<int>{3}}, value{3});
  EXPECT_EQ(value{"x"}.kind(), value_kind::text);
  EXPECT_EQ(value{blob{}}.kind(), value_kind::blob);
  EXPECT_EQ(value{true}, value{1});
  EXPECT_NE(value{1}, value{1.0});
}

TEST_F(sql_value, it_gives_back_what_was_put_in) {
  EXPECT_EQ(value{INT64_MIN}.get<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(value{std::uint64_t{1} << 62}.get<std::uint64_t>(), std::uint64_t{1} << 62);
  EXPECT_EQ(value{-7}.get<short>(), -7);
  EXPECT_DOUBLE_EQ(value{2.5}.get<double>(), 2.5);
  EXPECT_EQ((value{std::string{"a\0b", 3}}.get<std::string>()), (std::string{"a\0b", 3}));
  EXPECT_EQ((value{blob{std::byte{1}, std::byte{0}}}.get<blob>().size()), 2u);
  EXPECT_TRUE(value{2}.get<bool>());
  EXPECT_FALSE(value{0}.get<bool>());
}

TEST_F(sql_value, null_reads_as_an_empty_optional_and_as_nothing_else) {
  EXPECT_EQ(value{}.get<std::optional<int>>(), std::nullopt);
  EXPECT_EQ(value{5}.get<std::optional<int>>(), 5);
  EXPECT_EQ(message_of(errc::type_mismatch, [] { (void)value{}.get<int>(); }), "cannot read null as an integer");
  EXPECT_EQ(message_of(errc::type_mismatch, [] { (void)value{}.get<std::string>(); }), "cannot read null as text");
  EXPECT_THROW((void)value{}.get<double>(), error);
  EXPECT_THROW((void)value{}.get<bool>(), error);
  EXPECT_THROW((void)value{}.get<blob>(), error);
}

TEST_F(sql_value, a_conversion_that_would_lose_something_is_refused_and_says_so) {
  EXPECT_EQ(message_of(errc::type_mismatch, [] { (void)value{300}.get<std::uint8_t>(); }),
            "cannot read integer 300 as an integer from 0 to 255");
  EXPECT_THROW((void)value{-1}.get<std::uint64_t>(), error);
  EXPECT_EQ(value{255}.get<std::uint8_t>(), 255);
  EXPECT_EQ(message_of(errc::type_mismatch, [] { (void)value{"12"}.get<int>(); }),
            "cannot read text '12' as an integer");
  EXPECT_EQ(message_of(errc::type_mismatch, [] { (void)value{1.0}.get<int>(); }), "cannot read real 1.0 as an integer");
  EXPECT_THROW((void)value{1}.get<std::string>(), error);
  EXPECT_THROW((void)value{"x"}.get<blob>(), error);
}

TEST_F(sql_value, an_integer_reads_as_a_floating_point_number_only_if_it_is_exact) {
  EXPECT_DOUBLE_EQ(value{1}.get<double>(), 1);
  EXPECT_DOUBLE_EQ(value{INT64_MIN}.get<double>(), -0x1p63);
  EXPECT_DOUBLE_EQ(value{std::int64_t{1} << 53}.get<double>(), 0x1p53);
  EXPECT_THROW((void)value{(std::int64_t{1} << 53) + 1}.get<double>(), error);
  EXPECT_THROW((void)value{(1 << 24) + 1}.get<float>(), error);
}

TEST_F(sql_value, an_unsigned_number_that_no_database_holds_is_refused) {
  EXPECT_EQ(message_of(errc::too_large, [] { value{UINT64_MAX}; }),
            "the number 18446744073709551615 does not fit a database's 64-bit integer");
}

TEST_F(sql_value, it_prints_as_sql) {
  EXPECT_EQ(to_string(value{}), "null");
  EXPECT_EQ(to_string(value{-3}), "-3");
  EXPECT_EQ(to_string(value{3.0}), "3.0");
  EXPECT_EQ(to_string(value{0.1}), "0.1");
  EXPECT_EQ(to_string(value{"it's\n"}), "'it''s?'");
  EXPECT_EQ(to_string(value{blob{std::byte{0}, std::byte{0xaf}}}), "x'00af'");
  EXPECT_LT(to_string(value{std::string(10'000, 'a')}).size(), 100u);
}

TEST_F(sql_value, it_travels_in_messages) {
  for (const auto& x : {value{}, value{INT64_MIN}, value{-0.0}, value{std::numeric_limits<double>::infinity()},
                        value{""}, value{"text with ünïcode"}, value{blob{}}, value{blob(1000, std::byte{7})}}) {
    const auto bytes = saved(x);
    caf::binary_deserializer source{nullptr, bytes};
    value y{"overwritten"};
    ASSERT_TRUE(source.apply(y)) << to_string(x);
    EXPECT_EQ(x, y);
    EXPECT_EQ(source.remaining(), 0u);
  }
}

TEST_F(sql_value, loading_refuses_unknown_kinds_and_truncated_bytes) {
  auto bytes = saved(value{"some text"});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    caf::byte_buffer cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    caf::binary_deserializer source{nullptr, cut};
    value x;
    EXPECT_FALSE(source.apply(x)) << "cut to " << size;
  }
  bytes[0] = caf::byte{99};
  caf::binary_deserializer source{nullptr, bytes};
  value x;
  EXPECT_FALSE(source.apply(x));
}

TEST_F(sql_value, a_blob_that_claims_to_be_huge_costs_no_memory) {
  auto bytes = saved(value{blob(3, std::byte{1})});
  // Kind, then the size as a variable-length number: make it about 2^34.
  caf::byte_buffer evil{bytes[0], caf::byte{0xff}, caf::byte{0xff}, caf::byte{0xff}, caf::byte{0xff}, caf::byte{0x3f}};
  caf::binary_deserializer source{nullptr, evil};
  value x;
  EXPECT_FALSE(source.apply(x));
}
