#pragma once

#include <actors/core/span_record.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Spans as OTLP/JSON lines: a file that OpenTelemetry's collector reads (`otlpjsonfile` receiver), and others do too.
///
/// Each line is one `ExportTraceServiceRequest` in the JSON encoding of OTLP, with up to 512 spans. Give the sink to a
/// runtime (`runtime_options::trace_to`); spans are queued and written by a thread of the sink, so that nobody waits
/// for the disk. The queue is bounded: what does not fit is dropped and counted, as is what cannot be written.
///
/// Ownership: the sink owns its file and thread; both end with the last `std::shared_ptr`, after what is queued was
/// written. A runtime that has ended has flushed it. Files: `path` is the newest, `path.1` the one before; a file that
/// would exceed its size makes room.
///
/// Threads: any. Errors: `otlp_setup_error` from the factory if the file cannot be opened or an option is out of its
/// range; afterwards nothing is thrown. Units: bytes, spans.
///
/// Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
///
/// @snippet examples/observe.cpp traces
namespace actors::observe {

class otlp_options {
public:
  explicit otlp_options(std::filesystem::path file) : file_(std::move(file)) {}

  /// `service.name` of the resource; "unknown_service" by default, as the specification has it.
  otlp_options& service(std::string name) {
    service_ = std::move(name);
    return *this;
  }

  /// Another attribute of the resource, such as `service.version`.
  otlp_options& resource(std::string key, attribute_value value) {
    resource_.emplace_back(std::move(key), std::move(value));
    return *this;
  }

  /// Spans that wait to be written at most; 8192 by default, 1 to 1,000,000.
  otlp_options& queue_size(std::size_t spans) noexcept {
    queue_size_ = spans;
    return *this;
  }

  /// 64 MiB by default, at least 64 KiB.
  otlp_options& max_file_size(std::uint64_t bytes) noexcept {
    max_file_size_ = bytes;
    return *this;
  }

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

  [[nodiscard]] const std::string& service() const noexcept { return service_; }

  [[nodiscard]] const std::vector<span_attribute>& resource() const noexcept { return resource_; }

  [[nodiscard]] std::size_t queue_size() const noexcept { return queue_size_; }

  [[nodiscard]] std::uint64_t max_file_size() const noexcept { return max_file_size_; }

private:
  std::filesystem::path file_;
  std::string service_ = "unknown_service";
  std::vector<span_attribute> resource_;
  std::size_t queue_size_ = 8192;
  std::uint64_t max_file_size_ = std::uint64_t{64} << 20U;
};

/// The sink could not be made: an option is out of its range, or the file cannot be opened.
class otlp_setup_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class otlp_file_sink final : public span_sink {
public:
  explicit otlp_file_sink(otlp_options options);
  ~otlp_file_sink() override;

  void write(span_record finished) noexcept override;

  /// Waits until what was written before is in the file, ten seconds at most.
  void flush() noexcept override;

  /// Spans in the file so far.
  [[nodiscard]] std::uint64_t written() const noexcept;

  /// Spans lost, because the queue was full or the file could not be written.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

/// Makes the sink. Throws `otlp_setup_error`.
[[nodiscard]] std::shared_ptr<otlp_file_sink> make_otlp_file_sink(otlp_options options);

} // namespace actors::observe
