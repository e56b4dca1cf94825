#include <actors/core/ask.hpp>

#include <actors/core/detail/host_actor.hpp>
#include <actors/core/detail/introspection.hpp>
#include <actors/core/internal/runtime_core.hpp>

#include <caf/const_typed_message_view.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/sec.hpp>

#include <algorithm>

namespace actors::detail {

namespace {

call_context outgoing_context(const task_context& context, duration limit, std::uint64_t call_id) {
  call_context result;
  result.call_id = call_id;
  result.trace = context.values().trace();
  auto left = limit;
  if (context.deadline() != time_point::max())
    left = std::min(left, context.deadline() - context.host().core().now());
  if (left != forever)
    result.time_left_ns = std::max<std::int64_t>(0, left.count());
  return result;
}

} // namespace

ask_awaiter_base::ask_awaiter_base(caf::strong_actor_ptr target, caf::message request, bool with_context) noexcept
    : target_(std::move(target)), message_(std::move(request)), with_context_(with_context) {}

ask_awaiter_base::ask_awaiter_base(ask_awaiter_base&& call, duration limit) noexcept
    : target_(std::move(call.target_)), message_(std::move(call.message_)), limit_(limit),
      with_context_(call.with_context_) {}

bool ask_awaiter_base::start(task_context& context) {
  if (!target_)
    throw misuse_error("ask was given an empty address");
  // The proxy of an actor whose node is gone drops what it is sent, so this call would wait for ever.
  if (target_->get()->getf(caf::abstract_actor::is_terminated_flag)) {
    message_ = caf::make_message(caf::make_error(caf::sec::request_receiver_down));
    return false;
  }
  arm(context);
  auto& host = context.host();
  if (with_context_)
    message_.get_mutable_as<call_context>(0) = outgoing_context(context, limit_, id());
  if (limit_ != forever)
    timer_.arm(host, id(), saturating_add(host.core().now(), limit_));
  target_->enqueue(caf::make_mailbox_element(caf::strong_actor_ptr{host.ctrl()}, caf::make_message_id(id()), {},
                                             std::move(message_)),
                   host.unit());
  return true;
}

void ask_awaiter_base::on_wake() {
  timed_out_ = true;
  tell_cancelled("the caller ran out of time");
  finish();
}

void ask_awaiter_base::on_message(caf::message& message) {
  message_ = std::move(message);
  finish();
}

cancel_action ask_awaiter_base::on_cancel() {
  tell_cancelled(context()->cancel_reason().reason());
  return cancel_action::resume;
}

void ask_awaiter_base::describe_wait(wait_view& view) const {
  view.kind = "ask";
  view.targets.push_back(target_);
}

void ask_awaiter_base::tell_cancelled(std::string_view reason) {
  if (!with_context_)
    return;
  auto& host = context()->host();
  target_->enqueue(caf::strong_actor_ptr{host.ctrl()}, caf::make_message_id(caf::message_priority::high),
                   caf::make_message(cancel_call{id(), std::string{reason}}), host.unit());
}

caf::message& ask_awaiter_base::take_reply() {
  check_cancelled();
  if (timed_out_)
    throw timeout_error{"the request timed out after " +
                        std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(limit_).count()) + " ms"};
  if (auto error = caf::make_const_typed_message_view<caf::error>(message_))
    std::rethrow_exception(to_exception(caf::get<0>(error)));
  return message_;
}

void ask_awaiter_base::throw_unexpected_reply() const {
  throw remote_error{caf::make_error(caf::sec::unexpected_response, caf::to_string(message_))};
}

void send(const caf::strong_actor_ptr& target, caf::message content, bool with_context) {
  if (!target)
    throw misuse_error("tell was given an empty address");
  const auto* context = running_context();
  if (context == nullptr) {
    target->enqueue(nullptr, caf::make_message_id(), std::move(content), nullptr);
    return;
  }
  auto& host = context->host();
  if (with_context)
    content.get_mutable_as<call_context>(0) = outgoing_context(*context, forever, 0);
  target->enqueue(caf::strong_actor_ptr{host.ctrl()}, caf::make_message_id(), std::move(content), host.unit());
}

} // namespace actors::detail
