#include <actors/http/fields.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

namespace actors::http {

namespace {

using internal::iequals;

void check_name(std::string_view name) {
  if (!internal::consists_of(internal::token_char, name))
    throw error{errc::invalid_field_name, "header field name " + internal::quoted(name) + " is not a token"};
}

void check_value(std::string_view name, std::string_view value) {
  if (!internal::all_are(internal::value_char, value))
    throw error{errc::invalid_field_value, "value of header field " + internal::quoted(name) +
                                               " holds a control character: " + internal::quoted(value)};
}

/// Whether the text lies in the buffer, so that changing the buffer would pull it away.
bool lies_in(const std::string& buffer, std::string_view text) {
  const std::less_equal<const char*> before;
  return !text.empty() && before(buffer.data(), text.data()) && before(text.data(), buffer.data() + buffer.size());
}

/// Calls `visit(element)` for the elements of one list value until it returns true; returns whether it did.
template <class Visit>
bool any_element(std::string_view value, Visit visit) {
  std::size_t begin = 0;
  bool in_quotes = false;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    if (i == value.size() || (value[i] == ',' && !in_quotes)) {
      const auto element = internal::trim(value.substr(begin, i - begin));
      if (!element.empty() && visit(element))
        return true;
      begin = i + 1;
    } else if (value[i] == '"') {
      in_quotes = !in_quotes;
    } else if (value[i] == '\\' && in_quotes && i + 1 < value.size()) {
      ++i;
    }
  }
  return false;
}

} // namespace

fields& fields::set(std::string_view name, std::string_view value) {
  if (entries_.empty())
    return add(name, value);
  check_name(name);
  value = internal::trim(value);
  check_value(name, value);
  if (lies_in(wire_, name) || lies_in(wire_, value))
    return set(std::string{name}, std::string{value});
  const auto same = [&](const entry& e) { return iequals(view(e).name, name); };
  const auto found = std::find_if(entries_.begin(), entries_.end(), same);
  if (found == entries_.end())
    return add(name, value);
  const auto index = static_cast<std::size_t>(found - entries_.begin());
  for (std::size_t later = entries_.size() - 1; later > index; --later)
    if (same(entries_[later]))
      erase(later);
  auto& target = entries_[index];
  const auto growth = static_cast<std::ptrdiff_t>(value.size()) - static_cast<std::ptrdiff_t>(target.value_size);
  if (growth > 0 && wire_.size() + static_cast<std::size_t>(growth) > std::numeric_limits<std::uint32_t>::max())
    throw error{errc::fields_too_large, "header fields exceed 4 GiB"};
  wire_.replace(target.offset + target.name_size + 2, target.value_size, value);
  target.value_size = static_cast<std::uint32_t>(value.size());
  for (std::size_t later = index + 1; later < entries_.size(); ++later)
    entries_[later].offset = static_cast<std::uint32_t>(entries_[later].offset + growth);
  return *this;
}

fields& fields::add(std::string_view name, std::string_view value) {
  check_name(name);
  value = internal::trim(value);
  check_value(name, value);
  if (lies_in(wire_, name) || lies_in(wire_, value))
    return add(std::string{name}, std::string{value});
  const std::size_t offset = wire_.size();
  const std::size_t size = name.size() + value.size() + 4;
  if (offset + size > std::numeric_limits<std::uint32_t>::max())
    throw error{errc::fields_too_large, "header fields exceed 4 GiB"};
  // One call for the room instead of one for each piece.
  wire_.append(size, '\n');
  char* const line = wire_.data() + offset;
  std::memcpy(line, name.data(), name.size());
  std::memcpy(line + name.size(), ": ", 2);
  if (!value.empty())
    std::memcpy(line + name.size() + 2, value.data(), value.size());
  line[size - 2] = '\r';
  entries_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
  return *this;
}

std::size_t fields::remove(std::string_view name) {
  if (lies_in(wire_, name))
    return remove(std::string{name});
  const std::size_t before = entries_.size();
  for (std::size_t index = entries_.size(); index-- > 0;)
    if (iequals((*this)[index].name, name))
      erase(index);
  return before - entries_.size();
}

void fields::clear() noexcept {
  wire_.clear();
  entries_.clear();
}

void fields::reserve(std::size_t count, std::size_t bytes) {
  entries_.reserve(count);
  wire_.reserve(bytes);
}

std::optional<std::string_view> fields::get(std::string_view name) const noexcept {
  for (const auto& e : entries_)
    if (e.name_size == name.size()) {
      const auto candidate = view(e);
      if (iequals(candidate.name, name))
        return candidate.value;
    }
  return std::nullopt;
}

std::size_t fields::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [&](const entry& e) { return iequals(view(e).name, name); }));
}

std::vector<std::string_view> fields::get_all(std::string_view name) const {
  std::vector<std::string_view> result;
  for (const auto field : *this)
    if (iequals(field.name, name))
      result.push_back(field.value);
  return result;
}

std::vector<std::string_view> fields::list(std::string_view name) const {
  std::vector<std::string_view> result;
  for (const auto field : *this)
    if (iequals(field.name, name))
      any_element(field.value, [&](std::string_view element) {
        result.push_back(element);
        return false;
      });
  return result;
}

bool fields::has_token(std::string_view name, std::string_view token) const noexcept {
  for (const auto field : *this)
    if (iequals(field.name, name) && any_element(field.value, [&](std::string_view element) {
          return iequals(internal::trim(element.substr(0, element.find(';'))), token);
        }))
      return true;
  return false;
}

bool fields::assign_wire(std::string wire) {
  if (wire.size() > std::numeric_limits<std::uint32_t>::max())
    return false;
  std::vector<entry> entries;
  const std::string_view all = wire;
  for (std::size_t at = 0; at < all.size();) {
    const auto end = all.find("\r\n", at);
    const auto colon = all.find(": ", at);
    if (end == std::string_view::npos || colon == std::string_view::npos || colon + 2 > end)
      return false;
    const auto name = all.substr(at, colon - at);
    const auto value = all.substr(colon + 2, end - colon - 2);
    if (!internal::consists_of(internal::token_char, name) || internal::trim(value).size() != value.size() ||
        (!value.empty() && !internal::consists_of(internal::value_char, value)))
      return false;
    entries.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(name.size()),
                       static_cast<std::uint32_t>(value.size())});
    at = end + 2;
  }
  wire_ = std::move(wire);
  entries_ = std::move(entries);
  return true;
}

bool fields::equals(const fields& other) const noexcept {
  if (size() != other.size())
    return false;
  for (std::size_t i = 0; i < size(); ++i)
    if (const auto a = (*this)[i], b = other[i]; !iequals(a.name, b.name) || a.value != b.value)
      return false;
  return true;
}

void fields::erase(std::size_t index) {
  const auto removed = entries_[index].wire_size();
  wire_.erase(entries_[index].offset, removed);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
  for (; index < entries_.size(); ++index)
    entries_[index].offset -= static_cast<std::uint32_t>(removed);
}

} // namespace actors::http
