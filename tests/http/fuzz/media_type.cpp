#include <actors/http/media_type.hpp>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/http/fuzz/field_value.hpp"

#include <actors/http/content_negotiation.hpp>
#include <actors/http/entity_tag.hpp>
#include <actors/http/fields.hpp>

#include <algorithm>

using namespace actors::http;

/// Media types, entity tags and Accept fields: what is printed is parsed as the same, and qualities stay in their
/// range.
void actors::fuzz::http_media_type(std::string_view input) {
  if (const auto type = media_type::parse(input)) {
    FUZZ_EXPECT_THAT(media_type::parse(type->to_string()) == type, type->to_string());
    FUZZ_EXPECT(type->type().size() + type->subtype().size() + 1 == type->essence().size());
  }
  if (const auto tag = entity_tag::parse(input)) {
    FUZZ_EXPECT(entity_tag::parse(tag->to_string()) == tag);
    FUZZ_EXPECT(tag->to_string() == input);
    FUZZ_EXPECT(tag->equals_weakly(tag->weakened()));
  }
  if (!actors::fuzz::is_field_value(input))
    return;
  fields f;
  f.set("Accept", input).set("Accept-Encoding", input);
  const accepted_codings codings{f};
  for (const auto* name : {"gzip", "br", "identity", "zz"})
    FUZZ_EXPECT(codings.quality(name) <= 1000);
  if (const auto chosen = codings.choose({"br", "gzip"}))
    FUZZ_EXPECT(codings.quality(*chosen) > 0);
  const std::vector<std::string_view> offers{"text/html", "application/json", "text/plain;format=flowed"};
  if (const auto chosen = preferred_media_type(f, offers))
    FUZZ_EXPECT(std::find(offers.begin(), offers.end(), *chosen) != offers.end());
}
