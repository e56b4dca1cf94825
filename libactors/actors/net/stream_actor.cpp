#include <actors/net/stream_actor.hpp>

#include <actors/core/service.hpp>
#include <actors/net/detail/stream_turns.hpp>
#include <actors/net/error.hpp>

#include <string>
#include <utility>

namespace actors::net {

namespace {

class stream_actor final : public service {
public:
  explicit stream_actor(std::unique_ptr<stream> owned) : stream_(std::move(owned)) {
    on([this](read_atom, std::uint64_t most) { return reads_.read(*stream_, most); });
    on([this](write_atom, std::string data) { return write(std::move(data)); });
    on([this](finish_atom) { return finish(); });
    on([this](peer_atom) { return stream_->peer(); });
    on([this](caf::close_atom) {
      stream_->close();
      stop();
    });
  }

private:
  task<void> write(std::string data) {
    if (const auto waiting = writes_.too_many(data.size()))
      throw net_error("write to", stream_->peer(), std::make_error_code(std::errc::no_buffer_space),
                      std::to_string(*waiting) + " bytes are waiting already");
    return writes_.write(*stream_, std::move(data));
  }

  task<void> finish() {
    const auto turn = co_await writes_.next();
    stream_->shutdown_write();
  }

  task<void> on_stop() override {
    stream_->close();
    co_return;
  }

  std::unique_ptr<stream> stream_;
  detail::read_turns reads_;
  detail::write_turns writes_;
};

} // namespace

service_ref spawn_stream_actor(std::unique_ptr<stream> owned, const spawn_options& options) {
  return spawn_service(std::make_unique<stream_actor>(std::move(owned)), options);
}

service_ref spawn_stream_actor(const runtime& owner, std::unique_ptr<stream> owned, const spawn_options& options) {
  return spawn_service(owner, std::make_unique<stream_actor>(std::move(owned)), options);
}

} // namespace actors::net
