#include <actors/http/internal/coding_stage.hpp>

#include <actors/http/internal/ascii.hpp>

#include <brotli/decode.h>

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace actors::http::internal {

coding_stage::result coding_stage::run(std::size_t piece_size) {
  buffer_.resize(piece_size);
  produced_ = 0;
  seen_ = seen_ || !pending_.empty();
  bool broken = false;
  for (;;) {
    const auto before = pending_.size();
    const auto added = decode(pending_, buffer_.data() + produced_, piece_size - produced_, broken);
    produced_ += added;
    total_ += added;
    // Output may be waiting inside the decoder without any input left, so only a run that changes nothing ends this.
    if (broken || produced_ == piece_size || (added == 0 && pending_.size() == before))
      break;
  }
  // What came out before the damage is delivered first; the next run meets the damage again.
  if (produced_ > 0)
    return result::progress;
  return broken ? result::corrupt : result::starved;
}

namespace {

/// gzip (also of several members) and deflate, both by zlib.
class zlib_stage : public coding_stage {
public:
  explicit zlib_stage(bool is_gzip) : is_gzip_(is_gzip) {
    if (is_gzip_)
      open(16 + MAX_WBITS);
  }

  zlib_stage(const zlib_stage&) = delete;
  zlib_stage& operator=(const zlib_stage&) = delete;

  ~zlib_stage() override {
    if (is_open_)
      inflateEnd(&stream_);
  }

  std::string_view name() const noexcept override { return is_gzip_ ? "gzip" : "deflate"; }

  std::string problem() const override { return stream_.msg != nullptr ? stream_.msg : "invalid data"; }

protected:
  std::size_t decode(std::string_view& in, char* out, std::size_t size, bool& broken) override {
    if (!is_open_ && !detect(in))
      return 0;
    if (at_end_ && !begin_member(in))
      return 0;
    std::size_t produced = 0;
    if (head_used_ < head_size_) { // the bytes that detect() held back
      std::string_view head{head_ + head_used_, head_size_ - head_used_};
      const auto before = head.size();
      produced = inflate_some(head, out, size, broken);
      head_used_ += before - head.size();
      if (broken || at_end_ || head_used_ < head_size_)
        return produced;
    }
    return produced + inflate_some(in, out + produced, size - produced, broken);
  }

  bool is_at_end() const noexcept override { return at_end_; }

private:
  void open(int window_bits) {
    if (inflateInit2(&stream_, window_bits) != Z_OK)
      throw std::bad_alloc{};
    is_open_ = true;
  }

  /// Tells by the first two bytes whether deflate data has the zlib wrapper: a check sum in them makes a mistake
  /// unlikely.
  bool detect(std::string_view& in) {
    while (head_size_ < 2 && !in.empty()) {
      head_[head_size_++] = in.front();
      in.remove_prefix(1);
    }
    if (head_size_ < 2)
      return false;
    const auto first = static_cast<unsigned char>(head_[0]);
    const auto second = static_cast<unsigned char>(head_[1]);
    const bool is_wrapped = (first & 15) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
    open(is_wrapped ? MAX_WBITS : -MAX_WBITS);
    return true;
  }

  /// At the end of a stream: begins the next gzip member if there is one, else drops the rest of the input.
  bool begin_member(std::string_view& in) {
    if (in.empty())
      return false;
    if (!is_gzip_ || is_trailing_ || in.front() != '\x1f' || inflateReset(&stream_) != Z_OK) {
      is_trailing_ = true;
      in = {};
      return false;
    }
    is_later_member_ = true;
    at_end_ = false;
    return true;
  }

  std::size_t inflate_some(std::string_view& in, char* out, std::size_t size, bool& broken) {
    const auto given = static_cast<uInt>(std::min<std::size_t>(in.size(), std::numeric_limits<uInt>::max()));
    // zlib's interface is not const-correct; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = given;
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(size);
    const int code = inflate(&stream_, Z_SYNC_FLUSH);
    in.remove_prefix(given - stream_.avail_in);
    if (code == Z_STREAM_END) {
      at_end_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      if (is_later_member_ && stream_.total_in <= 2) {
        // Not a member after all, only a byte that looked like one.
        at_end_ = is_trailing_ = true;
        in = {};
      } else {
        broken = true;
      }
    }
    return size - stream_.avail_out;
  }

  z_stream stream_{};
  char head_[2] = {};
  std::size_t head_size_ = 0;
  std::size_t head_used_ = 0;
  bool is_gzip_;
  bool is_open_ = false;
  bool at_end_ = false;
  bool is_later_member_ = false;
  bool is_trailing_ = false;
};

class brotli_stage : public coding_stage {
public:
  brotli_stage() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_)
      throw std::bad_alloc{};
  }

  std::string_view name() const noexcept override { return "br"; }

  std::string problem() const override { return BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state_.get())); }

protected:
  std::size_t decode(std::string_view& in, char* out, std::size_t size, bool& broken) override {
    if (at_end_) {
      in = {};
      return 0;
    }
    std::size_t available = in.size();
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(in.data());
    std::size_t room = size;
    auto* next_out = reinterpret_cast<std::uint8_t*>(out);
    const auto code = BrotliDecoderDecompressStream(state_.get(), &available, &next_in, &room, &next_out, nullptr);
    in.remove_prefix(in.size() - available);
    at_end_ = code == BROTLI_DECODER_RESULT_SUCCESS;
    broken = code == BROTLI_DECODER_RESULT_ERROR;
    return size - room;
  }

  bool is_at_end() const noexcept override { return at_end_; }

private:
  struct closer {
    void operator()(BrotliDecoderState* state) const noexcept { BrotliDecoderDestroyInstance(state); }
  };

  std::unique_ptr<BrotliDecoderState, closer> state_;
  bool at_end_ = false;
};

} // namespace

std::unique_ptr<coding_stage> coding_stage::make(std::string_view coding) {
  if (iequals(coding, "gzip") || iequals(coding, "x-gzip"))
    return std::make_unique<zlib_stage>(true);
  if (iequals(coding, "deflate"))
    return std::make_unique<zlib_stage>(false);
  if (iequals(coding, "br"))
    return std::make_unique<brotli_stage>();
  return nullptr;
}

} // namespace actors::http::internal
