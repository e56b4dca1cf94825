#include <actors/http/fields.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/internal/spare_of_thread.hpp>

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
  if (!internal::is_field_value(value))
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

/// Room for the usual head of a browser's request without growing.
constexpr std::size_t usual_bytes = 512;
constexpr std::size_t usual_count = 16;

} // namespace

// A request and its answer need two at a time, and handlers that wait are many at once.
struct fields::spares : internal::spare_of_thread<std::unique_ptr<content>, 64> {};

void fields::give_back::operator()(content* spent) const noexcept {
  constexpr std::size_t most_bytes = std::size_t{4} * 1024;
  constexpr std::size_t most_entries = 128;
  std::unique_ptr<content> memory{spent};
  if (memory->wire.capacity() > most_bytes || memory->entries.capacity() > most_entries)
    return;
  memory->wire.clear();
  memory->entries.clear();
  spares::give(std::move(memory));
}

[[gnu::noinline]] void fields::take_memory() {
  auto memory = spares::take();
  if (!memory) {
    memory = std::make_unique<content>();
    memory->wire.reserve(usual_bytes);
    memory->entries.reserve(usual_count);
  }
  content_.reset(memory.release());
}

fields::fields(const fields& other) {
  *this = other;
}

fields& fields::operator=(const fields& other) {
  if (this == &other)
    return *this;
  if (other.empty()) {
    clear();
    return *this;
  }
  auto& mine = own();
  mine.wire = other.content_->wire;
  mine.entries = other.content_->entries;
  return *this;
}

fields& fields::set(std::string_view name, std::string_view value) {
  if (empty())
    return add(name, value);
  check_name(name);
  value = internal::trim(value);
  check_value(name, value);
  auto& [wire, entries] = *content_;
  if (lies_in(wire, name) || lies_in(wire, value))
    return set(std::string{name}, std::string{value});
  std::size_t index = 0;
  while (index < entries.size() && !iequals((*this)[index].name, name))
    ++index;
  if (index == entries.size())
    return add(name, value);
  for (std::size_t later = entries.size() - 1; later > index; --later)
    if (iequals((*this)[later].name, name))
      content_->erase(later);
  auto& target = entries[index];
  const auto growth = static_cast<std::ptrdiff_t>(value.size()) - static_cast<std::ptrdiff_t>(target.value_size);
  if (growth > 0 && wire.size() + static_cast<std::size_t>(growth) > std::numeric_limits<std::uint32_t>::max())
    throw error{errc::fields_too_large, "header fields exceed 4 GiB"};
  wire.replace(target.offset + target.name_size + 2, target.value_size, value);
  target.value_size = static_cast<std::uint32_t>(value.size());
  for (std::size_t later = index + 1; later < entries.size(); ++later)
    entries[later].offset = static_cast<std::uint32_t>(entries[later].offset + growth);
  return *this;
}

fields& fields::add(std::string_view name, std::string_view value) {
  check_name(name);
  value = internal::trim(value);
  check_value(name, value);
  auto& mine = own();
  if (lies_in(mine.wire, name) || lies_in(mine.wire, value))
    return add(std::string{name}, std::string{value});
  mine.append(name, value);
  return *this;
}

void fields::set_known(std::string_view name, std::string_view value) {
  if (!empty()) {
    set(name, value);
    return;
  }
  value = internal::trim(value);
  check_value(name, value);
  own().append(name, value);
}

void fields::content::append(std::string_view name, std::string_view value) {
  const std::size_t offset = wire.size();
  const std::size_t size = name.size() + value.size() + 4;
  if (offset + size > std::numeric_limits<std::uint32_t>::max())
    throw error{errc::fields_too_large, "header fields exceed 4 GiB"};
  // One call for the room instead of one for each piece.
  wire.append(size, '\n');
  char* const line = wire.data() + offset;
  std::memcpy(line, name.data(), name.size());
  line[name.size()] = ':';
  line[name.size() + 1] = ' ';
  if (!value.empty())
    std::memcpy(line + name.size() + 2, value.data(), value.size());
  line[size - 2] = '\r';
  entries.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
}

std::size_t fields::remove(std::string_view name) {
  if (empty())
    return 0;
  if (lies_in(content_->wire, name))
    return remove(std::string{name});
  const std::size_t before = size();
  for (std::size_t index = before; index-- > 0;)
    if (iequals((*this)[index].name, name))
      content_->erase(index);
  return before - size();
}

void fields::clear() noexcept {
  if (!content_)
    return;
  content_->wire.clear();
  content_->entries.clear();
}

void fields::reserve(std::size_t count, std::size_t bytes) {
  auto& mine = own();
  mine.entries.reserve(count);
  mine.wire.reserve(bytes);
}

std::optional<std::string_view> fields::get(std::string_view name) const noexcept {
  if (!content_)
    return std::nullopt;
  for (std::size_t i = 0; i < content_->entries.size(); ++i)
    if (content_->entries[i].name_size == name.size()) {
      const auto candidate = content_->at(i);
      if (iequals(candidate.name, name))
        return candidate.value;
    }
  return std::nullopt;
}

std::size_t fields::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(begin(), end(), [&](const field_view& field) { return iequals(field.name, name); }));
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
  auto& mine = own();
  mine.wire = std::move(wire);
  mine.entries = std::move(entries);
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

void fields::content::erase(std::size_t index) {
  const auto removed = entries[index].wire_size();
  wire.erase(entries[index].offset, removed);
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(index));
  for (; index < entries.size(); ++index)
    entries[index].offset -= static_cast<std::uint32_t>(removed);
}

} // namespace actors::http
