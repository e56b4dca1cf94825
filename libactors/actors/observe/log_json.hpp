#pragma once

#include <actors/core/log.hpp>

#include <string>

namespace actors::observe {

/// A log record as one JSON object in one line, without its end:
///
///     {"time":"2026-01-01T12:00:00.123Z","level":"info","component":"crawler","text":"fetched",
///      "fields":{"url":"http://a/","request":"7"},"task":"crawl","trace_id":"…","span_id":"…"}
///
/// `time`, `level` and `text` are always there, the others if there is something to say. `fields` holds those of the
/// record and of the task's log context, each name once: the record's last one wins. It is valid JSON whatever bytes a
/// peer put into it: what is not UTF-8 becomes U+FFFD. Text and values above 16 KiB are cut, and at most 128 fields are
/// shown.
[[nodiscard]] std::string format_log_json(const log_record& record);

} // namespace actors::observe
