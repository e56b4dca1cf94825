#include <actors/http/internal/websocket_deflate.hpp>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/http/fuzz/field_value.hpp"

#include <actors/http/fields.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace actors::http;
using namespace actors::http::internal;

namespace {

using result = message_inflater::result;

constexpr std::size_t limit = 100'000;

std::pair<result, std::string> inflate(const std::vector<std::string_view>& pieces, int bits) {
  message_inflater inflater{bits};
  std::string out;
  for (const auto piece : pieces)
    if (const auto code = inflater.feed(piece, out, limit); code != result::ok)
      return {code, {}};
  if (const auto code = inflater.finish(out, limit); code != result::ok)
    return {code, {}};
  FUZZ_EXPECT(out.size() <= limit);
  return {result::ok, std::move(out)};
}

/// Of what fails, the limit or the damage may be met first, depending on the split.
bool are_same(const std::pair<result, std::string>& a, const std::pair<result, std::string>& b) {
  return a == b || (a.first != result::ok && b.first != result::ok);
}

/// What a server agrees to, a client that offered everything understands as the same.
void check_agreement(std::string_view input, const deflate_options& ours) {
  if (!actors::fuzz::is_field_value(input))
    return;
  fields request;
  request.set("Sec-WebSocket-Extensions", input);
  const auto agreed = choose_deflate(request, ours);
  if (agreed) {
    FUZZ_EXPECT(agreed->server_bits >= 8 && agreed->server_bits <= ours.server_max_window_bits());
    FUZZ_EXPECT(agreed->client_bits >= 8 && agreed->client_bits <= 15);
    fields response;
    response.set("Sec-WebSocket-Extensions", accept_deflate(*agreed));
    std::string problem;
    const auto offered = deflate_options{}.server_context_takeover(true).client_context_takeover(true);
    FUZZ_EXPECT_THAT(read_deflate(response, offered, problem) == agreed && problem.empty(), problem);
  }
  std::string problem;
  const auto read = read_deflate(request, ours, problem);
  FUZZ_EXPECT(!read || problem.empty());
  FUZZ_EXPECT(!read || (read->server_bits >= 8 && read->server_bits <= ours.server_max_window_bits()));
}

} // namespace

/// Compression of WebSocket messages: its agreement, data from a stranger, and data of our own.
void actors::fuzz::http_websocket_deflate(std::string_view input) {
  choices choose{input};
  const auto bits = static_cast<int>(8 + choose.below(8));
  const bool takes_over = choose.below(2) == 1;
  const auto by_choice = cut_by_choice(input, choose);
  check_agreement(input, deflate_options{}.server_max_window_bits(bits).server_context_takeover(takes_over));

  const auto whole = inflate({input}, bits);
  for (const auto& pieces : {by_choice, cut_everywhere(input)}) {
    const auto split = inflate(pieces, bits);
    // zlib finds out that a peer refers to what lies beyond the agreed window only if that is in no buffer any more.
    const bool is_beyond_window = bits < 15 && inflate(pieces, 15).first == result::ok;
    FUZZ_EXPECT(are_same(split, whole) || is_beyond_window);
  }

  message_deflater deflater{bits, 1 + static_cast<int>(choose.below(9))};
  message_inflater inflater{bits};
  for (int message = 0; message < 2; ++message) {
    std::string packed;
    deflater.compress(input, packed);
    std::string unpacked;
    FUZZ_EXPECT(inflater.feed(packed, unpacked, limit) == result::ok);
    FUZZ_EXPECT(inflater.finish(unpacked, limit) == result::ok);
    FUZZ_EXPECT(unpacked == input);
  }
}
