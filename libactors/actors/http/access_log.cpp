#include <actors/http/access_log.hpp>

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <utility>

namespace actors::http {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

/// Quotes, backslashes and all that is not printable ASCII as `\xhh`, as nginx and Apache do it.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || byte < 0x20 || byte >= 0x7f)
      out.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    else
      out.push_back(c);
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out.append(" \"");
  append_escaped(out, text.empty() ? std::string_view{"-"} : text);
  out.append("\"");
}

/// Bytes that are not ASCII are taken for Latin-1, since JSON is Unicode and a header field need not be.
void append_json(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":\"");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out.append(1, '\\').append(1, c);
    else if (byte < 0x20 || byte >= 0x7f)
      out.append("\\u00").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    else
      out.push_back(c);
  }
  out.append("\"");
}

void append_json(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(",\"").append(name).append("\":").append(std::to_string(value));
}

/// The peer without its port: an IPv6 address that has one is in brackets.
std::string_view address_of(std::string_view peer) {
  if (peer.starts_with('['))
    return peer.substr(1, peer.find(']') - 1);
  const auto colon = peer.rfind(':');
  const bool has_port = colon != std::string_view::npos && colon + 1 < peer.size() && peer.find(':') == colon &&
                        peer.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  return has_port ? peer.substr(0, colon) : peer;
}

std::string_view version_text(version value) {
  return value == version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
}

std::tm utc(std::chrono::system_clock::time_point when) {
  const auto seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return parts;
}

std::string format_text(const access_event& event, bool is_combined) {
  static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto time = utc(event.when);
  std::array<char, 40> stamp{};
  std::snprintf(stamp.data(), stamp.size(), " - - [%02d/%s/%04d:%02d:%02d:%02d +0000]", time.tm_mday,
                months[static_cast<std::size_t>(time.tm_mon)], time.tm_year + 1900, time.tm_hour, time.tm_min,
                time.tm_sec);
  const auto address = address_of(event.peer);
  std::string out;
  append_escaped(out, address.empty() ? std::string_view{"-"} : address);
  out.append(stamp.data());
  if (event.target.empty()) {
    out.append(" \"-\"");
  } else {
    out.append(" \"").append(to_string(event.method)).append(" ");
    append_escaped(out, event.target);
    out.append(" ").append(version_text(event.version)).append("\"");
  }
  out.append(" ").append(std::to_string(code(event.status))).append(" ");
  out.append(event.sent == 0 ? "-" : std::to_string(event.sent));
  if (is_combined) {
    append_quoted(out, event.referer);
    append_quoted(out, event.user_agent);
  }
  return out;
}

std::string format_json(const access_event& event) {
  const auto time = utc(event.when);
  const auto since = event.when.time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  std::array<char, 64> stamp{};
  std::snprintf(stamp.data(), stamp.size(), "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", time.tm_year + 1900,
                time.tm_mon + 1, time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, static_cast<int>(milliseconds));
  std::string out{stamp.data()};
  append_json(out, "peer", event.peer);
  if (!event.target.empty()) {
    append_json(out, "method", to_string(event.method));
    append_json(out, "target", event.target);
    append_json(out, "version", version_text(event.version));
  }
  append_json(out, "host", event.host);
  append_json(out, "status", std::uint64_t{static_cast<unsigned>(code(event.status))});
  append_json(out, "sent", event.sent);
  append_json(out, "took_us",
              static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(event.took).count()));
  append_json(out, "referer", event.referer);
  append_json(out, "user_agent", event.user_agent);
  if (!event.route.empty())
    append_json(out, "route", event.route);
  if (!event.request_id.empty())
    append_json(out, "request_id", event.request_id);
  out.append(event.is_aborted ? ",\"aborted\":true}" : "}");
  return out;
}

} // namespace

std::string format_access(const access_event& event, access_form form) {
  return form == access_form::json ? format_json(event) : format_text(event, form == access_form::combined);
}

access_sink access_lines(std::shared_ptr<log_sink> log, access_form form) {
  return [log = std::move(log), form](const access_event& event) {
    log->write({log_level::info, "access", format_access(event, form)});
  };
}

} // namespace actors::http
