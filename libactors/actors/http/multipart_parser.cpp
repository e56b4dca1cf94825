#include <actors/http/multipart_parser.hpp>

#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/media_type.hpp>

#include <algorithm>
#include <utility>

namespace actors::http {

namespace {

/// A parameter of Content-Disposition.
struct parameter {
  std::string_view name;
  std::string value;
};

/// Undoes `%22`, `%0D` and `%0A`, as WHATWG has browsers write them; other escapes are the sender's own text.
std::string undo_escapes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = text.substr(i, 3);
    char plain = '\0';
    if (code == "%22")
      plain = '"';
    else if (internal::iequals(code, "%0d"))
      plain = '\r';
    else if (internal::iequals(code, "%0a"))
      plain = '\n';
    if (plain == '\0') {
      result.push_back(text[i]);
      continue;
    }
    result.push_back(plain);
    i += 2;
  }
  return result;
}

/// Takes `; name=value` from the front; false if the text is not that. A backslash escapes only a quote and itself:
/// some senders put whole Windows paths there.
bool take_parameter(std::string_view& text, parameter& out) {
  text = internal::trim(text);
  if (!text.starts_with(';'))
    return false;
  text = internal::trim(text.substr(1));
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || !internal::consists_of(internal::token_char, text.substr(0, equals)))
    return false;
  out.name = text.substr(0, equals);
  text.remove_prefix(equals + 1);
  out.value.clear();
  if (!text.starts_with('"')) {
    const auto value = internal::trim(text.substr(0, text.find(';')));
    text.remove_prefix(std::min(text.size(), text.find(';')));
    out.value = value;
    return internal::consists_of(internal::token_char, value);
  }
  text.remove_prefix(1);
  for (;;) {
    if (text.empty())
      return false;
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"')
      break;
    const bool is_escape = c == '\\' && (text.starts_with('"') || text.starts_with('\\'));
    out.value.push_back(is_escape ? text.front() : c);
    if (is_escape)
      text.remove_prefix(1);
  }
  out.value = undo_escapes(out.value);
  return true;
}

} // namespace

std::string multipart_boundary(const fields& of) {
  const auto given = of.get("Content-Type").value_or("");
  const auto type = media_type::parse(given);
  if (!type || !type->is("multipart/form-data") || of.count("Content-Type") != 1)
    throw error{errc::invalid_form, "the body is no form with parts: its Content-Type is " + internal::quoted(given)};
  const auto boundary = type->parameter("boundary").value_or("");
  constexpr std::string_view marks = "'()+_,-./:=? ";
  const bool is_good =
      !boundary.empty() && boundary.size() <= 70 && boundary.back() != ' ' &&
      std::all_of(boundary.begin(), boundary.end(), [marks](char c) {
        return internal::is_digit(c) || internal::is_alpha(c) || marks.find(c) != std::string_view::npos;
      });
  if (!is_good)
    throw error{errc::invalid_form, "the Content-Type " + internal::quoted(given) + " has no usable boundary"};
  return std::string{boundary};
}

// -- parser ------------------------------------------------------------------------------------------------------------

multipart_parser::multipart_parser(std::string_view boundary, const multipart_limits& limits)
    : delimiter_("\r\n--" + std::string{boundary}), limits_(limits),
      matched_(2) { // the first boundary stands at the very beginning: as if behind a line end
  if (boundary.empty())
    throw error{errc::invalid_form, "the boundary is empty"};
}

void multipart_parser::fail(bool too_large, std::string text) {
  state_ = state::failed;
  too_large_ = too_large;
  problem_ = std::move(text);
  throw error{too_large_ ? errc::multipart_too_large : errc::bad_multipart, problem_};
}

void multipart_parser::count(std::size_t bytes) {
  total_ += bytes;
  if (total_ > limits_.max_total())
    fail(true, "a form of more than " + std::to_string(limits_.max_total()) + " bytes");
}

void multipart_parser::give(std::string_view data) {
  data_ = data;
  part_size_ += data.size();
  if (part_size_ > limits_.max_part())
    fail(true,
         "part " + internal::quoted(head_.name) + " of more than " + std::to_string(limits_.max_part()) + " bytes");
}

multipart_parser::event multipart_parser::next(std::string_view& input) {
  data_ = {};
  for (;;) {
    switch (state_) {
    case state::start:
    case state::content:
      if (take_content(input))
        return event::data;
      break;
    case state::after_boundary:
      take_after_boundary(input);
      if (state_ == state::done)
        return event::end;
      break;
    case state::head:
      if (take_head(input))
        return event::part;
      break;
    case state::done:
      count(input.size());
      input = {};
      return event::more;
    case state::failed:
      throw error{too_large_ ? errc::multipart_too_large : errc::bad_multipart, problem_};
    }
    if (input.empty() && state_ != state::done)
      return event::more;
  }
}

/// Takes content up to a boundary or the end of the input; true if there is some to give. The boundary holds no CR, so
/// when it turns out not to be one, the next chance begins at the byte that did not fit, and nowhere before.
bool multipart_parser::take_content(std::string_view& input) {
  const std::string_view delimiter = delimiter_;
  if (matched_ == 0) {
    // Whole delimiters and those cut off by the end of the input.
    auto place = input.find('\r');
    while (place != std::string_view::npos) {
      const auto length = std::min(delimiter.size(), input.size() - place);
      if (input.substr(place, length) == delimiter.substr(0, length))
        break;
      place = input.find('\r', place + 1);
    }
    if (place != 0 && !input.empty()) {
      const auto content = input.substr(0, place);
      input.remove_prefix(content.size());
      count(content.size());
      give(content);
      return true;
    }
  }
  while (!input.empty() && matched_ < delimiter.size()) {
    if (input.front() == delimiter[matched_]) {
      ++matched_;
      input.remove_prefix(1);
      count(1);
      continue;
    }
    if (state_ == state::start)
      fail(false, "the form does not begin with its boundary");
    give(delimiter.substr(0, std::exchange(matched_, 0)));
    return true;
  }
  if (matched_ == delimiter.size()) {
    matched_ = 0;
    state_ = state::after_boundary;
    text_.clear();
  }
  return false;
}

void multipart_parser::take_after_boundary(std::string_view& input) {
  while (text_.size() < 2 && !input.empty()) {
    text_.push_back(input.front());
    input.remove_prefix(1);
    count(1);
  }
  if (text_.size() < 2)
    return;
  if (text_ == "--") {
    state_ = state::done;
    return;
  }
  if (text_ != "\r\n")
    fail(false, "a boundary is followed by " + internal::quoted(text_) + " instead of a line end");
  if (++parts_ > limits_.max_parts())
    fail(true, "a form of more than " + std::to_string(limits_.max_parts()) + " parts");
  state_ = state::head;
  text_.clear();
}

/// Takes up to the empty line behind the head; true once it is there.
bool multipart_parser::take_head(std::string_view& input) {
  while (!input.empty()) {
    const auto line = input.substr(0, input.find('\n'));
    const auto taken = std::min(line.size() + 1, input.size());
    if (text_.size() + taken > limits_.max_head())
      fail(true, "the head of a part of more than " + std::to_string(limits_.max_head()) + " bytes");
    text_.append(input.substr(0, taken));
    input.remove_prefix(taken);
    count(taken);
    if (text_ != "\r\n" && !text_.ends_with("\r\n\r\n"))
      continue;
    read_head();
    state_ = state::content;
    part_size_ = 0;
    return true;
  }
  return false;
}

void multipart_parser::read_head() {
  head_ = {};
  std::string_view rest = text_;
  rest.remove_suffix(2);
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
      fail(false, "the line " + internal::quoted(line) + " in the head of a part is no field");
    try {
      head_.fields.add(line.substr(0, colon), line.substr(colon + 1));
    } catch (const error& problem) {
      fail(false, std::string{"in the head of a part: "} + problem.what());
    }
  }
  if (head_.fields.count("Content-Disposition") != 1)
    fail(false, "a part without exactly one Content-Disposition");
  std::string_view value = *head_.fields.get("Content-Disposition");
  const auto disposition = value;
  const auto kind = internal::trim(value.substr(0, value.find(';')));
  value.remove_prefix(std::min(value.size(), value.find(';')));
  bool has_name = false;
  bool is_good = internal::iequals(kind, "form-data");
  while (is_good && !internal::trim(value).empty()) {
    parameter one;
    is_good = take_parameter(value, one);
    if (is_good && internal::iequals(one.name, "name")) {
      is_good = !std::exchange(has_name, true);
      head_.name = std::move(one.value);
    } else if (is_good && internal::iequals(one.name, "filename")) {
      is_good = !head_.filename;
      head_.filename = std::move(one.value);
    }
  }
  if (!is_good || !has_name)
    fail(false, "the Content-Disposition " + internal::quoted(disposition) + " of a part is not that of a form's");
  const auto coding = head_.fields.get("Content-Transfer-Encoding").value_or("binary");
  if (!internal::iequals(coding, "binary") && !internal::iequals(coding, "8bit") && !internal::iequals(coding, "7bit"))
    fail(false, "the Content-Transfer-Encoding " + internal::quoted(coding) + " of a part is not one of HTTP");
  head_.content_type = head_.fields.get("Content-Type").value_or("text/plain");
}

void multipart_parser::finish() {
  if (state_ == state::failed)
    throw error{too_large_ ? errc::multipart_too_large : errc::bad_multipart, problem_};
  if (state_ != state::done)
    fail(false, "the form ends before its last boundary");
}

// -- whole and in pieces -----------------------------------------------------------------------------------------------

std::vector<multipart_part> parse_multipart(const request& message, const multipart_limits& limits) {
  using event = multipart_parser::event;
  multipart_parser parser{multipart_boundary(message.fields()), limits};
  std::vector<multipart_part> result;
  std::string_view input = message.body();
  for (;;) {
    switch (parser.next(input)) {
    case event::part:
      result.push_back({std::move(parser.head()), {}});
      break;
    case event::data:
      result.back().content.append(parser.data());
      break;
    case event::more:
      parser.finish();
      return result;
    case event::end:
      break;
    }
  }
}

multipart_reader::multipart_reader(const request& head, source pull, const multipart_limits& limits)
    : pull_(std::move(pull)), parser_(multipart_boundary(head.fields()), limits) {}

task<multipart_parser::event> multipart_reader::next() {
  for (;;) {
    const auto found = parser_.next(input_);
    if (found != multipart_parser::event::more)
      co_return found;
    input_ = co_await pull_();
    if (input_.empty())
      parser_.finish(); // throws: who has seen the end does not ask again
  }
}

task<const multipart_head*> multipart_reader::next_part() {
  while (in_part_)
    static_cast<void>(co_await read_some());
  if (!done_ && !std::exchange(has_next_, false)) {
    const auto found = co_await next();
    done_ = found == multipart_parser::event::end;
  }
  if (!done_) {
    in_part_ = true;
    co_return &parser_.head();
  }
  // What is left of the body, so that the connection can be used again.
  while (!drained_) {
    const auto rest = co_await pull_();
    drained_ = rest.empty();
  }
  co_return nullptr;
}

task<std::string_view> multipart_reader::read_some() {
  if (!in_part_)
    co_return std::string_view{};
  const auto found = co_await next();
  if (found == multipart_parser::event::data)
    co_return parser_.data();
  in_part_ = false;
  has_next_ = found == multipart_parser::event::part;
  done_ = found == multipart_parser::event::end;
  co_return std::string_view{};
}

} // namespace actors::http
