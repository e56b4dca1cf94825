#include <actors/http/query.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>

#include <algorithm>

namespace actors::http {

namespace {

void append_escaped(std::string& out, char c) {
  static constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(digits[byte >> 4]);
  out.push_back(digits[byte & 15]);
}

std::string decode(std::string_view text, bool plus_is_space) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = internal::hex_value(text[i + 1]);
      const int low = internal::hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        result.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    result.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
  }
  return result;
}

void append_form_encoded(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == ' ')
      out.push_back('+');
    else if (internal::is(internal::unreserved_char, c))
      out.push_back(c);
    else
      append_escaped(out, c);
  }
}

} // namespace

std::string percent_encode(std::string_view text, std::string_view keep) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (internal::is(internal::unreserved_char, c) || keep.find(c) != std::string_view::npos)
      result.push_back(c);
    else
      append_escaped(result, c);
  }
  return result;
}

std::string percent_decode(std::string_view text) {
  return decode(text, false);
}

query_params query_params::parse(std::string_view text, std::size_t max_parameters) {
  query_params result;
  while (!text.empty()) {
    const auto piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    if (piece.empty())
      continue;
    if (result.items_.size() == max_parameters)
      throw error{errc::too_many_parameters, "more than " + std::to_string(max_parameters) + " parameters"};
    const auto equals = piece.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1);
    result.items_.emplace_back(decode(piece.substr(0, equals), true), decode(value, true));
  }
  return result;
}

query_params& query_params::add(std::string name, std::string value) {
  items_.emplace_back(std::move(name), std::move(value));
  return *this;
}

query_params& query_params::set(std::string_view name, std::string value) {
  const auto same = [&](const value_type& item) { return item.first == name; };
  const auto found = std::find_if(items_.begin(), items_.end(), same);
  if (found == items_.end())
    return add(std::string{name}, std::move(value));
  found->second = std::move(value);
  // A copy: the name may be a view into an item that the removal moves.
  const std::string kept = found->first;
  items_.erase(std::remove_if(found + 1, items_.end(), [&](const value_type& item) { return item.first == kept; }),
               items_.end());
  return *this;
}

std::size_t query_params::remove(std::string_view name) {
  return std::erase_if(items_, [kept = std::string{name}](const value_type& item) { return item.first == kept; });
}

std::optional<std::string_view> query_params::get(std::string_view name) const noexcept {
  for (const auto& item : items_)
    if (item.first == name)
      return item.second;
  return std::nullopt;
}

std::vector<std::string_view> query_params::get_all(std::string_view name) const {
  std::vector<std::string_view> result;
  for (const auto& item : items_)
    if (item.first == name)
      result.push_back(item.second);
  return result;
}

std::string query_params::to_string() const {
  std::string result;
  for (const auto& [name, value] : items_) {
    if (!result.empty())
      result.push_back('&');
    append_form_encoded(result, name);
    result.push_back('=');
    append_form_encoded(result, value);
  }
  return result;
}

} // namespace actors::http
