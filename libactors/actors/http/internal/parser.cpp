#include <actors/http/internal/parser.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/field_sink.hpp>
#include <actors/http/internal/head_access.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/internal/request_rules.hpp>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

namespace actors::http::internal {

namespace {

// Our methods and llhttp's agree in value, but for the last one. What llhttp knows beyond them belongs to RTSP and ICE.
static_assert(static_cast<int>(method::delete_) == HTTP_DELETE && static_cast<int>(method::get) == HTTP_GET);
static_assert(static_cast<int>(method::msearch) == HTTP_MSEARCH && static_cast<int>(method::unlink) == HTTP_UNLINK);

constexpr std::optional<method> method_of(std::uint8_t number) noexcept {
  if (number == HTTP_QUERY)
    return method::query;
  if (number > HTTP_UNLINK)
    return std::nullopt;
  return static_cast<method>(number);
}

/// Room in the head beside what the limits count: method, version and line ends.
constexpr std::uint64_t head_slack = 128;

/// What chunk extensions may come to in a message. Nobody uses them but those who want to cost us time.
constexpr std::uint64_t max_extension_bytes = std::uint64_t{16} * 1024;

constexpr std::uint64_t max_size_digits = 16;

} // namespace

/// The trampolines from C. llhttp wants one settings object that outlives the parsers.
template <class Message>
struct parser<Message>::callbacks {
  static parser& self(llhttp_t* p) noexcept { return *static_cast<parser*>(p->data); }

  static const llhttp_settings_t* settings() noexcept {
    static constexpr llhttp_settings_t instance = [] {
      llhttp_settings_t s{};
      s.on_message_begin = [](llhttp_t* p) {
        self(p).phase_ = phase::head;
        return 0;
      };
      const llhttp_data_cb start_text = [](llhttp_t* p, const char* at, std::size_t size) {
        return self(p).on_start_text(at, size);
      };
      if constexpr (std::is_same_v<Message, request>) {
        s.on_url = start_text;
        s.on_version = [](llhttp_t* p, const char* at, std::size_t) { return self(p).on_version_text(at); };
      } else {
        s.on_status = start_text;
      }
      s.on_header_field = [](llhttp_t* p, const char* at, std::size_t size) {
        return self(p).on_field_text(at, size, true);
      };
      s.on_header_field_complete = [](llhttp_t* p) {
        self(p).on_name_complete();
        return 0;
      };
      s.on_header_value = [](llhttp_t* p, const char* at, std::size_t size) {
        return self(p).on_field_text(at, size, false);
      };
      s.on_header_value_complete = [](llhttp_t* p) { return self(p).on_field_complete(); };
      s.on_headers_complete = [](llhttp_t* p) { return self(p).on_head_complete(); };
      s.on_body = [](llhttp_t* p, const char* at, std::size_t size) { return self(p).on_body(at, size); };
      s.on_chunk_extension_name = [](llhttp_t* p, const char*, std::size_t size) {
        return self(p).on_extension_text(size);
      };
      s.on_chunk_extension_value = s.on_chunk_extension_name;
      s.on_chunk_extension_name_complete = [](llhttp_t* p) { return self(p).on_extension_part(); };
      s.on_chunk_extension_value_complete = s.on_chunk_extension_name_complete;
      s.on_chunk_header = [](llhttp_t* p) { return self(p).on_chunk_header(); };
      s.on_message_complete = [](llhttp_t* p) -> int {
        auto& me = self(p);
        if (me.event_ == parse_event::head)
          me.is_complete_ = true;
        else
          me.event_ = parse_event::complete;
        return HPE_PAUSED;
      };
      return s;
    }();
    return &instance;
  }
};

template <class Message>
parser<Message>::parser(const message_limits& limits) : limits_(limits) {
  llhttp_init(&llhttp_, std::is_same_v<Message, request> ? HTTP_REQUEST : HTTP_RESPONSE, callbacks::settings());
  llhttp_.data = this;
  begin_message();
}

template <class Message>
void parser<Message>::begin_message() noexcept {
  phase_ = phase::idle;
  head_access::clear(head_);
  if (std::exchange(has_trailers_, false))
    trailers_.clear();
  body_limit_ = limits_.max_body();
  expected_ = received_ = message_bytes_ = silent_bytes_ = 0;
  field_bytes_ = field_count_ = 0;
  has_version_ = in_field_ = keep_alive_ = upgrade_ = false;
  host_fields_ = coding_fields_ = 0;
}

template <class Message>
parse_event parser<Message>::next(std::string_view& input) {
  if (phase_ == phase::failed)
    return parse_event::failed;
  if (std::exchange(is_complete_, false)) {
    phase_ = phase::done;
    return event_ = parse_event::complete;
  }
  if (phase_ == phase::done)
    begin_message();
  piece_ = {};
  event_ = parse_event::more;
  if constexpr (std::is_same_v<Message, request>) {
    if (phase_ == phase::idle && !skip_blank_lines(input))
      return parse_event::failed;
  }
  // An empty input is looked at only where something may be due without it.
  if (input.empty() && (phase_ == phase::idle || phase_ == phase::head))
    return parse_event::more;
  input_size_ = input.size();
  // llhttp computes with the pointer, so it must not be null.
  const char* const begin = input.empty() ? "" : input.data();
  const char* const end = begin + input.size();
  input_begin_ = begin;
  if (llhttp_get_errno(&llhttp_) == HPE_PAUSED)
    llhttp_resume(&llhttp_);
  auto result = llhttp_execute(&llhttp_, begin, input.size());
  if (result == HPE_PAUSED_UPGRADE) {
    // The caller goes on with HTTP after a request that offered another protocol.
    llhttp_resume_after_upgrade(&llhttp_);
    result = llhttp_execute(&llhttp_, begin, input.size());
  }
  if (result != HPE_OK && result != HPE_PAUSED)
    return fail_with_llhttp(result, begin, end);
  const char* const at = result == HPE_OK ? end : llhttp_get_error_pos(&llhttp_);
  const auto consumed = static_cast<std::size_t>(at - begin);
  input.remove_prefix(consumed);
  if (in_field_ && !is_copied_)
    copy_field();
  if (phase_ == phase::head && !has_version_)
    keep_last(begin, consumed);
  if (!account(consumed))
    return parse_event::failed;
  if (event_ == parse_event::complete)
    phase_ = phase::done;
  return event_;
}

template <class Message>
void parser<Message>::recycle(Message&& spent) noexcept {
  field_sink::let_go(spent.fields());
  if (idle())
    head_ = std::move(spent);
}

template <class Message>
void parser<Message>::recycle() noexcept {
  field_sink::let_go(head_.fields());
}

/// Empty lines before a request are skipped (RFC 9112 §2.2), but line ends must be whole there too, which llhttp does
/// not ask for.
template <class Message>
bool parser<Message>::skip_blank_lines(std::string_view& input) {
  while (!input.empty() && (blank_cr_ || input.front() == '\r' || input.front() == '\n')) {
    if (blank_cr_ != (input.front() == '\n')) {
      fail(errc::bad_start_line, "a bare CR or LF before the request line");
      return false;
    }
    blank_cr_ = !blank_cr_;
    input.remove_prefix(1);
    if (!account(1))
      return false;
    message_bytes_ = 0;
  }
  return true;
}

/// The version's digits begin: before them there may be the method, the target, `HTTP/` and single spaces. llhttp skips
/// more spaces, and takes other protocols' names for some methods.
template <class Message>
int parser<Message>::on_version_text(const char* at) {
  if (std::exchange(has_version_, true))
    return 0;
  const auto known = method_of(llhttp_.method);
  if (!known)
    return 0; // fails for that
  constexpr std::string_view protocol = "HTTP/";
  const auto here = static_cast<std::size_t>(at - input_begin_);
  if (message_bytes_ + here != to_string(*known).size() + head_access::start_text(head_).size() + protocol.size() + 2)
    return fail(errc::bad_start_line, "request line with more than one space between its parts");
  for (std::size_t i = 0; i < protocol.size(); ++i) {
    const auto back = protocol.size() - i;
    if ((back <= here ? *(at - back) : last_[last_.size() - (back - here)]) != protocol[i])
      return fail(errc::bad_start_line, "a protocol other than HTTP");
  }
  return 0;
}

/// Keeps the end of a request line that has come in pieces.
template <class Message>
void parser<Message>::keep_last(const char* at, std::size_t size) noexcept {
  const auto kept = std::min(size, last_.size());
  std::copy(last_.begin() + static_cast<std::ptrdiff_t>(kept), last_.end(), last_.begin());
  std::copy(at + (size - kept), at + size, last_.end() - static_cast<std::ptrdiff_t>(kept));
}

/// Bounds what a peer can send without getting on: blank lines before a message, spaces around values, the framing of
/// chunks. The sums do not depend on how the input was split.
template <class Message>
bool parser<Message>::account(std::size_t consumed) {
  message_bytes_ += consumed;
  silent_bytes_ += consumed - piece_.size();
  const auto limit = std::uint64_t{limits_.max_start_line()} + limits_.max_field_bytes() + head_slack;
  if (silent_bytes_ > limit) {
    const bool in_head = event_ == parse_event::head || phase_ == phase::head || phase_ == phase::idle;
    fail(in_head || phase_ == phase::trailers ? errc::fields_too_large : errc::bad_chunk,
         (in_head ? "head of more than " : "chunk framing of more than ") + std::to_string(limit) + " bytes");
    return false;
  }
  if (event_ != parse_event::more) {
    if (!check_chunk_size()) {
      fail(errc::bad_chunk, "chunk size of more than " + std::to_string(max_size_digits) + " digits");
      return false;
    }
    silent_bytes_ = 0;
    if (phase_ == phase::chunked_body)
      has_extension_ = false;
  }
  return true;
}

/// Zeros in front of a chunk's size mean nothing, but not everybody reads a long size alike. The size is all that came
/// since the last event but for line ends.
template <class Message>
bool parser<Message>::check_chunk_size() const noexcept {
  const bool is_end = event_ == parse_event::complete && phase_ == phase::trailers;
  if (phase_ != phase::chunked_body && !is_end)
    return true;
  if (has_extension_ || (is_end ? !trailers_.empty() : event_ != parse_event::body || phase_ != phase::chunked_body))
    return true;
  const std::uint64_t line_ends = (received_ > piece_.size() ? 4 : 2) + (is_end ? 2 : 0);
  return silent_bytes_ <= max_size_digits + line_ends;
}

template <class Message>
parse_event parser<Message>::finish() {
  std::string_view nothing;
  if (const auto event = next(nothing); event != parse_event::more)
    return event;
  const auto truncated = [this](std::string message, std::optional<std::uint64_t> missing) {
    fail(errc::truncated, "the stream ended " + std::move(message));
    failure_.missing = missing;
    return parse_event::failed;
  };
  switch (phase_) {
  case phase::idle:
    return parse_event::end;
  case phase::endless_body:
    phase_ = phase::done;
    return parse_event::complete;
  case phase::sized_body:
    return truncated("after " + std::to_string(received_) + " of " + std::to_string(expected_) + " bytes of the body",
                     expected_ - received_);
  case phase::chunked_body:
    return truncated("inside a chunked body, after " + std::to_string(received_) + " bytes of it",
                     chunk_left_ > 0 ? std::optional{chunk_left_} : std::nullopt);
  case phase::trailers:
    return truncated("inside the trailer of a chunked body", std::nullopt);
  default:
    return truncated("inside the head, after " + std::to_string(message_bytes_) + " bytes", std::nullopt);
  }
}

template <class Message>
parse_event parser<Message>::next_whole(std::string_view& input) {
  for (;;) {
    const auto event = next(input);
    if (event == parse_event::body)
      head_.body().append(piece_);
    else if (event != parse_event::head)
      return event;
  }
}

template <class Message>
std::optional<std::uint64_t> parser<Message>::content_length() const noexcept {
  switch (phase_) {
  case phase::chunked_body:
  case phase::trailers:
  case phase::endless_body:
    return std::nullopt;
  case phase::done:
    return received_;
  default:
    return expected_;
  }
}

template <class Message>
int parser<Message>::on_start_text(const char* at, std::size_t size) {
  auto& text = head_access::start_text(head_);
  if (size > limits_.max_start_line() - text.size())
    return fail(errc::start_line_too_long,
                (std::is_same_v<Message, request> ? "request target of more than " : "reason phrase of more than ") +
                    std::to_string(limits_.max_start_line()) + " bytes");
  text.append(at, size);
  return 0;
}

/// A name or value usually lies in one input with its whole line: then it is looked at in place, and copied when the
/// line is complete.
template <class Message>
int parser<Message>::on_field_text(const char* at, std::size_t size, bool is_name) {
  if (!in_field_) {
    if (field_count_ == limits_.max_fields())
      return fail(errc::too_many_fields, "more than " + std::to_string(limits_.max_fields()) + " header fields");
    ++field_count_;
    field_bytes_ += 4;
    in_field_ = true;
    has_name_ = is_copied_ = false;
    name_ = value_ = {};
  }
  field_bytes_ += size;
  if (field_bytes_ > limits_.max_field_bytes())
    return fail(errc::fields_too_large,
                "header fields of more than " + std::to_string(limits_.max_field_bytes()) + " bytes");
  auto& text = is_name ? name_ : value_;
  if (is_copied_) {
    field_sink::text(section(), {at, size});
  } else if (text.empty()) {
    text = {at, size};
  } else if (text.data() + text.size() == at) {
    text = {text.data(), text.size() + size};
  } else {
    copy_field();
    field_sink::text(section(), {at, size});
  }
  return 0;
}

/// The input ends inside of a field: what there is of it is copied, and the rest will be as it comes.
template <class Message>
void parser<Message>::copy_field() {
  auto& fields = section();
  field_offset_ = field_sink::size(fields);
  name_size_ = name_.size();
  field_sink::text(fields, name_);
  if (has_name_)
    field_sink::end_name(fields);
  field_sink::text(fields, value_);
  is_copied_ = true;
}

template <class Message>
void parser<Message>::on_name_complete() {
  has_name_ = true;
  if (!is_copied_)
    return;
  auto& fields = section();
  name_size_ = field_sink::size(fields) - field_offset_;
  field_sink::end_name(fields);
}

template <class Message>
int parser<Message>::on_field_complete() {
  in_field_ = false;
  field_view field;
  if (is_copied_) {
    field = field_sink::finish(section(), field_offset_, name_size_);
  } else {
    while (!value_.empty() && (value_.back() == ' ' || value_.back() == '\t')) // llhttp leaves them
      value_.remove_suffix(1);
    field_sink::line(section(), name_, value_, input_begin_ + input_size_);
    field = {name_, value_};
  }
  const auto name_size = field.name.size();
  if (phase_ == phase::trailers) {
    if (std::is_same_v<Message, request> && !may_be_trailer(field.name))
      return fail(errc::bad_framing, "field " + quoted(field.name) + " in a trailer");
    return 0;
  }
  if (std::is_same_v<Message, request> && name_size == 4 && iequals(field.name, "host")) {
    if (++host_fields_ > 1)
      return fail(errc::bad_host, "more than one Host field");
    if (!field.value.empty() && !is_authority(field.value))
      return fail(errc::bad_host, "Host " + quoted(field.value) + " is not a host name");
  } else if (name_size == 17 && iequals(field.name, "transfer-encoding")) {
    if (++coding_fields_ > 1)
      return fail(errc::bad_framing, "more than one Transfer-Encoding field");
    if (auto breach = check_transfer_coding(field.value))
      return fail(breach->kind, std::move(breach->message));
  }
  return 0;
}

template <class Message>
int parser<Message>::check_framing() {
  const bool is_1_1 = llhttp_.http_major == 1 && llhttp_.http_minor == 1;
  if (!is_1_1 && (llhttp_.http_major != 1 || llhttp_.http_minor != 0))
    return fail(errc::unsupported_version, "HTTP version " + std::to_string(llhttp_.http_major) + '.' +
                                               std::to_string(llhttp_.http_minor) + "; only 1.0 and 1.1 are known");
  if (std::is_same_v<Message, request> && is_1_1 && host_fields_ == 0)
    return fail(errc::bad_host, "HTTP/1.1 request without a Host field");
  if (coding_fields_ > 0 && (llhttp_.flags & F_CONTENT_LENGTH) != 0)
    return fail(errc::bad_framing, "both Content-Length and Transfer-Encoding");
  if (coding_fields_ > 0 && !is_1_1)
    return fail(errc::bad_framing, "Transfer-Encoding in an HTTP/1.0 message"); // RFC 9112 §6.1
  if (coding_fields_ > 0 && (llhttp_.flags & F_CHUNKED) == 0)
    return fail(errc::bad_framing, "Transfer-Encoding that does not tell where the body ends");
  head_.set_version(is_1_1 ? version::http_1_1 : version::http_1_0);
  return 0;
}

template <class Message>
int parser<Message>::on_head_complete() {
  if (const int error = check_framing(); error != 0)
    return error;
  bool has_body = true;
  upgrade_ = llhttp_.upgrade != 0;
  if constexpr (std::is_same_v<Message, request>) {
    const auto known = method_of(llhttp_.method);
    if (!known)
      return fail(errc::unknown_method, "a method of another protocol");
    head_.set_method(*known);
    if (auto breach = check_target(*known, head_.target()))
      return fail(breach->kind, std::move(breach->message));
    if (const auto host = host_of_target(*known, head_.target()))
      head_.fields().set("Host", *host);
    has_body = (llhttp_.flags & F_CHUNKED) != 0 || llhttp_.content_length > 0;
    if (head_.method() == method::connect)
      has_body = false;
  } else {
    if (llhttp_.status_code < 100)
      return fail(errc::bad_start_line,
                  "status code " + std::to_string(llhttp_.status_code) + " is outside 100 to 999");
    head_access::set_status(head_, llhttp_.status_code);
    auto& reason = head_access::start_text(head_);
    if (!detail::valid_reason(reason)) // llhttp lets any byte pass here
      return fail(errc::bad_start_line, "reason phrase " + internal::quoted(reason) + " holds a control character");
    if (reason == reason_phrase(head_.status()))
      reason.clear(); // compares equal to a response that was made here
    const bool is_tunnel = answered_ == method::connect && is_success(head_.status());
    if (answered_ == method::head || is_bodiless(head_.status()) || is_tunnel) {
      has_body = false;
      llhttp_.flags |= F_SKIPBODY; // what a callback's return value of 1 does, which must pause here instead
    }
    upgrade_ = is_tunnel || head_.status() == status::switching_protocols;
    llhttp_.upgrade = upgrade_ ? 1 : 0;
  }
  keep_alive_ = llhttp_should_keep_alive(&llhttp_) != 0 && (std::is_same_v<Message, request> || !upgrade_);
  if (!has_body)
    phase_ = phase::no_body;
  else if ((llhttp_.flags & F_CHUNKED) != 0) {
    phase_ = phase::chunked_body;
    chunk_left_ = extension_bytes_ = extension_part_ = 0;
    has_extension_ = false;
  } else if ((llhttp_.flags & F_CONTENT_LENGTH) != 0) {
    phase_ = phase::sized_body;
    expected_ = llhttp_.content_length;
    if (expected_ > body_limit_)
      return fail(errc::body_too_large,
                  "body of " + std::to_string(expected_) + " bytes, over the limit of " + std::to_string(body_limit_));
  } else
    phase_ = phase::endless_body;
  event_ = parse_event::head;
  // Without a body the end comes with the head: llhttp need not be asked again.
  return has_body || upgrade_ ? HPE_PAUSED : 0;
}

template <class Message>
int parser<Message>::on_body(const char* at, std::size_t size) {
  if (size == 0)
    return 0;
  if (size > body_limit_ || received_ > body_limit_ - size)
    return fail(errc::body_too_large, "body of more than " + std::to_string(body_limit_) + " bytes");
  received_ += size;
  if (phase_ == phase::chunked_body)
    chunk_left_ -= size;
  piece_ = {at, size};
  event_ = parse_event::body;
  return HPE_PAUSED;
}

template <class Message>
int parser<Message>::on_extension_text(std::size_t size) {
  extension_bytes_ += size;
  extension_part_ += size;
  has_extension_ = true;
  if (extension_bytes_ > max_extension_bytes)
    return fail(errc::bad_chunk, "chunk extensions of more than " + std::to_string(max_extension_bytes) + " bytes");
  return 0;
}

/// The end of a name or value, which llhttp lets be empty.
template <class Message>
int parser<Message>::on_extension_part() {
  if (std::exchange(extension_part_, 0) == 0)
    return fail(errc::bad_chunk, "a chunk extension without name or value");
  return 0;
}

template <class Message>
int parser<Message>::on_chunk_header() {
  chunk_left_ = llhttp_.content_length;
  if (chunk_left_ == 0) {
    phase_ = phase::trailers;
    has_trailers_ = true;
  } else if (chunk_left_ > body_limit_ || received_ > body_limit_ - chunk_left_)
    return fail(errc::body_too_large, "body of more than " + std::to_string(body_limit_) + " bytes");
  return 0;
}

template <class Message>
int parser<Message>::fail(errc kind, std::string message) {
  failure_.kind = kind;
  failure_.message = std::move(message);
  failure_.missing.reset();
  phase_ = phase::failed;
  return HPE_USER;
}

template <class Message>
parse_event parser<Message>::fail_with_llhttp(llhttp_errno_t code, const char* begin, const char* end) {
  if (phase_ == phase::failed) // by fail() in a callback
    return parse_event::failed;
  const char* at = llhttp_get_error_pos(&llhttp_);
  if (at == nullptr || at < begin || at > end)
    at = end;
  const bool in_start_line = (phase_ == phase::idle || phase_ == phase::head) && field_count_ == 0;
  const bool in_chunks = phase_ == phase::chunked_body || phase_ == phase::trailers;
  auto kind = in_start_line ? errc::bad_start_line : in_chunks ? errc::bad_chunk : errc::bad_field;
  std::string_view reason = llhttp_get_error_reason(&llhttp_);
  switch (code) {
  case HPE_INVALID_METHOD:
    // A byte that cannot stand in a method at all is garbage (often TLS), not a method to implement.
    kind = at < end && is(token_char, *at) ? errc::unknown_method : errc::bad_start_line;
    break;
  case HPE_INVALID_VERSION:
    // llhttp has the same code for a version of its right form and for text that is none.
    if (reason.starts_with("Invalid HTTP version"))
      kind = errc::unsupported_version;
    break;
  case HPE_PAUSED_H2_UPGRADE:
    kind = errc::unsupported_version;
    reason = "only HTTP/1.0 and HTTP/1.1 are known";
    break;
  case HPE_INVALID_HEADER_TOKEN:
  case HPE_UNEXPECTED_SPACE:
    if (!in_chunks)
      kind = errc::bad_field;
    break;
  case HPE_UNEXPECTED_CONTENT_LENGTH:
  case HPE_INVALID_CONTENT_LENGTH:
  case HPE_INVALID_TRANSFER_ENCODING:
    kind = errc::bad_framing;
    break;
  case HPE_CLOSED_CONNECTION:
    kind = errc::data_after_close;
    reason = "data after a message that was to be the last";
    break;
  default:
    break;
  }
  fail(kind, std::string{reason} + " (at byte " +
                 std::to_string(message_bytes_ + static_cast<std::uint64_t>(at - begin)) + " of the message)");
  return parse_event::failed;
}

template class parser<request>;
template class parser<response>;

} // namespace actors::http::internal
