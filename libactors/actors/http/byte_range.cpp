#include <actors/http/byte_range.hpp>

#include <actors/http/conditional.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

namespace actors::http {

namespace {

constexpr std::string_view unit = "bytes=";

/// A number of digits only, as a whole; nothing beyond 2^64.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [at, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc{} || at != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<range_request::element> parse_element(std::string_view text) noexcept {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return std::nullopt;
  range_request::element result;
  if (const auto first = text.substr(0, dash); !first.empty()) {
    result.first = parse_number(first);
    if (!result.first)
      return std::nullopt;
  }
  if (const auto last = text.substr(dash + 1); !last.empty()) {
    result.last = parse_number(last);
    if (!result.last)
      return std::nullopt;
  }
  if (!result.first && !result.last)
    return std::nullopt;
  if (result.first && result.last && *result.last < *result.first)
    return std::nullopt;
  return result;
}

std::string random_boundary() {
  std::random_device source;
  std::string result;
  for (int i = 0; i < 4; ++i) {
    char digits[8];
    const auto end = std::to_chars(digits, digits + sizeof digits, static_cast<std::uint32_t>(source()), 16).ptr;
    result.append(digits, end);
  }
  return result;
}

} // namespace

// -- what is asked for -------------------------------------------------------------------------------------------------

std::optional<range_request> range_request::parse(std::string_view text, std::size_t max_ranges) {
  if (text.size() < unit.size() || !internal::iequals(text.substr(0, unit.size()), unit))
    return std::nullopt;
  text.remove_prefix(unit.size());
  range_request result;
  for (;;) {
    const auto comma = std::min(text.find(','), text.size());
    // Empty elements of lists are let pass (RFC 9110 §5.6.1.2).
    if (const auto item = internal::trim(text.substr(0, comma)); !item.empty()) {
      const auto parsed = parse_element(item);
      if (!parsed || result.elements_.size() == max_ranges)
        return std::nullopt;
      result.elements_.push_back(*parsed);
    }
    if (comma == text.size())
      break;
    text.remove_prefix(comma + 1);
  }
  if (result.elements_.empty())
    return std::nullopt;
  return result;
}

range_request& range_request::add(std::uint64_t first, std::uint64_t last) {
  if (last < first)
    throw error{errc::invalid_value,
                "a range that ends at " + std::to_string(last) + ", before its begin at " + std::to_string(first)};
  elements_.push_back({first, last});
  return *this;
}

range_request& range_request::add_from(std::uint64_t first) {
  elements_.push_back({first, std::nullopt});
  return *this;
}

range_request& range_request::add_suffix(std::uint64_t size) {
  elements_.push_back({std::nullopt, size});
  return *this;
}

std::string range_request::to_string() const {
  std::string result{unit};
  for (const auto& [first, last] : elements_) {
    if (result.size() > unit.size())
      result.push_back(',');
    if (first)
      result.append(std::to_string(*first));
    result.push_back('-');
    if (last)
      result.append(std::to_string(*last));
  }
  return result;
}

// -- what is given -----------------------------------------------------------------------------------------------------

range_selection select_ranges(const range_request& asked, std::uint64_t size) {
  using kind = range_selection::kind;
  std::vector<byte_range> ranges;
  std::uint64_t left = size;
  for (const auto& [first, last] : asked.elements()) {
    std::optional<byte_range> found;
    if (!first) {
      if (*last > 0 && size == 0)
        return range_selection{kind::whole};
      if (*last > 0)
        found = byte_range{size - std::min(size, *last), size - 1};
    } else if (*first < size) {
      found = byte_range{*first, std::min(last.value_or(size - 1), size - 1)};
    } else if (*first == 0) {
      return range_selection{kind::whole}; // of nothing
    }
    if (!found)
      continue;
    if (found->size() > left)
      return range_selection{kind::whole}; // they overlap
    left -= found->size();
    ranges.push_back(*found);
  }
  return ranges.empty() ? range_selection{kind::unsatisfiable} : range_selection{std::move(ranges)};
}

range_selection select_ranges(const request& r, std::uint64_t size, std::size_t max_ranges) {
  range_selection whole{range_selection::kind::whole};
  if (r.method() != method::get || r.fields().count("Range") != 1)
    return whole;
  const auto asked = range_request::parse(*r.get("Range"), max_ranges);
  if (asked)
    return select_ranges(*asked, size);
  return whole;
}

std::string content_range(const byte_range& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first()) + "-" + std::to_string(range.last()) + "/" + std::to_string(size);
}

std::string unsatisfied_range(std::uint64_t size) {
  return "bytes */" + std::to_string(size);
}

multipart_ranges::multipart_ranges(std::vector<byte_range> ranges, std::uint64_t size, std::string_view content_type)
    : multipart_ranges(std::move(ranges), size, content_type, random_boundary()) {}

multipart_ranges::multipart_ranges(std::vector<byte_range> ranges, std::uint64_t size, std::string_view content_type,
                                   std::string boundary)
    : ranges_(std::move(ranges)), size_(size), part_type_(content_type), boundary_(std::move(boundary)) {
  if (boundary_.size() > 70 || !internal::consists_of(internal::token_char, boundary_))
    throw error{errc::invalid_value, "a boundary that is not a token of at most 70 characters"};
}

std::string multipart_ranges::content_type() const {
  return "multipart/byteranges; boundary=" + boundary_;
}

std::string multipart_ranges::header(std::size_t index) const {
  std::string result = index == 0 ? "--" : "\r\n--";
  result.append(boundary_).append("\r\n");
  if (!part_type_.empty())
    result.append("Content-Type: ").append(part_type_).append("\r\n");
  result.append("Content-Range: ").append(content_range(ranges_.at(index), size_)).append("\r\n\r\n");
  return result;
}

std::string multipart_ranges::end() const {
  return "\r\n--" + boundary_ + "--\r\n";
}

std::uint64_t multipart_ranges::content_length() const {
  std::uint64_t result = end().size();
  for (std::size_t i = 0; i < ranges_.size(); ++i)
    result += header(i).size() + ranges_[i].size();
  return result;
}

response apply_ranges(const request& r, response answer, std::chrono::sys_seconds now, std::size_t max_ranges) {
  if (r.method() != method::get || answer.status() != status::ok)
    return answer;
  answer.set("Accept-Ranges", "bytes");
  const auto size = answer.body().size();
  if (!r.fields().contains("Range") || !range_applies(r, validators_of(answer, now), now))
    return answer;
  const auto selected = select_ranges(r, size, max_ranges);
  if (selected.what() == range_selection::kind::whole)
    return answer;
  answer.fields().remove("Content-Length"); // of the whole
  if (selected.what() == range_selection::kind::unsatisfiable) {
    answer.set_status(status::range_not_satisfiable).set("Content-Range", unsatisfied_range(size));
    answer.set_body("416 Range Not Satisfiable\n", "text/plain; charset=utf-8");
    for (const auto* name : {"Content-Encoding", "Content-Language", "ETag", "Last-Modified"})
      answer.fields().remove(name);
    return answer;
  }
  answer.set_status(status::partial_content);
  const auto whole = std::exchange(answer.body(), {});
  const auto bytes_of = [&whole](const byte_range& range) {
    return std::string_view{whole}.substr(range.first(), range.size());
  };
  const auto& ranges = selected.ranges();
  if (ranges.size() == 1) {
    answer.set("Content-Range", content_range(ranges.front(), size));
    answer.set_body(std::string{bytes_of(ranges.front())});
    return answer;
  }
  const multipart_ranges parts{ranges, size, answer.get("Content-Type").value_or("")};
  std::string body;
  body.reserve(parts.content_length());
  for (std::size_t i = 0; i < ranges.size(); ++i)
    body.append(parts.header(i)).append(bytes_of(ranges[i]));
  body.append(parts.end());
  answer.set("Content-Type", parts.content_type());
  answer.set_body(std::move(body));
  return answer;
}

} // namespace actors::http
