#pragma once

#include <actors/core/error.hpp>
#include <actors/core/fwd.hpp>
#include <actors/core/type_ids.hpp>

#include <caf/byte_buffer.hpp>
#include <caf/type_id.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

/// What travels with a call: how much time is left, how to name it when it is cancelled, and which trace it belongs to.
///
/// `ask` puts a `call_context` in front of the arguments when it talks to a `service_ref`; services accept messages
/// with and without it, so that plain CAF actors can call them. Cancelling a call is a `cancel_call` message with its
/// id.
///
/// Both are wire format. What is not needed for the call itself, so far the trace, is in an extension: a list of parts
/// with a number and a length each, of which a reader skips those that it does not know. New things are only ever added
/// there. It is one byte long if there is none, 29 with a trace.
namespace actors {

struct call_context {
  call_context() = default;

  call_context(std::int64_t time_left_ns_arg, std::uint64_t call_id_arg,
               std::shared_ptr<const trace_context> trace_arg = nullptr) noexcept
      : time_left_ns(time_left_ns_arg), call_id(call_id_arg), trace(std::move(trace_arg)) {}

  /// Nanoseconds that the caller will still wait; -1 for no limit. Time left and not a point in time, because clocks
  /// differ between nodes.
  std::int64_t time_left_ns = -1;

  /// Unique among the calls of one caller.
  std::uint64_t call_id = 0;

  /// The trace that the call belongs to and the span that it comes from; null for none.
  std::shared_ptr<const trace_context> trace;
};

namespace detail {

[[nodiscard]] caf::byte_buffer pack_extension(const call_context& context);

/// False if the parts are not what they say.
[[nodiscard]] bool unpack_extension(const caf::byte_buffer& bytes, call_context& context);

} // namespace detail

template <class Inspector>
bool inspect(Inspector& f, call_context& x) {
  return f.object(x).fields(f.field("time_left_ns", x.time_left_ns), f.field("call_id", x.call_id),
                            f.field(
                                "extension", [&x] { return detail::pack_extension(x); },
                                [&x](const caf::byte_buffer& bytes) { return detail::unpack_extension(bytes, x); }));
}

/// The caller no longer wants the answer to one of its calls.
struct cancel_call {
  cancel_call() = default;

  cancel_call(std::uint64_t call_id_arg, std::string reason_arg)
      : call_id(call_id_arg), reason(std::move(reason_arg)) {}

  std::uint64_t call_id = 0;
  std::string reason;
};

template <class Inspector>
bool inspect(Inspector& f, cancel_call& x) {
  return f.object(x).fields(f.field("call_id", x.call_id), f.field("reason", x.reason));
}

class service_ref;

namespace detail {

/// Registers the message types of the core, once.
void register_core_types();

} // namespace detail

} // namespace actors

CAF_BEGIN_TYPE_ID_BLOCK(actors_calls, actors::first_library_type_id + 10)
  CAF_ADD_TYPE_ID(actors_calls, (actors::call_context))
  CAF_ADD_TYPE_ID(actors_calls, (actors::cancel_call))
  CAF_ADD_TYPE_ID(actors_calls, (actors::service_ref))
CAF_END_TYPE_ID_BLOCK(actors_calls)
