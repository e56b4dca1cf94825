#include "random_program.hpp"

#include "random_program_parts.hpp"

#include <random>
#include <utility>

namespace core_test {

namespace programs {

number mix(number sum, number value) {
  return sum * 31 + value;
}

number hash(const std::string& text) {
  number sum = 7;
  for (const char c : text)
    sum = mix(sum, static_cast<unsigned char>(c));
  return sum;
}

number number_of(const result& x) {
  return x.error.empty() ? x.value : hash(x.error);
}

number too_late_value(number n) {
  return mix(n, 2);
}

std::string error_text(number n) {
  return "error " + std::to_string(n);
}

std::string reason_text(number n) {
  return "reason " + std::to_string(n);
}

number refused_value(number n) {
  return mix(n, 1);
}

number stubborn_value(number n) {
  return mix(n, 3);
}

} // namespace programs

namespace {

using namespace programs;

using random_source = std::mt19937_64;

verb pick(random_source& random, verb first, verb last) {
  const auto many = static_cast<number>(last) - static_cast<number>(first) + 1;
  return static_cast<verb>(static_cast<number>(first) + random() % many);
}

node make(random_source& random, int levels, bool with_threads) {
  node n;
  n.number = random() % 100'000;
  const auto kind = random() % 10;
  if (levels == 0 || kind < 1) {
    do
      n.what = pick(random, verb::value, verb::last_leaf);
    while (!with_threads && (n.what == verb::in_thread || n.what == verb::fail_in_thread));
    return n;
  }
  const bool single = kind < 5;
  n.what = single ? pick(random, verb::after_sleep, verb::last_single) : pick(random, verb::gather, verb::last);
  const auto many = single ? 1 : random() % 4;
  bool failed = false;
  const bool one_may_fail = n.what == verb::gather || n.what == verb::gather_handles || n.what == verb::group;
  for (number i = 0; i < many; ++i) {
    auto child = make(random, levels - 1, with_threads);
    const bool fails = !expected(child).error.empty();
    if (fails && failed && one_may_fail) {
      node wrapped;
      wrapped.what = verb::caught;
      wrapped.children.push_back(std::move(child));
      child = std::move(wrapped);
    }
    failed = failed || fails;
    n.children.push_back(std::move(child));
  }
  // Waiting for none is an error.
  if (n.children.empty() && (n.what == verb::wait_for_all))
    n.what = verb::gather_outcomes;
  return n;
}

result of_children(const node& n) {
  result x;
  x.value = n.children.size();
  for (const auto& child : n.children) {
    const auto each = expected(child);
    if (!each.error.empty())
      return each;
    x.value = mix(x.value, each.value);
  }
  return x;
}

result all_of_children(const node& n) {
  result x;
  x.value = n.children.size();
  for (const auto& child : n.children)
    x.value = mix(x.value, number_of(expected(child)));
  return x;
}

} // namespace

std::string to_string(const result& x) {
  return x.error.empty() ? std::to_string(x.value) : x.error;
}

std::string to_string(const node& n) {
  static constexpr const char* names[] = {"value",
                                          "fail",
                                          "in_thread",
                                          "fail_in_thread",
                                          "asked",
                                          "refused",
                                          "asked_too_late",
                                          "too_late",
                                          "stubborn",
                                          "cancelled_child",
                                          "killed_child",
                                          "shielded",
                                          "cancelled_group",
                                          "cancelled_scope",
                                          "equal_deadlines",
                                          "get_in_time_or_later",
                                          "cancelled_getter",
                                          "put_and_cancel",
                                          "shut_queue",
                                          "after_sleep",
                                          "after_yield",
                                          "called",
                                          "spawned",
                                          "detached",
                                          "bound",
                                          "in_time",
                                          "caught",
                                          "first_of_several",
                                          "eager",
                                          "moved_on",
                                          "generated",
                                          "cleaned_up",
                                          "started",
                                          "handed_over",
                                          "gather",
                                          "gather_handles",
                                          "gather_outcomes",
                                          "wait_for_all",
                                          "as_completed",
                                          "group",
                                          "one_producer",
                                          "many_producers"};
  std::string text = names[static_cast<std::size_t>(n.what)];
  text += ' ' + std::to_string(n.number);
  if (n.children.empty())
    return text;
  text += " (";
  for (const auto& child : n.children) {
    if (&child != &n.children.front())
      text += ", ";
    text += to_string(child);
  }
  return text + ')';
}

node make_program(std::uint64_t seed, bool with_threads) {
  random_source random{seed};
  return make(random, 4, with_threads);
}

result expected(const node& n) {
  result x;
  x.value = n.number;
  switch (n.what) {
  case verb::value:
  case verb::in_thread:
  case verb::group_that_cancels:
  case verb::cancelled_scope:
  case verb::get_in_time_or_later:
  case verb::put_and_cancel:
  case verb::shut_queue:
    return x;
  case verb::cancelled_getter:
    x.value = 3 * n.number + 3;
    return x;
  case verb::fail:
  case verb::fail_in_thread:
    x.error = error_text(n.number);
    return x;
  case verb::asked:
    x.value = n.number + 1;
    return x;
  case verb::refused:
    x.value = refused_value(n.number);
    return x;
  case verb::asked_too_late:
  case verb::too_late:
  case verb::equal_deadlines:
    x.value = too_late_value(n.number);
    return x;
  case verb::too_late_but_stubborn:
    x.value = stubborn_value(n.number);
    return x;
  case verb::cancelled_child:
  case verb::shielded:
    x.value = hash("cancelled: " + reason_text(n.number));
    return x;
  case verb::killed_child:
    x.value = hash("cancelled: killed");
    return x;
  case verb::caught:
    x.value = number_of(expected(n.children[0]));
    return x;
  case verb::first_of_several: {
    auto first = expected(n.children[0]);
    if (!first.error.empty())
      return first;
    const auto text = hash("cancelled: " + reason_text(n.number));
    x.value = mix(mix(mix(mix(1, 2), text), text), first.value);
    return x;
  }
  case verb::gather:
  case verb::gather_handles:
  case verb::group:
    return of_children(n);
  case verb::gather_outcomes:
  case verb::wait_for_all:
  case verb::one_producer:
    return all_of_children(n);
  case verb::as_completed:
  case verb::many_producers:
    x.value = 0;
    for (const auto& child : n.children)
      x.value += number_of(expected(child));
    return x;
  default:
    return expected(n.children[0]);
  }
}

} // namespace core_test
