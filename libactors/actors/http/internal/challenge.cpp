#include <actors/http/internal/challenge.hpp>

#include <actors/http/internal/ascii.hpp>

namespace actors::http::internal {

namespace {

class scanner {
public:
  explicit scanner(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  void skip(std::string_view marks) noexcept {
    const auto begin = rest_.find_first_not_of(marks);
    rest_.remove_prefix(begin == std::string_view::npos ? rest_.size() : begin);
  }

  [[nodiscard]] bool take(char c) noexcept {
    if (!rest_.starts_with(c))
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Empty if there is none.
  [[nodiscard]] std::string_view take_token() noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && is(token_char, rest_[size]))
      ++size;
    const auto token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  [[nodiscard]] std::string take_value() {
    if (!take('"'))
      return std::string{take_token()};
    std::string value;
    while (!at_end() && !take('"')) {
      static_cast<void>(take('\\'));
      if (at_end())
        break;
      value.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return value;
  }

  void drop_element() noexcept {
    while (!at_end() && rest_.front() != ',')
      rest_.remove_prefix(1);
  }

private:
  std::string_view rest_;
};

/// Adds to the last of the list; begins new ones where schemes stand.
void parse_into(std::vector<challenge>& out, std::string_view text) {
  scanner from{text};
  for (from.skip(", \t"); !from.at_end(); from.skip(", \t")) {
    const auto token = from.take_token();
    from.skip(" \t");
    if (token.empty()) {
      from.drop_element();
    } else if (!from.take('=')) {
      out.emplace_back(token);
    } else if (out.empty()) {
      from.drop_element();
    } else {
      from.skip(" \t");
      out.back().add(token, from.take_value());
      from.drop_element();
    }
  }
}

} // namespace

bool challenge::is(std::string_view scheme) const noexcept {
  return iequals(scheme_, scheme);
}

std::optional<std::string_view> challenge::get(std::string_view name) const noexcept {
  for (const auto& [known, value] : parameters_)
    if (iequals(known, name))
      return value;
  return std::nullopt;
}

std::vector<challenge> parse_challenges(const fields& from, std::string_view name) {
  std::vector<challenge> result;
  for (const auto text : from.get_all(name)) {
    std::vector<challenge> some; // parameters do not go over from one field to the next
    parse_into(some, text);
    for (auto& one : some)
      result.push_back(std::move(one));
  }
  return result;
}

challenge parse_parameters(std::string_view text) {
  std::vector<challenge> result{challenge{""}};
  parse_into(result, text);
  return std::move(result.front());
}

} // namespace actors::http::internal
