#include <actors/sync/error.hpp>

namespace actors::sync {

queue_shut_down::queue_shut_down() : std::runtime_error("the queue was shut down") {}

channel_closed::channel_closed(const std::string& end) : channel_error("the " + end + " was closed by its own side") {}

broken_channel::broken_channel() : channel_error("all receivers of the channel are closed") {}

end_of_channel::end_of_channel() : channel_error("all senders of the channel are closed and everything was received") {}

broken_barrier::broken_barrier() : std::runtime_error("the barrier was aborted or reset") {}

} // namespace actors::sync
