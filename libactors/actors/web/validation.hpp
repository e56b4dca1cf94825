#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What is wrong with a request's values, all of it at once, in the shape that users of FastAPI know:
///
///     {"detail": [{"type": "int_parsing", "loc": ["path", "user_id"], "input": "foo",
///                  "msg": "Input should be a valid integer, unable to parse string as an integer"}]}
///
/// A `validator` is what readers of values report to. It knows where in the request they are (`validator::step`) and
/// keeps a bounded number of problems, so that a body with a million wrong items does not become an answer with a
/// million complaints; how many were left out is told.
///
/// Ownership: an `input` and a step look at what they were made from. Threads: a validator is for one at a time. Cost:
/// nothing is allocated as long as nothing is wrong. Source: the error types and messages of pydantic 2.
namespace actors::web {

/// One thing that is wrong.
struct validation_problem {
  /// A field's name, or an index.
  using step = std::variant<std::string, std::size_t>;

  std::string type; ///< for programs, such as `missing` or `string_too_short`
  std::vector<step> location;
  std::string message;
  nlohmann::json input;   ///< what was there, or as much of it as may be shown
  nlohmann::json context; ///< the limits that it breaks, null if there are none
};

/// Thrown for values that are not as they should be; answered with 422.
class validation_error : public std::runtime_error {
public:
  explicit validation_error(std::vector<validation_problem> problems);

  [[nodiscard]] const std::vector<validation_problem>& problems() const noexcept { return problems_; }

  /// `{"detail": [...]}`
  [[nodiscard]] nlohmann::json to_json() const;

private:
  std::vector<validation_problem> problems_;
};

/// A value to be read: one of a JSON document, or text as it stands in a path, a query or a form.
class input {
public:
  explicit input(const nlohmann::json& node) noexcept : node_(&node) {}

  explicit input(std::string_view text) noexcept : text_(text) {}

  /// Null if it is text from outside of JSON.
  [[nodiscard]] const nlohmann::json* node() const noexcept { return node_; }

  [[nodiscard]] bool is_text() const noexcept { return node_ == nullptr || node_->is_string(); }

  [[nodiscard]] bool is_null() const noexcept { return node_ != nullptr && node_->is_null(); }

  /// Of one that is text.
  [[nodiscard]] std::string_view text() const {
    return node_ == nullptr ? text_ : std::string_view{node_->get_ref<const std::string&>()};
  }

  [[nodiscard]] nlohmann::json to_json() const;

private:
  const nlohmann::json* node_ = nullptr;
  std::string_view text_;
};

/// Collects what is wrong.
class validator {
public:
  static constexpr std::size_t usual_limit = 100;

  explicit validator(std::size_t max_problems = usual_limit) noexcept : max_problems_(max_problems) {}

  /// Is inside of something for as long as it lives.
  class step {
  public:
    /// The name must live as long as this.
    step(validator& in, std::string_view name) : in_(&in) { in.location_.emplace_back(name); }

    step(validator& in, std::size_t index) : in_(&in) { in.location_.emplace_back(index); }

    step(const step&) = delete;
    step& operator=(const step&) = delete;

    ~step() { in_->location_.pop_back(); }

  private:
    validator* in_;
  };

  /// Something is wrong here.
  void report(std::string_view type, std::string message, const input& what, nlohmann::json context = nullptr);

  [[nodiscard]] bool ok() const noexcept { return count_ == 0; }

  /// How many there were, those left out included.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// Back to nothing wrong.
  [[nodiscard]] std::vector<validation_problem> take() noexcept;

  /// Forgets what was reported since `count()` was this.
  void forget_since(std::size_t count) noexcept;

  /// Throws `validation_error` if there was anything wrong.
  void throw_if_wrong();

private:
  std::vector<std::variant<std::string_view, std::size_t>> location_;
  std::vector<validation_problem> problems_;
  std::size_t max_problems_;
  std::size_t count_ = 0;
};

} // namespace actors::web
