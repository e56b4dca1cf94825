#include <actors/app/byte_size.hpp>
#include <actors/app/value_error.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace {

using actors::app::byte_size;
using actors::app::format_byte_size;
using actors::app::parse_byte_size;

std::string failure_of(std::string_view text) {
  try {
    (void)parse_byte_size(text);
  } catch (const actors::app::value_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(byte_size, units_are_read_in_any_case) {
  EXPECT_EQ(parse_byte_size("4096"), byte_size(4096));
  EXPECT_EQ(parse_byte_size("64 KiB"), byte_size(65'536));
  EXPECT_EQ(parse_byte_size("64kib"), byte_size(65'536));
  EXPECT_EQ(parse_byte_size("10 MB"), byte_size(10'000'000));
  EXPECT_EQ(parse_byte_size("10 kB"), byte_size(10'000));
  EXPECT_EQ(parse_byte_size("1.5 GiB"), byte_size(1'610'612'736));
  EXPECT_EQ(parse_byte_size("7 TiB"), byte_size(std::uint64_t{7} << 40U));
  EXPECT_EQ(parse_byte_size("7 EiB"), byte_size(std::uint64_t{7} << 60U));
  EXPECT_EQ(parse_byte_size(" 12 bytes "), byte_size(12));
  EXPECT_EQ(parse_byte_size("0"), byte_size(0));
}

TEST(byte_size, a_lone_letter_is_ambiguous) {
  EXPECT_EQ(failure_of("64K"), R"("64K" is ambiguous: write KiB (powers of 1024) or kB (powers of 1000))");
  EXPECT_EQ(failure_of("1 g"), R"("1 g" is ambiguous: write GiB (powers of 1024) or GB (powers of 1000))");
}

TEST(byte_size, what_is_no_size_is_named) {
  EXPECT_EQ(failure_of("big"), R"("big" is not a size in bytes, such as "64 KiB", "10 MB" or "4096")");
  EXPECT_EQ(failure_of("-1"), R"("-1" is not a size in bytes, such as "64 KiB", "10 MB" or "4096")");
  EXPECT_EQ(failure_of("1.5 B"), "\"1.5 B\" is not a whole number of bytes");
  EXPECT_EQ(failure_of("0.0001 KiB"), "\"0.0001 KiB\" is not a whole number of bytes");
  EXPECT_EQ(failure_of("3 MiBs"), R"("3 MiBs": "mibs" is not a unit of size (B, KiB, MiB, GiB, kB, MB, GB))");
  for (const char* text : {"", "KiB", "1 KiB 2", "1 2", "1KiB,", "0x10", "1e3", "１２"}) {
    EXPECT_NE(failure_of(text), "no error") << text;
  }
}

TEST(byte_size, the_end_of_the_range_is_exact) {
  EXPECT_EQ(parse_byte_size("9223372036854775807"), byte_size(9223372036854775807U));
  EXPECT_EQ(failure_of("9223372036854775808"), "\"9223372036854775808\" is too large (less than 8 EiB)");
  EXPECT_EQ(failure_of("8 EiB"), "\"8 EiB\" is too large (less than 8 EiB)");
  EXPECT_EQ(failure_of("999999999999999999 EB"), "\"999999999999999999 EB\" is too large (less than 8 EiB)");
}

TEST(byte_size, is_written_in_the_largest_unit_that_is_exact) {
  EXPECT_EQ(format_byte_size(byte_size(0)), "0 B");
  EXPECT_EQ(format_byte_size(byte_size(1000)), "1000 B");
  EXPECT_EQ(format_byte_size(actors::app::kibibytes(64)), "64 KiB");
  EXPECT_EQ(format_byte_size(actors::app::mebibytes(3)), "3 MiB");
  EXPECT_EQ(format_byte_size(actors::app::gibibytes(2048)), "2 TiB");
}

TEST(byte_size, what_is_written_is_read_back) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const byte_size value((random() >> 4U) >> (random() % 60) << (random() % 4));
    EXPECT_EQ(parse_byte_size(format_byte_size(value)), value) << format_byte_size(value);
  }
}

} // namespace
