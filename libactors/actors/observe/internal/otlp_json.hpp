#pragma once

#include <actors/core/span_record.hpp>

#include <span>
#include <string>
#include <vector>

namespace actors::observe::internal {

/// One `ExportTraceServiceRequest` as JSON in one line, without its end.
[[nodiscard]] std::string otlp_json(const std::string& service, const std::vector<span_attribute>& resource,
                                    std::span<const span_record> spans);

} // namespace actors::observe::internal
