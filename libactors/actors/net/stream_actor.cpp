#include <actors/net/stream_actor.hpp>

#include <actors/core/service.hpp>
#include <actors/net/error.hpp>
#include <actors/net/internal/turn_queue.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace actors::net {

namespace {

constexpr std::uint64_t largest_read = std::uint64_t{1} << 20;
constexpr std::size_t most_bytes_waiting = std::size_t{16} << 20;

class stream_actor final : public service {
public:
  explicit stream_actor(std::unique_ptr<stream> owned) : stream_(std::move(owned)) {
    on([this](read_atom, std::uint64_t most) { return read(most); });
    on([this](write_atom, std::string data) { return write(std::move(data)); });
    on([this](finish_atom) { return finish(); });
    on([this](peer_atom) { return stream_->peer(); });
    on([this](caf::close_atom) {
      stream_->close();
      stop();
    });
  }

private:
  /// Counts the bytes of a write while it waits.
  class waiting_bytes {
  public:
    waiting_bytes(std::size_t& total, std::size_t size) noexcept : total_(&total), size_(size) { *total_ += size_; }

    waiting_bytes(const waiting_bytes&) = delete;
    waiting_bytes& operator=(const waiting_bytes&) = delete;

    ~waiting_bytes() { *total_ -= size_; }

  private:
    std::size_t* total_;
    std::size_t size_;
  };

  task<std::string> read(std::uint64_t most) {
    const auto turn = co_await readers_.next();
    std::string buffer(static_cast<std::size_t>(std::min(most, largest_read)), '\0');
    const auto count = co_await stream_->read_some(buffer);
    buffer.resize(count);
    co_return buffer;
  }

  task<void> write(std::string data) {
    if (data.size() > most_bytes_waiting - std::min(waiting_, most_bytes_waiting) && waiting_ > 0)
      throw net_error("write to", stream_->peer(), std::make_error_code(std::errc::no_buffer_space),
                      std::to_string(waiting_) + " bytes are waiting already");
    const waiting_bytes counted{waiting_, data.size()};
    const auto turn = co_await writers_.next();
    co_await stream_->write_all(data);
  }

  task<void> finish() {
    const auto turn = co_await writers_.next();
    stream_->shutdown_write();
  }

  task<void> on_stop() override {
    stream_->close();
    co_return;
  }

  std::unique_ptr<stream> stream_;
  internal::turn_queue readers_;
  internal::turn_queue writers_;
  std::size_t waiting_ = 0;
};

} // namespace

service_ref spawn_stream_actor(std::unique_ptr<stream> owned, const spawn_options& options) {
  return spawn_service(std::make_unique<stream_actor>(std::move(owned)), options);
}

service_ref spawn_stream_actor(const runtime& owner, std::unique_ptr<stream> owned, const spawn_options& options) {
  return spawn_service(owner, std::make_unique<stream_actor>(std::move(owned)), options);
}

} // namespace actors::net
