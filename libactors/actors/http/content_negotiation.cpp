#include <actors/http/content_negotiation.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/http/media_type.hpp>

#include <algorithm>

namespace actors::http {

namespace {

using internal::iequals;

constexpr std::size_t max_elements = 100;

/// A weight of RFC 9110 §12.4.2: `0`, `0.123`, `1`, `1.000`.
std::optional<unsigned> parse_quality(std::string_view text) noexcept {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5 || (text.size() > 1 && text[1] != '.'))
    return std::nullopt;
  unsigned result = text[0] == '1' ? 1000 : 0;
  unsigned step = 100;
  for (const char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (!internal::is_digit(c))
      return std::nullopt;
    result += static_cast<unsigned>(c - '0') * step;
    step /= 10;
  }
  return result <= 1000 ? std::optional{result} : std::nullopt;
}

/// The canonical name of a coding.
std::string_view canonical(std::string_view coding) noexcept {
  return iequals(coding, "x-gzip") ? "gzip" : coding;
}

/// How well a media range fits an offer; 0 if it does not.
unsigned specificity(const media_type& range, const media_type& offer) {
  if (range.is("*/*"))
    return 1;
  if (range.type() != offer.type())
    return 0;
  if (range.subtype() == "*")
    return 2;
  if (range.subtype() != offer.subtype())
    return 0;
  unsigned result = 3;
  for (const auto& [name, value] : range.parameters()) {
    if (name == "q")
      break; // what follows is not of the media type
    const auto offered = offer.parameter(name);
    if (!offered || !iequals(*offered, value))
      return 0;
    ++result;
  }
  return result;
}

} // namespace

accepted_codings::accepted_codings(const fields& request_fields) {
  std::size_t count = 0;
  for (const auto item : request_fields.list("Accept-Encoding")) {
    if (++count > max_elements)
      break;
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto name = canonical(internal::trim(item.substr(0, semicolon)));
    unsigned quality = 1000;
    if (semicolon < item.size()) {
      const auto weight = internal::trim(item.substr(semicolon + 1));
      const auto parsed =
          weight.size() > 2 && iequals(weight.substr(0, 2), "q=") ? parse_quality(weight.substr(2)) : std::nullopt;
      if (!parsed)
        continue;
      quality = *parsed;
    }
    if (name == "*") {
      if (!others_)
        others_ = quality;
    } else if (internal::consists_of(internal::token_char, name) && !explicit_quality(name)) {
      qualities_.emplace_back(name, quality);
    }
  }
}

std::optional<unsigned> accepted_codings::explicit_quality(std::string_view coding) const noexcept {
  for (const auto& [name, quality] : qualities_)
    if (iequals(name, coding))
      return quality;
  return std::nullopt;
}

unsigned accepted_codings::quality(std::string_view coding) const noexcept {
  coding = canonical(coding);
  if (const auto named = explicit_quality(coding))
    return *named;
  if (iequals(coding, "identity"))
    return others_ == 0U ? 0 : 1; // allowed, but what the client has named is wanted more
  return others_.value_or(0);
}

std::optional<std::string_view> accepted_codings::choose(const std::vector<std::string_view>& offers) const noexcept {
  std::string_view best = "identity";
  unsigned quality_of_best = quality(best);
  bool is_identity = true;
  for (const auto offer : offers) {
    const auto q = quality(offer);
    // Wanted as much as no coding at all: then it is worth its while.
    if (q > quality_of_best || (is_identity && q > 0 && q == quality_of_best)) {
      best = offer;
      quality_of_best = q;
      is_identity = false;
    }
  }
  return quality_of_best > 0 ? std::optional{best} : std::nullopt;
}

std::optional<std::string_view> preferred_media_type(const fields& request_fields,
                                                     const std::vector<std::string_view>& offers) {
  auto items = request_fields.list("Accept");
  items.resize(std::min(items.size(), max_elements));
  if (items.empty())
    return offers.empty() ? std::nullopt : std::optional{offers.front()};
  std::vector<std::pair<media_type, unsigned>> ranges;
  for (const auto item : items) {
    auto range = media_type::parse(item);
    if (!range)
      continue;
    const auto weight = range->parameter("q");
    const auto quality = weight ? parse_quality(*weight) : std::optional{1000U};
    if (quality)
      ranges.emplace_back(std::move(*range), *quality);
  }
  std::optional<std::string_view> best;
  unsigned quality_of_best = 0;
  for (const auto offer : offers) {
    const auto type = media_type::parse(offer);
    if (!type)
      continue;
    unsigned closest = 0;
    unsigned quality = 0;
    for (const auto& [range, q] : ranges)
      if (const auto fit = specificity(range, *type); fit > closest) {
        closest = fit;
        quality = q;
      }
    if (quality > quality_of_best) {
      best = offer;
      quality_of_best = quality;
    }
  }
  return best;
}

void add_vary(fields& response_fields, std::string_view name) {
  if (response_fields.has_token("Vary", "*") || response_fields.has_token("Vary", name))
    return;
  const auto old = response_fields.get("Vary");
  if (!old || old->empty()) {
    response_fields.set("Vary", name);
    return;
  }
  if (response_fields.count("Vary") > 1) {
    response_fields.add("Vary", name);
    return;
  }
  std::string joined{*old};
  joined.append(", ").append(name);
  response_fields.set("Vary", joined);
}

} // namespace actors::http
