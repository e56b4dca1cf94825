#include <actors/http/internal/content_decoder.hpp>

#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/coding_stage.hpp>
#include <actors/http/internal/quoted.hpp>

#include <algorithm>
#include <utility>

namespace actors::http::internal {

content_decoder::content_decoder(const fields& message_fields, std::uint64_t max_output)
    : content_decoder(message_fields.list("Content-Encoding"), max_output) {}

content_decoder::content_decoder(const std::vector<std::string_view>& codings, std::uint64_t max_output)
    : max_output_(max_output) {
  for (const auto coding : codings) {
    if (iequals(coding, "identity"))
      continue;
    if (stages_.size() == max_codings)
      throw error{errc::unsupported_content_coding,
                  "more than " + std::to_string(max_codings) + " content codings over each other"};
    auto stage = coding_stage::make(coding);
    if (!stage)
      throw error{errc::unsupported_content_coding,
                  "content coding " + quoted(coding) + "; known are " + std::string{accepted}};
    stages_.push_back(std::move(stage));
  }
  std::reverse(stages_.begin(), stages_.end());
}

content_decoder::content_decoder(content_decoder&&) noexcept = default;

content_decoder& content_decoder::operator=(content_decoder&&) noexcept = default;

content_decoder::~content_decoder() = default;

decode_event content_decoder::next(std::string_view& input) {
  piece_ = {};
  if (failed_)
    return decode_event::failed;
  if (!stages_.empty())
    return pull(stages_.size() - 1, input);
  if (input.empty())
    return decode_event::more;
  if (input.size() > max_output_ - passed_)
    return fail(errc::decoded_too_large, "content of more than " + std::to_string(max_output_) + " bytes");
  passed_ += input.size();
  piece_ = std::exchange(input, {});
  return decode_event::data;
}

/// Runs one stage, and those before it when it is out of input, until there is output. The first reads from the
/// caller's input.
decode_event content_decoder::pull(std::size_t index, std::string_view& input) {
  auto& stage = *stages_[index];
  for (;;) {
    const bool reads_input = index == 0;
    if (reads_input)
      stage.pending() = input;
    const auto result = stage.run(piece_size);
    if (reads_input)
      input = std::exchange(stage.pending(), {});
    switch (result) {
    case coding_stage::result::progress:
      if (stage.total() > max_output_)
        return fail(errc::decoded_too_large, "content expands to more than " + std::to_string(max_output_) + " bytes");
      piece_ = stage.output();
      return decode_event::data;
    case coding_stage::result::corrupt:
      return fail(errc::corrupt_content, std::string{stage.name()} + " data is corrupt: " + stage.problem());
    case coding_stage::result::starved:
      break;
    }
    if (reads_input)
      return decode_event::more;
    if (const auto event = pull(index - 1, input); event != decode_event::data)
      return event;
    stage.pending() = std::exchange(piece_, {});
  }
}

decode_event content_decoder::finish() {
  if (failed_)
    return decode_event::failed;
  for (const auto& stage : stages_)
    if (!stage->is_whole())
      return fail(errc::truncated_content, std::string{stage->name()} + " data ends early, after " +
                                               std::to_string(stage->total()) + " decoded bytes");
  return decode_event::end;
}

decode_event content_decoder::fail(errc kind, std::string message) {
  failed_ = true;
  piece_ = {};
  kind_ = kind;
  message_ = std::move(message);
  return decode_event::failed;
}

} // namespace actors::http::internal
