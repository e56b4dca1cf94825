#include <actors/web/json_text.hpp>

#include <actors/core/printable_text.hpp>
#include <actors/web/internal/json_fault.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace actors::web {

namespace {

using nlohmann::json;

/// Parsers quote what they do not understand, however long.
constexpr std::size_t longest_reason = 200;

/// Builds the value, and looks at what the parser does not mind.
class strict_builder : public nlohmann::json_sax<json> {
public:
  explicit strict_builder(std::size_t max_depth) : max_depth_(max_depth) {}

  bool null() override { return add(nullptr); }

  bool boolean(bool value) override { return add(value); }

  bool number_integer(number_integer_t value) override { return add(value); }

  bool number_unsigned(number_unsigned_t value) override { return add(value); }

  bool number_float(number_float_t value, const string_t&) override { return add(value); }

  bool string(string_t& value) override { return add(std::move(value)); }

  bool binary(binary_t&) override { return false; } // there is none in JSON

  bool start_object(std::size_t) override { return open(json::object()); }

  bool key(string_t& name) override {
    auto& object = *open_.back();
    if (object.contains(name)) {
      problem_ = "the name \"" + name + "\" stands twice in an object";
      return false;
    }
    place_ = &object[name];
    return true;
  }

  bool end_object() override { return close(); }

  bool start_array(std::size_t) override { return open(json::array()); }

  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    position_ = position;
    problem_ = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
    if (const auto bracket = problem_.find("] "); bracket != std::string::npos)
      problem_.erase(0, bracket + 2);
    return false;
  }

  [[nodiscard]] json take() noexcept { return std::move(root_); }

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

  [[nodiscard]] std::size_t position() const noexcept { return position_; }

private:
  template <class T>
  bool add(T&& value) {
    *next() = std::forward<T>(value);
    return true;
  }

  /// Where the next value goes.
  json* next() {
    if (open_.empty())
      return &root_;
    if (open_.back()->is_object())
      return place_;
    open_.back()->push_back(nullptr);
    return &open_.back()->back();
  }

  bool open(json value) {
    if (open_.size() == max_depth_) {
      problem_ = "nested more than " + std::to_string(max_depth_) + " deep";
      return false;
    }
    auto* place = next();
    *place = std::move(value);
    open_.push_back(place);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  json root_;
  // What is open does not move: only the innermost grows.
  std::vector<json*> open_;
  json* place_ = nullptr;
  std::size_t max_depth_;
  std::size_t position_ = 0;
  std::string problem_;
};

} // namespace

json parse_strict_json(std::string_view text, validator& to, std::size_t max_depth) {
  strict_builder builder{max_depth};
  if (json::sax_parse(text.begin(), text.end(), &builder))
    return builder.take();
  auto position = builder.position();
  auto problem = builder.problem();
  // What is no JSON at all is told as others tell it.
  if (position > 0 && !find_invalid_utf8(text))
    if (const auto fault = internal::find_json_fault(text, max_depth)) {
      position = fault->position;
      problem = fault->what;
    }
  const validator::step at{to, position};
  const auto nothing = json::object();
  to.report("json_invalid", "JSON decode error", input{nothing}, {{"error", printable_text(problem, longest_reason)}});
  return nullptr;
}

} // namespace actors::web
