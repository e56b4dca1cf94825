#pragma once

#include <actors/core/task.hpp>
#include <actors/http/fields.hpp>
#include <actors/http/message.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reads `multipart/form-data` (RFC 7578), as browsers and curl send it: whole, part by part, or byte by byte.
///
///     for (const auto& part : parse_multipart(request))                     // a body that is there
///       use(part.head.name, part.content);
///
///     multipart_reader form{x.head(), [&x] { return x.read_some(); }};      // one that is on its way
///     while (const auto* part = co_await form.next_part())
///       for (auto piece = co_await form.read_some(); !piece.empty(); piece = co_await form.read_some())
///         co_await store(*part, piece);
///
/// Strict: every part needs `Content-Disposition: form-data` with a name, line ends are CRLF, and nothing stands before
/// the first boundary. What stands behind the last one is dropped. The verdict does not depend on how the bytes were
/// split. Names are given as the sender meant them (`%22`, `%0D`, `%0A` and `\"` undone); a file name is what the peer
/// likes it to be and no path to write to.
///
/// Memory: the head of one part; contents are views of the input. Errors: `error` with `bad_multipart` for a body that
/// is malformed or cut off, `multipart_too_large` over a limit, `invalid_form` for another Content-Type.
namespace actors::http {

/// What one form may have; sizes in bytes.
class multipart_limits {
public:
  multipart_limits() = default;

  /// How many parts; 100.
  multipart_limits& max_parts(std::size_t value) noexcept { return parts_ = value, *this; }

  /// The head of each part; 8 KiB.
  multipart_limits& max_head(std::size_t value) noexcept { return head_ = value, *this; }

  /// The content of each part; no limit.
  multipart_limits& max_part(std::uint64_t value) noexcept { return part_ = value, *this; }

  /// All of the body; no limit, as the server's own on bodies counts too.
  multipart_limits& max_total(std::uint64_t value) noexcept { return total_ = value, *this; }

  [[nodiscard]] std::size_t max_parts() const noexcept { return parts_; }

  [[nodiscard]] std::size_t max_head() const noexcept { return head_; }

  [[nodiscard]] std::uint64_t max_part() const noexcept { return part_; }

  [[nodiscard]] std::uint64_t max_total() const noexcept { return total_; }

private:
  std::size_t parts_ = 100;
  std::size_t head_ = std::size_t{8} * 1024;
  std::uint64_t part_ = UINT64_MAX;
  std::uint64_t total_ = UINT64_MAX;
};

struct multipart_head {
  std::string name;
  std::optional<std::string> filename; ///< of parts that are files
  std::string content_type;            ///< `text/plain` if the part does not say
  http::fields fields;                 ///< all of them
};

struct multipart_part {
  multipart_head head;
  std::string content;
};

/// The boundary that a Content-Type field gives. @throws error `invalid_form`
[[nodiscard]] std::string multipart_boundary(const fields& of);

/// The parts of a whole body.
[[nodiscard]] std::vector<multipart_part> parse_multipart(const request& message, const multipart_limits& limits = {});

/// The state machine under both: is given bytes as they come.
class multipart_parser {
public:
  enum class event : std::uint8_t {
    more, ///< the input is used up
    part, ///< a part begins: `head()`
    data, ///< `data()` is the next of its content
    end,  ///< the form is complete
  };

  explicit multipart_parser(std::string_view boundary, const multipart_limits& limits = {});

  /// Takes from the front of the input up to the next event. @throws error; afterwards each call throws it again.
  [[nodiscard]] event next(std::string_view& input);

  /// The input has ended. @throws error `bad_multipart` if the form is not complete.
  void finish();

  [[nodiscard]] const multipart_head& head() const noexcept { return head_; }

  [[nodiscard]] multipart_head& head() noexcept { return head_; }

  /// A view of the input, or of the parser; valid until the next call.
  [[nodiscard]] std::string_view data() const noexcept { return data_; }

private:
  enum class state : std::uint8_t { start, content, after_boundary, head, done, failed };

  [[nodiscard]] event step(std::string_view& input, bool& has_event);
  [[nodiscard]] bool take_content(std::string_view& input);
  void take_after_boundary(std::string_view& input);
  [[nodiscard]] bool take_head(std::string_view& input);
  void read_head();
  void give(std::string_view data);
  void count(std::size_t bytes);
  [[noreturn]] void fail(bool too_large, std::string text);

  std::string delimiter_; // "\r\n--boundary"
  multipart_limits limits_;
  multipart_head head_;
  std::string text_; // of the head that is being read, or of the two bytes behind a boundary
  std::string problem_;
  std::string_view data_;
  std::uint64_t total_ = 0;
  std::uint64_t part_size_ = 0;
  std::size_t parts_ = 0;
  std::size_t matched_; // bytes of the delimiter that have been seen
  state state_ = state::start;
  bool too_large_ = false;
};

/// A form whose body is on its way. One task at a time; the source must outlive the reader.
class multipart_reader {
public:
  using source = std::function<task<std::string_view>()>;

  /// `head` is the request's; `pull` gives the next bytes of its body, none at the end.
  multipart_reader(const request& head, source pull, const multipart_limits& limits = {});

  /// The next part, after what is left of the one before; null behind the last one. Valid until the next call.
  [[nodiscard]] task<const multipart_head*> next_part();

  /// The next piece of its content; empty at the end. Valid until the next call.
  [[nodiscard]] task<std::string_view> read_some();

private:
  [[nodiscard]] task<multipart_parser::event> next();

  source pull_;
  multipart_parser parser_;
  std::string_view input_;
  bool in_part_ = false;
  bool has_next_ = false; // the head of the next part was found behind the content
  bool done_ = false;
  bool drained_ = false;
};

} // namespace actors::http
