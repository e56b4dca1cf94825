#include <actors/http/server_event.hpp>

#include <actors/http/error.hpp>

#include <algorithm>
#include <charconv>

namespace actors::http {

namespace {

constexpr std::string_view line_breaks = "\r\n";

void append_field(std::string& to, std::string_view name, std::string_view value) {
  if (value.find_first_of(line_breaks) != std::string_view::npos)
    throw error{errc::invalid_value, "a server-sent event's " + std::string{name} + " has a line break"};
  to.append(name).append(": ").append(value).push_back('\n');
}

/// Each line as a field of its own.
void append_lines(std::string& to, std::string_view name, std::string_view text) {
  for (;;) {
    const auto end = std::min(text.find_first_of(line_breaks), text.size());
    to.append(name).append(": ").append(text.substr(0, end)).push_back('\n');
    if (end == text.size())
      return;
    text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  }
}

} // namespace

std::string to_text(const server_event& event) {
  std::string result;
  if (!event.id.empty()) {
    if (event.id.find('\0') != std::string::npos)
      throw error{errc::invalid_value, "a server-sent event's id has a NUL"};
    append_field(result, "id", event.id);
  }
  if (!event.event.empty())
    append_field(result, "event", event.event);
  if (event.retry)
    append_field(result, "retry", std::to_string(std::max<long long>(event.retry->count(), 0)));
  if (!event.data.empty() || !event.event.empty() || result.empty())
    append_lines(result, "data", event.data);
  result.push_back('\n');
  return result;
}

std::string event_comment(std::string_view text) {
  std::string result;
  append_lines(result, "", text);
  result.push_back('\n');
  return result;
}

std::optional<server_event> event_parser::next(std::string_view& input) {
  while (!input.empty()) {
    if (after_cr_ && input.front() == '\n')
      input.remove_prefix(1); // the second half of a line's end
    after_cr_ = false;
    const auto end = input.find_first_of(line_breaks);
    const auto part = input.substr(0, end);
    if (part.size() > max_event_ || line_.size() + data_.size() > max_event_ - part.size())
      throw error{errc::body_too_large, "a server-sent event is larger than " + std::to_string(max_event_) + " bytes"};
    line_.append(part);
    if (end == std::string_view::npos) {
      input = {};
      return std::nullopt;
    }
    after_cr_ = input[end] == '\r';
    input.remove_prefix(end + 1);
    const auto line = std::exchange(line_, {});
    if (line.empty()) {
      at_start_ = false;
      if (auto event = dispatch())
        return event;
    } else {
      take_line(line);
    }
  }
  return std::nullopt;
}

void event_parser::take_line(std::string_view line) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (std::exchange(at_start_, false) && line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size());
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (name == "data") {
    data_.append(value).push_back('\n');
    has_data_ = true;
  } else if (name == "event") {
    event_ = value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos)
      id_ = value;
  } else if (name == "retry") {
    long long number = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (!value.empty() && value.front() != '-' && problem == std::errc{} && end == value.data() + value.size())
      retry_ = std::chrono::milliseconds{number};
  }
}

std::optional<server_event> event_parser::dispatch() {
  last_id_ = id_;
  auto name = std::exchange(event_, {});
  auto data = std::exchange(data_, {});
  if (!std::exchange(has_data_, false))
    return std::nullopt;
  data.pop_back(); // the last line's end
  return server_event{last_id_, name.empty() ? "message" : std::move(name), std::move(data), retry_};
}

task<std::optional<server_event>> event_reader::next() {
  for (;;) {
    if (auto event = parser_.next(input_))
      co_return event;
    input_ = co_await stream_.read_some();
    if (input_.empty())
      co_return std::nullopt;
  }
}

} // namespace actors::http
