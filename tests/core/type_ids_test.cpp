#include "child_process.hpp"
#include "errors.hpp"
#include "messages.hpp"

#include <actors/core/error.hpp>
#include <actors/core/runtime.hpp>
#include <actors/core/type_ids.hpp>

#include <caf/detail/make_meta_object.hpp>
#include <caf/detail/meta_object.hpp>
#include <caf/span.hpp>
#include <caf/string_view.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace core_test {

/// Some message types.
template <int Number>
struct note {
  std::int32_t number = Number;
};

template <class Inspector, int Number>
bool inspect(Inspector& f, note<Number>& x) {
  return f.object(x).fields(f.field("number", x.number));
}

} // namespace core_test

/// Blocks of type ids that a program may not have, and the one order in which all of them are registered. The table is
/// one for the process, so what changes it runs in a process of its own.
namespace {

using actors::first_library_type_id;
using actors::first_user_type_id;
using actors::register_message_types;
using actors::runtime;
using actors::runtime_options;
using actors::type_id_error;
using namespace core_test;
using testing::HasSubstr;

// -- blocks that only the table sees: declared as types they would be another binary's ------------------------------------------------

void put_into_table(caf::type_id_t first, const std::vector<caf::string_view>& names) {
  std::vector<caf::detail::meta_object> entries;
  for (const auto name : names)
    entries.push_back(caf::detail::make_meta_object<note<0>>(name));
  caf::detail::set_global_meta_objects(first, caf::make_span(entries));
}

// What the next two blocks are called. The library hands over a plain function.
const std::vector<caf::string_view>& short_names() {
  static const std::vector<caf::string_view> names{"shop::order", "shop::bill"};
  return names;
}

const std::vector<caf::string_view>& long_names() {
  static const std::vector<caf::string_view> names{"shop::order", "shop::bill", "shop::parcel"};
  return names;
}

const std::vector<caf::string_view>& other_names() {
  static const std::vector<caf::string_view> names{"shop::order", "cinema::bill"};
  return names;
}

template <const std::vector<caf::string_view>& (*Names)()>
void register_at(caf::type_id_t first) {
  static caf::type_id_t begin = 0;
  begin = first;
  const auto& names = Names();
  const auto end = static_cast<caf::type_id_t>(first + names.size());
  actors::detail::register_type_id_block({first, end, false, names.data(), [] { put_into_table(begin, Names()); }});
}

std::string name_at(caf::type_id_t id) {
  const auto* meta = caf::detail::global_meta_object(id);
  return meta != nullptr ? std::string{meta->type_name.begin(), meta->type_name.end()} : "nothing";
}

/// What a call throws, as a line for the parent process to read.
template <class F>
void print_error_of(F function) {
  const auto error = thrown_by(function);
  std::printf("%s%s\n", is_a<type_id_error>(error) ? "type_id_error: " : "",
              error ? actors::describe(error).c_str() : "no error");
  std::fflush(stdout);
}

void start_and_stop_a_runtime() {
  runtime home{runtime_options{}.workers(1)};
}

} // namespace

CAF_BEGIN_TYPE_ID_BLOCK(type_ids_test_reserved, actors::first_library_type_id + 900)
  CAF_ADD_TYPE_ID(type_ids_test_reserved, (core_test::note<1>))
CAF_END_TYPE_ID_BLOCK(type_ids_test_reserved)

CAF_BEGIN_TYPE_ID_BLOCK(type_ids_test_low, 900)
  CAF_ADD_TYPE_ID(type_ids_test_low, (core_test::note<2>))
CAF_END_TYPE_ID_BLOCK(type_ids_test_low)

CAF_BEGIN_TYPE_ID_BLOCK(type_ids_test_late, actors::first_user_type_id + 1000)
  CAF_ADD_TYPE_ID(type_ids_test_late, (core_test::note<3>))
  CAF_ADD_TYPE_ID(type_ids_test_late, (core_test::note<4>))
CAF_END_TYPE_ID_BLOCK(type_ids_test_late)

// -- what needs no process of its own ------------------------------------------------------------------------------------------------

TEST(type_ids, a_block_of_a_program_may_not_begin_before_the_first_user_id) {
  for (const auto& error : {thrown_by([] { register_message_types<caf::id_block::type_ids_test_reserved>(); }),
                            thrown_by([] { register_message_types<caf::id_block::type_ids_test_low>(); })}) {
    EXPECT_TRUE(is_a<type_id_error>(error));
    EXPECT_THAT(actors::describe(error), HasSubstr("are reserved: a program's own types start at 2000"));
  }
  EXPECT_EQ(name_at(first_library_type_id + 900), "nothing");
  EXPECT_EQ(name_at(900), "nothing");
}

TEST(type_ids, a_block_that_collides_with_another_is_refused_as_a_whole) {
  const auto first = name_at(first_user_type_id);
  ASSERT_THAT(first, HasSubstr("core_test::parcel"));
  const auto error = thrown_by([] { register_at<short_names>(first_user_type_id); });
  EXPECT_TRUE(is_a<type_id_error>(error));
  EXPECT_EQ(actors::describe(error), "type id 2000 cannot stand for shop::order: it stands for " + first + " already");
  EXPECT_EQ(name_at(first_user_type_id), first);
}

TEST(type_ids, after_the_first_runtime_no_new_block_is_taken_and_a_known_one_changes_nothing) {
  start_and_stop_a_runtime();
  for (int i = 0; i < 2; ++i) {
    const auto error = thrown_by([] { register_message_types<caf::id_block::type_ids_test_late>(); });
    EXPECT_TRUE(is_a<type_id_error>(error));
    EXPECT_THAT(actors::describe(error), HasSubstr("(id 3000) is registered too late"));
    EXPECT_EQ(name_at(first_user_type_id + 1000), "nothing");
    EXPECT_EQ(thrown_by([] { register_message_types<caf::id_block::core_test>(); }), nullptr);
  }
}

// -- in a process of its own ---------------------------------------------------------------------------------------------------------

namespace {

const scenario before{"blocks before the first runtime", [] {
                        register_message_types<caf::id_block::type_ids_test_late>();
                        register_message_types<caf::id_block::core_test>();
                        register_message_types<caf::id_block::type_ids_test_late>();
                        start_and_stop_a_runtime();
                        register_message_types<caf::id_block::type_ids_test_late>();
                        std::printf("2000 is %s\n", name_at(2000).c_str());
                        std::printf("3001 is %s\n", name_at(3001).c_str());
                        std::printf("1000 is %s\n", name_at(1000).c_str());
                        return 0;
                      }};

const scenario growing{"a block that grows and one that collides", [] {
                         register_at<short_names>(2500);
                         // The same with one more at the end, which is behind the end of the table.
                         register_at<long_names>(2500);
                         print_error_of([] { register_at<other_names>(2500); });
                         std::printf("2501 is %s\n2502 is %s\n", name_at(2501).c_str(), name_at(2502).c_str());
                         return 0;
                       }};

const scenario at_once{"a block from several threads at once", [] {
                         std::vector<std::thread> threads;
                         for (int i = 0; i < 4; ++i)
                           threads.emplace_back([] {
                             register_message_types<caf::id_block::type_ids_test_late>();
                             start_and_stop_a_runtime();
                           });
                         for (auto& thread : threads)
                           thread.join();
                         std::printf("3000 is %s\n", name_at(3000).c_str());
                         return 0;
                       }};

const scenario taken{"ids of the library are taken", [] {
                       put_into_table(first_library_type_id, short_names());
                       print_error_of(start_and_stop_a_runtime);
                       print_error_of(start_and_stop_a_runtime);
                       return 0;
                     }};

const scenario overwritten{"ids of the library are overwritten", [] {
                             // What is expected here need not be kept.
                             const rlimit no_core{0, 0};
                             setrlimit(RLIMIT_CORE, &no_core);
                             start_and_stop_a_runtime();
                             put_into_table(first_library_type_id, short_names());
                             return 0;
                           }};

} // namespace

TEST(type_ids, blocks_of_a_program_are_registered_in_any_order_and_again) {
  const auto child = run_in_child("blocks before the first runtime");
  EXPECT_EQ(child.status, 0);
  EXPECT_THAT(child.output, HasSubstr("2000 is core_test::parcel\n"));
  EXPECT_THAT(child.output, HasSubstr("3001 is core_test::note<4>\n"));
  EXPECT_THAT(child.output, HasSubstr("1000 is actors::errc\n"));
}

TEST(type_ids, a_block_may_have_grown_at_its_end_but_not_changed) {
  const auto child = run_in_child("a block that grows and one that collides");
  EXPECT_EQ(child.status, 0);
  EXPECT_EQ(child.output,
            "type_id_error: type id 2501 cannot stand for cinema::bill: it stands for shop::bill already\n"
            "2501 is shop::bill\n2502 is shop::parcel\n");
}

TEST(type_ids, several_threads_may_register_and_start_runtimes_at_once) {
  const auto child = run_in_child("a block from several threads at once");
  EXPECT_EQ(child.status, 0);
  EXPECT_EQ(child.output, "3000 is core_test::note<3>\n");
}

TEST(type_ids, a_runtime_does_not_start_where_a_program_has_taken_the_ids_of_the_library) {
  const auto child = run_in_child("ids of the library are taken");
  EXPECT_EQ(child.status, 0);
  EXPECT_EQ(child.output, "type_id_error: type id 1000 cannot stand for actors::errc: it stands for shop::order "
                          "already\n"
                          "type_id_error: type id 1000 cannot stand for actors::errc: it stands for shop::order "
                          "already\n");
}

TEST(type_ids, caf_ends_a_program_that_takes_the_ids_of_the_library_afterwards) {
  const auto child = run_in_child("ids of the library are overwritten", leaks::on_purpose);
  EXPECT_EQ(child.status, -SIGABRT);
  EXPECT_THAT(child.output, HasSubstr("type ID 1000 already assigned to actors::errc (tried to override with "
                                      "shop::order)"));
}
