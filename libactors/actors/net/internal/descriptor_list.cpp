#include <actors/net/internal/descriptor_list.hpp>

#include <actors/net/internal/descriptor.hpp>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <thread>

namespace actors::net::internal {

namespace {

// Asio tells its services when an io_context is about to go, the youngest service first.
class descriptor_list_service final : public boost::asio::execution_context::service {
public:
  inline static boost::asio::execution_context::id id;

  explicit descriptor_list_service(boost::asio::execution_context& owner)
      : service(owner), list_(std::make_shared<descriptor_list>()) {
    // What descriptors need has to be older than this service, so that it still works in `shutdown`.
    const boost::asio::posix::stream_descriptor oldest{static_cast<boost::asio::io_context&>(owner)};
  }

  [[nodiscard]] const std::shared_ptr<descriptor_list>& list() const noexcept { return list_; }

private:
  void shutdown() override { list_->close_all(); }

  std::shared_ptr<descriptor_list> list_;
};

} // namespace

std::shared_ptr<descriptor_list> descriptor_list::of(boost::asio::io_context& io) {
  return boost::asio::use_service<descriptor_list_service>(io).list();
}

void descriptor_list::add(descriptor& member) {
  const std::scoped_lock guard{mutex_};
  member.next_ = first_;
  if (first_ != nullptr)
    first_->previous_ = &member;
  first_ = &member;
}

void descriptor_list::remove(descriptor& member) noexcept {
  const std::scoped_lock guard{mutex_};
  (member.previous_ != nullptr ? member.previous_->next_ : first_) = member.next_;
  if (member.next_ != nullptr)
    member.next_->previous_ = member.previous_;
  member.next_ = member.previous_ = nullptr;
}

void descriptor_list::close_all() noexcept {
  for (;;) {
    std::shared_ptr<descriptor> member;
    {
      const std::scoped_lock guard{mutex_};
      if (first_ == nullptr)
        return;
      member = first_->weak_from_this().lock();
    }
    // A member leaves the list when it has given its handle back. One that another thread is using or destroying takes
    // a moment.
    if (member != nullptr && member->is_open())
      member->close();
    else
      std::this_thread::yield();
  }
}

} // namespace actors::net::internal
