#pragma once

#include <array>
#include <ostream>
#include <string_view>

/// All fuzz targets. Each is a function in the source of its name, `http_url` in `tests/http/fuzz/url.cpp`, with a
/// corpus in `tests/fuzz/data/http_url`.
///
/// A target states properties, not only that nothing crashes: it ends the program by `FUZZ_EXPECT` (fuzz.hpp) when one
/// does not hold, and keeps nothing from one input to the next.
namespace actors::fuzz {

void http_byte_range(std::string_view input);
void http_cookie(std::string_view input);
void http_media_type(std::string_view input);
void http_multipart(std::string_view input);
void http_request(std::string_view input);
void http_request_rules(std::string_view input);
void http_response(std::string_view input);
void http_url(std::string_view input);
void http_websocket_deflate(std::string_view input);
void http_websocket_frame(std::string_view input);
void http_websocket_receive(std::string_view input);

struct target {
  std::string_view name;
  void (*check)(std::string_view input);
  bool is_slow = false; ///< an input takes a millisecond

  friend void PrintTo(const target& which, std::ostream* out) { *out << which.name; }
};

inline constexpr std::array targets{
    target{"http_byte_range", http_byte_range},
    target{"http_cookie", http_cookie},
    target{"http_media_type", http_media_type},
    target{"http_multipart", http_multipart},
    target{"http_request", http_request},
    target{"http_request_rules", http_request_rules},
    target{"http_response", http_response},
    target{"http_url", http_url},
    target{"http_websocket_deflate", http_websocket_deflate},
    target{"http_websocket_frame", http_websocket_frame},
    target{"http_websocket_receive", http_websocket_receive, true},
};

} // namespace actors::fuzz
