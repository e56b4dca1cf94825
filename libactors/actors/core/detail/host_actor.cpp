#include <actors/core/detail/host_actor.hpp>

#include <actors/core/detail/introspection.hpp>
#include <actors/core/internal/reactor_scheduler.hpp>
#include <actors/core/internal/reactor_worker.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <caf/action.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_config.hpp>
#include <caf/detail/sync_request_bouncer.hpp>
#include <caf/exit_reason.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_message_view.hpp>

#include <utility>

namespace actors::detail {

namespace {

// A wake-up that has to go through the mailbox looks like a reply that was answered already, which no real reply does.
constexpr std::uint64_t wake_mark = caf::message_id::response_flag_mask | caf::message_id::answered_flag_mask;

constexpr caf::message_id wake_message_id(std::uint64_t id) noexcept {
  return caf::message_id{id | wake_mark | caf::message_id::default_async_value};
}

// A reply answered already, that is.
constexpr bool is_wake(caf::message_id id) noexcept {
  return (id.integer_value() & wake_mark) == wake_mark;
}

// More waits than this in one actor are looked up in a hash map.
constexpr std::uint32_t max_listed = 8;

/// How deep eager tasks have started eager tasks on this thread.
class eager_level {
public:
  eager_level() noexcept { ++depth(); }

  eager_level(const eager_level&) = delete;
  eager_level& operator=(const eager_level&) = delete;

  ~eager_level() { --depth(); }

  [[nodiscard]] bool too_deep() const noexcept { return depth() > most; }

private:
  // Each level takes some hundred bytes of stack besides the frames of the program.
  static constexpr int most = 16;

  [[nodiscard, gnu::noinline]] static int& depth() noexcept {
    thread_local int value = 0;
    return value;
  }
};

void answer_gone(const caf::mailbox_element& element, const caf::error& answer) {
  if (answer) {
    if (element.sender && element.mid.is_request())
      element.sender->enqueue(nullptr, element.mid.response_id(), caf::make_message(answer), nullptr);
    return;
  }
  const caf::detail::sync_request_bouncer bouncer{caf::make_error(caf::exit_reason::normal)};
  bouncer(element.sender, element.mid);
}

} // namespace

// -- waiter_table ------------------------------------------------------------------------------------------------------------------

void waiter_table::insert(waiter& entry) {
  if (map_) {
    map_->emplace(entry.id_, &entry);
    return;
  }
  entry.next_ = first_;
  first_ = &entry;
  if (++listed_ <= max_listed)
    return;
  map_ = std::make_unique<map>();
  for (auto* i = std::exchange(first_, nullptr); i != nullptr; i = i->next_)
    map_->emplace(i->id_, i);
  listed_ = 0;
}

void waiter_table::erase(waiter& entry) noexcept {
  if (map_) {
    map_->erase(entry.id_);
    return;
  }
  for (auto** i = &first_; *i != nullptr; i = &(*i)->next_) {
    if (*i == &entry) {
      *i = entry.next_;
      --listed_;
      return;
    }
  }
}

waiter* waiter_table::find(std::uint64_t id) const noexcept {
  if (map_) {
    const auto found = map_->find(id);
    return found != map_->end() ? found->second : nullptr;
  }
  for (auto* i = first_; i != nullptr; i = i->next_)
    if (i->id_ == id)
      return i;
  return nullptr;
}

void waiter_table::orphan_all(host_actor& actor) noexcept {
  if (map_) {
    for (const auto& [id, entry] : *map_)
      entry->orphan(actor);
    map_ = nullptr;
  }
  for (auto* i = std::exchange(first_, nullptr); i != nullptr;)
    std::exchange(i, i->next_)->orphan(actor);
  listed_ = 0;
}

// -- host_actor ----------------------------------------------------------------------------------------------------------------------

host_actor::host_actor(caf::actor_config& config, runtime_core& core, const task_origin& origin)
    : monitorable_actor(config), core_(&core), home_(origin.home), parent_(origin.parent), sink_(origin.sink),
      name_(origin.name != nullptr && !origin.name->empty() ? std::make_unique<const std::string>(*origin.name)
                                                            : nullptr),
      where_(origin.where) {}

const char* host_actor::name() const {
  return name_ ? name_->c_str() : where_.function_name();
}

host_actor::~host_actor() {
  while (ready_ != nullptr)
    static_cast<void>(next_element());
}

void host_actor::intrusive_ptr_add_ref_impl() {
  caf::intrusive_ptr_add_ref(ctrl());
}

void host_actor::intrusive_ptr_release_impl() {
  caf::intrusive_ptr_release(ctrl());
}

// -- what can be seen ----------------------------------------------------------------------------------------------------------------

namespace {

constexpr std::int64_t running_bit = 1;
constexpr std::int64_t sampled_bit = 2;

constexpr std::int64_t activity_word(time_point when, std::int64_t bits) noexcept {
  return (when.time_since_epoch().count() << 2) | bits;
}

constexpr time_point time_of(std::int64_t activity) noexcept {
  return time_point{duration{activity >> 2}};
}

// Of so many wake-ups one is timed: reading the clock twice costs more than all other counting.
constexpr std::uint64_t delay_sampling = 64;

} // namespace

reactor_worker* host_actor::worker() const noexcept {
  return core_->reactor() != nullptr ? static_cast<reactor_worker*>(unit_) : nullptr;
}

internal::counter_block& host_actor::counters() const noexcept {
  return core_->counters_of(unit_);
}

inline void host_actor::note_ready() noexcept {
  // Drawn from numbers that are there anyway, and differ between the tasks of a crowd and between the waits of one
  // task.
  if ((id() + last_wait_id_) % delay_sampling == 0)
    activity_.store(activity_word(core_->now(), sampled_bit), std::memory_order_relaxed);
}

inline void host_actor::note_running(const reactor_worker* here) noexcept {
  if ((activity_.load(std::memory_order_relaxed) & sampled_bit) != 0)
    note_delay();
  else if (here != nullptr)
    activity_.store(here->coarse_time_word() | running_bit, std::memory_order_relaxed);
}

void host_actor::note_delay() noexcept {
  const auto now = core_->now();
  counters().add_delay((now - time_of(activity_.load(std::memory_order_relaxed))).count());
  activity_.store(activity_word(now, running_bit), std::memory_order_relaxed);
}

inline void host_actor::note_step_end(const reactor_worker* here, std::size_t messages) noexcept {
  messages_.store(messages_.load(std::memory_order_relaxed) + messages, std::memory_order_relaxed);
  activity_.store(here != nullptr ? here->coarse_time_word() : activity_word(core_->now(), 0),
                  std::memory_order_relaxed);
}

void host_actor::look(actor_view& view) const {
  const auto activity = activity_.load(std::memory_order_relaxed);
  if (inbox_.closed())
    view.activity = actor_activity::ended;
  else if (inbox_.blocked())
    view.activity = actor_activity::waiting;
  else
    view.activity = (activity & running_bit) != 0 ? actor_activity::running : actor_activity::ready;
  view.since = time_of(activity);
  view.messages = messages_.load(std::memory_order_relaxed);
  view.handled = view.messages + direct_wakes_.load(std::memory_order_relaxed);
  const auto arrived = arrived_.load(std::memory_order_relaxed);
  view.mailbox = arrived > view.messages ? arrived - view.messages : 0;
  view.children = members();
  look_inside(view);
}

// -- scheduling ----------------------------------------------------------------------------------------------------------------------

void host_actor::schedule() {
  note_ready();
  core_->schedule(*this, home_);
}

void host_actor::launch_unscheduled() noexcept {
  // The reference to itself that `resume` gives up after the last step.
  caf::intrusive_ptr_add_ref(ctrl());
}

void host_actor::launch_eagerly() {
  auto* const parent = running_context();
  const bool inside = parent != nullptr && &parent->host().core() == core_;
  // A thread that has lost its worker must not run what is bound to it.
  const bool at_home = inside && (home_.worker == nullptr || home_.worker == reactor_worker::current());
  const eager_level level;
  if (!at_home || level.too_deep()) {
    launch();
    return;
  }
  const caf::strong_actor_ptr alive{ctrl()};
  launch_unscheduled();
  if (resume(parent->host().unit(), 1) == resume_later) {
    caf::intrusive_ptr_add_ref(ctrl());
    core_->schedule_in_order(*this, home_);
  }
}

void host_actor::launch() {
  launch_unscheduled();
  note_ready();
  caf::intrusive_ptr_add_ref(ctrl());
  core_->schedule_in_order(*this, home_);
}

bool host_actor::enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) {
  arrived_.fetch_add(1, std::memory_order_relaxed);
  const auto id = element->mid;
  const auto sender = id.is_request() ? element->sender : caf::strong_actor_ptr{};
  switch (inbox_.push_front(std::move(element))) {
  case caf::intrusive::inbox_result::unblocked_reader:
    caf::intrusive_ptr_add_ref(ctrl());
    schedule();
    return true;
  case caf::intrusive::inbox_result::queue_closed: {
    home_system().base_metrics().rejected_messages->inc();
    const caf::detail::sync_request_bouncer bouncer{caf::make_error(caf::exit_reason::normal)};
    bouncer(sender, id);
    return false;
  }
  default:
    return true;
  }
}

void host_actor::wake(std::uint64_t id) noexcept {
  // Suspended with an empty mailbox, as nearly always: no message needed, the id goes with the job.
  if (inbox_.try_unblock()) {
    direct_wake_ = id;
    caf::intrusive_ptr_add_ref(ctrl());
    schedule();
    return;
  }
  enqueue(caf::make_mailbox_element(nullptr, wake_message_id(id), {}, caf::message{}), nullptr);
}

void host_actor::send_cancel(const caf::error& reason) {
  enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(caf::message_priority::high), {},
                                    caf::exit_msg{caf::actor_addr{}, reason}),
          nullptr);
}

void host_actor::send_kill() {
  send_cancel(caf::make_error(caf::exit_reason::kill));
}

caf::mailbox_element_ptr host_actor::next_element() noexcept {
  if (ready_ == nullptr) {
    // The inbox is a stack; what came first is served first.
    auto* newest = inbox_.take_head();
    while (newest != nullptr) {
      auto* older = static_cast<caf::mailbox_element*>(newest->next);
      newest->next = ready_;
      ready_ = newest;
      newest = older;
    }
  }
  caf::mailbox_element_ptr element{ready_};
  if (ready_ != nullptr)
    ready_ = static_cast<caf::mailbox_element*>(ready_->next);
  return element;
}

caf::resumable::resume_result host_actor::resume(caf::execution_unit* unit, std::size_t max_throughput) {
  if (shut_)
    return done;
  unit_ = unit;
  const auto* const here = worker();
  note_running(here);
  std::size_t handled = 0;
  std::size_t noted = 0;
  if (const auto id = std::exchange(direct_wake_, 0); id != 0) {
    direct_wakes_.store(direct_wakes_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    deliver_wake(id);
    noted = ++handled;
  }
  for (;;) {
    if (ended_) {
      shut_ = true;
      on_end(unit);
      caf::intrusive_ptr_release(ctrl());
      return done;
    }
    if (std::exchange(yield_, false) || handled >= max_throughput) {
      note_step_end(here, handled - noted);
      return resume_later;
    }
    if (const auto element = next_element()) {
      ++handled;
      dispatch(*element);
      continue;
    }
    if (!started_) {
      started_ = true;
      on_start();
      continue;
    }
    note_step_end(here, handled - std::exchange(noted, handled));
    // From here on another thread may run this actor: touch nothing.
    if (inbox_.try_block())
      return awaiting_message;
    note_running(here);
  }
}

void host_actor::deliver_wake(std::uint64_t id) {
  if (id == family_wait_id) {
    on_family_deserted();
    return;
  }
  auto* target = waiters_.find(id);
  if (target != nullptr && admits_wake(*target))
    target->on_wake();
}

void host_actor::dispatch(caf::mailbox_element& element) {
  if (is_wake(element.mid)) {
    deliver_wake(element.mid.request_id().integer_value());
    return;
  }
  if (element.mid.is_response()) {
    auto* target = waiters_.find(element.mid.request_id().integer_value());
    if (target != nullptr && admits_wake(*target))
      target->on_message(element.payload);
    return;
  }
  // What the runtime itself sends is told from other messages by one type id, which is cheap to ask for.
  auto& content = element.payload;
  if (content.size() == 1) {
    if (content.match_element<caf::exit_msg>(0)) {
      const auto& reason = content.get_as<caf::exit_msg>(0).reason;
      if (reason == caf::exit_reason::kill)
        on_kill_request();
      else if (reason)
        on_cancel_request(reason);
      return;
    }
    if (content.match_element<caf::action>(0)) {
      static_cast<void>(content.get_mutable_as<caf::action>(0).run());
      return;
    }
  } else if (content.size() > 1 && content.match_element<caf::sys_atom>(0)) {
    static_cast<void>(handle_system_message(element, unit_, true));
    return;
  }
  on_content(element);
}

void host_actor::on_content(caf::mailbox_element& element) {
  if (element.mid.is_request() && element.sender)
    element.sender->enqueue(nullptr, element.mid.response_id(),
                            caf::make_message(caf::make_error(caf::sec::unexpected_message)), unit_);
}

void host_actor::shut(caf::error reason, caf::execution_unit* unit, const caf::error& answer) {
  while (ready_ != nullptr)
    answer_gone(*next_element(), answer);
  const auto answer_all = [&answer](caf::mailbox_element* raw) {
    const caf::mailbox_element_ptr element{raw};
    answer_gone(*element, answer);
  };
  inbox_.close(answer_all);
  static_cast<void>(cleanup(std::move(reason), unit));
  if (parent_ != nullptr)
    parent_->leave(*this);
}

caf::strong_actor_ptr host_actor::owner() noexcept {
  return caf::strong_actor_ptr{ctrl()};
}

void host_actor::on_deserted() noexcept {
  wake(family_wait_id);
}

} // namespace actors::detail
