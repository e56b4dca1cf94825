#pragma once

#include <boost/asio/io_context.hpp>

#include <memory>
#include <mutex>

namespace actors::net::internal {

class descriptor;

/// The open descriptors of one reactor. When the reactor goes, those that are left are closed, because their handles
/// refer to it.
///
/// Threads: all members from any thread.
class descriptor_list {
public:
  /// The list of a reactor.
  [[nodiscard]] static std::shared_ptr<descriptor_list> of(boost::asio::io_context& io);

  void add(descriptor& member);
  void remove(descriptor& member) noexcept;

  /// Closes all members and waits until they are gone.
  void close_all() noexcept;

private:
  std::mutex mutex_;
  descriptor* first_ = nullptr;
};

} // namespace actors::net::internal
