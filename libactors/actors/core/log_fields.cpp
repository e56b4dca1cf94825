#include <actors/core/log_fields.hpp>

#include <algorithm>

namespace actors {

log_fields& log_fields::add(std::string key, std::string value) {
  if (const auto known = std::ranges::find(fields_, key, &field::key); known != fields_.end())
    fields_.erase(known);
  else if (fields_.size() == most)
    fields_.erase(fields_.begin());
  fields_.emplace_back(std::move(key), std::move(value));
  return *this;
}

log_fields& log_fields::add(const log_fields& others) {
  if (&others == this)
    return *this;
  for (const auto& each : others.fields_)
    add(each.key, each.value);
  return *this;
}

const std::string* log_fields::find(std::string_view key) const noexcept {
  const auto known = std::ranges::find(fields_, key, &field::key);
  return known != fields_.end() ? &known->value : nullptr;
}

namespace detail {

context_values add_log_fields::operator()(const context_values& before) const {
  auto all = before.fields() != nullptr ? *before.fields() : log_fields{};
  all.add(fields_);
  return before.with_fields(std::make_shared<const log_fields>(std::move(all)));
}

} // namespace detail

} // namespace actors
