#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace actors::http {

/// An absolute URL as a value (RFC 3986): parsed once, then read by parts, resolved, normalised, compared.
///
/// Parsing is strict, and lower-cases the scheme and host only. `resolve_link` and `escape_link` take what is found in
/// HTML: spaces, tabs, line breaks, non-ASCII text and stray `%`, `[`, `#` and the like, as browsers do. URLs of
/// `http`, `https`, `ws` and `wss` must have a host, which must be free of percent-escapes; a non-ASCII host name must
/// come in its punycode form (`xn--…`). Parts are views into the URL, not decoded, valid until it is assigned or
/// destroyed. Two URLs are equal when their text is: compare what `normalized()` returns to find the same resource.
///
/// Errors: `error` with `invalid_url`, telling what is wrong and where. Size: at most `max_size` bytes, one allocation.
///
///     const auto base = url::parse("http://Example.com/a/b?x=1");
///     base.resolve("../c#top").to_string();    // "http://example.com/c#top"
///     base.resolve_link(" d e.html\n");        // "http://example.com/a/d%20e.html"
///     base.authority();                        // "example.com": what the Host field says
class url {
public:
  /// Longer text is refused: it bounds what a hostile page can put into a queue of links.
  static constexpr std::size_t max_size = 65'536;

  /// An empty URL, whose parts are all empty.
  url() = default;

  [[nodiscard]] static url parse(std::string_view text);

  /// As `parse`, without exceptions; `why`, if given, is told what is wrong.
  [[nodiscard]] static std::optional<url> try_parse(std::string_view text, std::string* why = nullptr);

  /// The URL that a reference means when this one is the base (RFC 3986 §5.2). Dot segments are removed, also
  /// superfluous ones.
  [[nodiscard]] url resolve(std::string_view reference) const;
  [[nodiscard]] std::optional<url> try_resolve(std::string_view reference, std::string* why = nullptr) const;

  /// Resolves a link as it stands in an HTML page; nothing if no URL can be made of it. May be of any scheme
  /// (`mailto:`).
  [[nodiscard]] std::optional<url> resolve_link(std::string_view link) const { return try_resolve(escape_link(link)); }

  /// Makes a strict reference of a link found in the wild: white space around it and tabs and line breaks in it go,
  /// what RFC 3986 does not allow behind the authority is percent-encoded byte by byte (UTF-8 stays UTF-8).
  [[nodiscard]] static std::string escape_link(std::string_view link);

  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  [[nodiscard]] const std::string& to_string() const noexcept { return text_; }

  /// In lower case, such as `https`.
  [[nodiscard]] std::string_view scheme() const noexcept { return part(0, colon_); }

  /// Whether it can be fetched over HTTP: the scheme is `http` or `https`.
  [[nodiscard]] bool is_http() const noexcept { return scheme() == "http" || scheme() == "https"; }

  /// Whether its protocol runs on TLS: the scheme is `https` or `wss`.
  [[nodiscard]] bool is_secure() const noexcept { return scheme() == "https" || scheme() == "wss"; }

  /// `user:password`; empty if there is none.
  [[nodiscard]] std::string_view userinfo() const noexcept;

  /// In lower case; an IPv6 address without its brackets.
  [[nodiscard]] std::string_view host() const noexcept;

  [[nodiscard]] bool host_is_ipv6() const noexcept { return host_end_ > host_begin_ && text_[host_begin_] == '['; }

  /// The port to connect to: as given, else the scheme's default, 0 if that is unknown.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// `host` or `host:port`, the latter if the port is not the default; IPv6 addresses in brackets.
  [[nodiscard]] std::string authority() const;

  /// `scheme://authority`, the key under which connections and robots.txt are kept.
  [[nodiscard]] std::string origin() const;

  [[nodiscard]] std::string_view path() const noexcept { return part(path_begin_, path_end_); }

  [[nodiscard]] bool has_query() const noexcept { return query_end_ > path_end_; }

  /// Without its `?`.
  [[nodiscard]] std::string_view query() const noexcept {
    return has_query() ? part(path_end_ + 1, query_end_) : std::string_view{};
  }

  [[nodiscard]] bool has_fragment() const noexcept { return text_.size() > query_end_; }

  /// Without its `#`.
  [[nodiscard]] std::string_view fragment() const noexcept {
    return has_fragment() ? std::string_view{text_}.substr(query_end_ + 1) : std::string_view{};
  }

  /// What goes into the request line: path (at least `/`) and query.
  [[nodiscard]] std::string target() const;

  /// The same resource written in the one normal way (RFC 3986 §6.2.2 and §6.2.3): no default port, no dot segments,
  /// `/` for an empty path, percent-escapes in upper case and only where needed, IPv6 addresses in their short form.
  [[nodiscard]] url normalized() const;

  [[nodiscard]] url without_fragment() const;
  [[nodiscard]] url without_userinfo() const;

  /// With another query, already encoded (see `query_params`), and no fragment.
  [[nodiscard]] url with_query(std::string_view query) const;

  [[nodiscard]] friend bool operator==(const url& a, const url& b) noexcept { return a.text_ == b.text_; }

  [[nodiscard]] friend std::strong_ordering operator<=>(const url& a, const url& b) noexcept {
    return a.text_ <=> b.text_;
  }

private:
  struct parts;

  [[nodiscard]] parts split() const;
  [[nodiscard]] static url compose(const parts& p);
  [[nodiscard]] static std::optional<parts> parse_reference(std::string_view text, std::string& why);
  [[nodiscard]] static std::string split_authority(std::string_view text, parts& p);

  [[nodiscard]] std::string_view part(std::size_t begin, std::size_t end) const noexcept {
    return std::string_view{text_}.substr(begin, end - begin);
  }

  std::string text_;
  // Positions in the text; see compose() for what is between them.
  std::uint32_t colon_ = 0;
  std::uint32_t host_begin_ = 0;
  std::uint32_t host_end_ = 0;
  std::uint32_t path_begin_ = 0;
  std::uint32_t path_end_ = 0;
  std::uint32_t query_end_ = 0;
  bool has_authority_ = false;
};

/// For CAF: a URL travels as text and is parsed on arrival.
template <class Inspector>
bool inspect(Inspector& f, url& x) {
  return f.apply([&x]() -> const std::string& { return x.to_string(); },
                 [&x](const std::string& text) {
                   auto parsed = text.empty() ? std::optional<url>{url{}} : url::try_parse(text);
                   if (!parsed)
                     return false;
                   x = *std::move(parsed);
                   return true;
                 });
}

} // namespace actors::http

template <>
struct std::hash<actors::http::url> {
  [[nodiscard]] std::size_t operator()(const actors::http::url& x) const noexcept {
    return std::hash<std::string>{}(x.to_string());
  }
};
