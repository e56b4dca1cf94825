#include <actors/http/response_compressor.hpp>

#include <actors/core/error.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/http/content_negotiation.hpp>
#include <actors/http/entity_tag.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/content_encoder.hpp>
#include <actors/http/media_type.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace actors::http {

namespace {

using internal::content_encoder;
using flush = content_encoder::flush;

/// What a request has to say about compression. The handler may have taken the request away when the answer comes.
class wish {
public:
  wish(const request& r, const compress_options& options) : is_head_(r.method() == method::head) {
    is_exempt_ = options.skip_when() && options.skip_when()(r);
    if (is_exempt_)
      return;
    if (r.fields().contains("Accept-Encoding")) {
      const std::vector<std::string_view> offers{options.codings().begin(), options.codings().end()};
      const auto chosen = accepted_codings{r.fields()}.choose(offers).value_or("identity");
      if (chosen != "identity")
        coding_ = chosen;
    }
    for (const auto item : r.fields().list("If-None-Match"))
      if (item.starts_with("W/"))
        known_tags_.emplace_back(item);
  }

  [[nodiscard]] bool is_head() const noexcept { return is_head_; }

  [[nodiscard]] bool is_exempt() const noexcept { return is_exempt_; }

  /// Empty for none.
  [[nodiscard]] const std::string& coding() const noexcept { return coding_; }

  [[nodiscard]] bool knows(const entity_tag& tag) const {
    return std::find(known_tags_.begin(), known_tags_.end(), tag.to_string()) != known_tags_.end();
  }

private:
  std::string coding_;
  std::vector<std::string> known_tags_; // weak ones
  bool is_head_;
  bool is_exempt_ = false;
};

bool is_listed(const std::vector<std::string>& list, const media_type& type) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view item) {
    if (item.starts_with('+'))
      return type.subtype().ends_with(item);
    if (item.ends_with("/*"))
      return internal::iequals(item.substr(0, item.size() - 2), type.type());
    return internal::iequals(item, type.essence());
  });
}

/// Whether an answer is worth compressing, for clients that accept it. `size` is that of its body, if it is known.
bool is_suited(const response& answer, std::optional<std::uint64_t> size, const compress_options& options) {
  const auto code = answer.status();
  if (is_bodiless(code) || code == status::partial_content || (size && *size < options.min_size()))
    return false;
  const auto& all = answer.fields();
  if (all.has_token("Cache-Control", "no-transform"))
    return false;
  for (const auto* name : {"Content-Encoding", "Content-Range", "Content-Digest", "Digest", "Content-MD5"})
    if (all.contains(name))
      return false;
  const auto type = media_type::parse(all.get("Content-Type").value_or(""));
  return type && is_listed(options.media_types(), *type);
}

std::optional<std::uint64_t> announced_size(const response& head) {
  std::uint64_t number = 0;
  if (const auto text = head.get("Content-Length"))
    if (std::from_chars(text->data(), text->data() + text->size(), number).ec == std::errc{})
      return number;
  return std::nullopt;
}

void weaken_tag(response& answer) {
  if (const auto text = answer.get("ETag")) {
    const auto tag = entity_tag::parse(*text);
    if (tag && !tag->is_weak())
      answer.set("ETag", tag->weakened().to_string());
  }
}

/// Turns the head of an answer into that of the compressed one.
void mark(response& answer, std::string_view coding) {
  answer.set("Content-Encoding", coding);
  answer.fields().remove("Content-Length");
  answer.fields().remove("Accept-Ranges"); // those were of other bytes
  weaken_tag(answer);
}

/// The fields of a 304 are those of the 200 that the client has.
void mark_not_modified(response& answer, const wish& wanted) {
  add_vary(answer.fields(), "Accept-Encoding");
  if (const auto text = answer.get("ETag")) {
    const auto tag = entity_tag::parse(*text);
    if (tag && !tag->is_weak() && wanted.knows(tag->weakened()))
      weaken_tag(answer);
  }
}

std::unique_ptr<content_encoder> make_encoder(const std::string& coding, const compress_options& options,
                                              std::optional<std::uint64_t> size) {
  return content_encoder::make(coding, coding == "br" ? options.brotli_level() : options.gzip_level(), size);
}

/// Compresses a whole answer, if that is wanted and of use.
task<response> compress_whole(response answer, const wish& wanted, const compress_options& options) {
  if (wanted.is_exempt())
    co_return answer;
  if (answer.status() == status::not_modified) {
    mark_not_modified(answer, wanted);
    co_return answer;
  }
  // The answer to a HEAD may tell the size of a body that it does not have.
  const auto size = answer.body().size();
  const bool is_described = wanted.is_head() && size == 0;
  if (!is_suited(answer, is_described ? announced_size(answer) : size, options))
    co_return answer;
  add_vary(answer.fields(), "Accept-Encoding");
  if (wanted.coding().empty() || is_described)
    co_return answer;
  const auto work = [&answer, &wanted, &options] {
    std::string result;
    make_encoder(wanted.coding(), options, answer.body().size())->encode(answer.body(), flush::finish, result);
    return result;
  };
  std::string packed;
  if (size <= options.inline_limit()) {
    packed = work();
  } else {
    auto call = to_thread(work);
    packed = co_await call;
  }
  if (packed.size() < size) {
    mark(answer, wanted.coding());
    answer.set_body(std::move(packed));
  }
  co_return answer;
}

} // namespace

class response_compressor::state {
public:
  state(const request& to, std::shared_ptr<const compress_options> options)
      : options_(std::move(options)), wanted_(to, *options_) {}

  task<response> whole(response answer) const { return compress_whole(std::move(answer), wanted_, *options_); }

  void begin(response& head) {
    if (wanted_.is_exempt())
      return;
    if (head.status() == status::not_modified)
      return mark_not_modified(head, wanted_);
    const auto size = announced_size(head);
    if (!is_suited(head, size, *options_))
      return;
    add_vary(head.fields(), "Accept-Encoding");
    if (wanted_.coding().empty())
      return;
    mark(head, wanted_.coding());
    left_ = size;
    if (!wanted_.is_head())
      encoder_ = make_encoder(wanted_.coding(), *options_, size);
  }

  [[nodiscard]] bool is_active() const noexcept { return encoder_ != nullptr; }

  task<std::string_view> piece(std::string_view text) {
    if (!encoder_ || text.empty())
      co_return text;
    if (left_) {
      if (text.size() > *left_)
        throw misuse_error("a body longer than its Content-Length");
      *left_ -= text.size();
    }
    co_await pack(text, flush::sync);
    co_return packed_;
  }

  task<std::string_view> end() {
    if (!encoder_)
      co_return std::string_view{};
    if (left_.value_or(0) > 0)
      throw misuse_error("the handler returned " + std::to_string(*left_) + " bytes short of its Content-Length");
    co_await pack({}, flush::finish);
    encoder_.reset();
    co_return packed_;
  }

private:
  task<void> pack(std::string_view text, flush how) {
    packed_.clear();
    const auto work = [this, text, how] { encoder_->encode(text, how, packed_); };
    if (text.size() <= options_->inline_limit()) {
      work();
    } else {
      auto call = to_thread(work);
      co_await call;
    }
  }

  std::shared_ptr<const compress_options> options_;
  wish wanted_;
  std::unique_ptr<content_encoder> encoder_;
  std::optional<std::uint64_t> left_; // of a body of announced size
  std::string packed_;
};

response_compressor::response_compressor(const request& to, std::shared_ptr<const compress_options> options)
    : state_(std::make_unique<state>(to, std::move(options))) {}

response_compressor::response_compressor(response_compressor&&) noexcept = default;
response_compressor& response_compressor::operator=(response_compressor&&) noexcept = default;
response_compressor::~response_compressor() = default;

task<response> response_compressor::whole(response answer) {
  return state_->whole(std::move(answer));
}

void response_compressor::begin(response& head) {
  state_->begin(head);
}

bool response_compressor::is_active() const noexcept {
  return state_->is_active();
}

task<std::string_view> response_compressor::piece(std::string_view text) {
  return state_->piece(text);
}

task<std::string_view> response_compressor::end() {
  return state_->end();
}

} // namespace actors::http
