#include <actors/http/internal/content_encoder.hpp>

#include <brotli/encode.h>

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>
#include <new>

namespace actors::http::internal {

namespace {

using flush = content_encoder::flush;

/// Room for output is made in steps of this size.
constexpr std::size_t step = std::size_t{16} * 1024;

/// The window, as a power of two, that sees all of a content of this size.
int window_for(std::optional<std::uint64_t> size, int least, int most) {
  if (!size || *size >= std::uint64_t{1} << most)
    return most;
  return std::clamp(static_cast<int>(std::bit_width(*size)), least, most);
}

class gzip_encoder final : public content_encoder {
public:
  gzip_encoder(int level, std::optional<std::uint64_t> size) {
    const int window = window_for(size, 9, MAX_WBITS);
    const int memory = std::clamp(window - 7, 1, 8);
    constexpr int gzip_wrapper = 16;
    if (deflateInit2(&stream_, std::clamp(level, 1, 9), Z_DEFLATED, gzip_wrapper + window, memory,
                     Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc{};
  }

  gzip_encoder(const gzip_encoder&) = delete;
  gzip_encoder& operator=(const gzip_encoder&) = delete;

  ~gzip_encoder() override { deflateEnd(&stream_); }

  void encode(std::string_view in, flush how, std::string& out) override {
    // In pieces, as zlib counts in 32 bits.
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    while (in.size() > most) {
      run(in.substr(0, most), Z_NO_FLUSH, out);
      in.remove_prefix(most);
    }
    run(in, how == flush::finish ? Z_FINISH : how == flush::sync ? Z_SYNC_FLUSH : Z_NO_FLUSH, out);
  }

private:
  void run(std::string_view in, int how, std::string& out) {
    // zlib's interface is not const-correct; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    do {
      const auto begin = out.size();
      out.resize(begin + step);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
      stream_.avail_out = step;
      deflate(&stream_, how);
      out.resize(begin + step - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class brotli_encoder final : public content_encoder {
public:
  brotli_encoder(int level, std::optional<std::uint64_t> size)
      : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_)
      throw std::bad_alloc{};
    set(BROTLI_PARAM_QUALITY, std::clamp(level, BROTLI_MIN_QUALITY, BROTLI_MAX_QUALITY));
    set(BROTLI_PARAM_LGWIN, window_for(size, BROTLI_MIN_WINDOW_BITS, 18));
    if (size)
      set(BROTLI_PARAM_SIZE_HINT, static_cast<int>(std::min<std::uint64_t>(*size, std::numeric_limits<int>::max())));
  }

  void encode(std::string_view in, flush how, std::string& out) override {
    const auto operation = how == flush::finish ? BROTLI_OPERATION_FINISH
                           : how == flush::sync ? BROTLI_OPERATION_FLUSH
                                                : BROTLI_OPERATION_PROCESS;
    std::size_t available = in.size();
    const auto* next = reinterpret_cast<const std::uint8_t*>(in.data());
    do {
      std::size_t no_room = 0; // the output stays inside and is taken from there
      if (BrotliEncoderCompressStream(state_.get(), operation, &available, &next, &no_room, nullptr, nullptr) == 0)
        throw std::bad_alloc{};
      std::size_t size = 0;
      const auto* data = BrotliEncoderTakeOutput(state_.get(), &size);
      out.append(reinterpret_cast<const char*>(data), size);
    } while (available > 0 || BrotliEncoderHasMoreOutput(state_.get()) != 0);
  }

private:
  struct closer {
    void operator()(BrotliEncoderState* state) const noexcept { BrotliEncoderDestroyInstance(state); }
  };

  void set(BrotliEncoderParameter what, int value) {
    BrotliEncoderSetParameter(state_.get(), what, static_cast<std::uint32_t>(value));
  }

  std::unique_ptr<BrotliEncoderState, closer> state_;
};

} // namespace

std::unique_ptr<content_encoder> content_encoder::make(std::string_view coding, int level,
                                                       std::optional<std::uint64_t> size) {
  if (coding == "gzip")
    return std::make_unique<gzip_encoder>(level, size);
  if (coding == "br")
    return std::make_unique<brotli_encoder>(level, size);
  return nullptr;
}

} // namespace actors::http::internal
