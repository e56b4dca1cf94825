#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace actors::http {

namespace internal {
class field_sink;
}

class request;
class response;

/// One header field, as a view into its `fields`.
struct field_view {
  std::string_view name;
  std::string_view value;
};

/// The header (or trailer) section of a message: fields in their order, names compared without regard to case,
/// duplicates kept.
///
/// Nothing that could break out of its line gets in: a name must be a token, a value must be free of CR, LF, NUL and
/// other control characters, else `error` is thrown with `invalid_field_name` or `invalid_field_value`. Spaces around a
/// value are dropped.
///
/// All text lies in one buffer in wire form, so that writing a section is one append, and `clear()` keeps the memory
/// for reuse. That of a section that is gone serves the thread's next one: building a message usually allocates
/// nothing. Look-up is linear, which beats hashing for the usual dozen fields. Views handed out are valid until the
/// next change. Not thread-safe beyond concurrent reading.
///
///     fields f;
///     f.set("Accept", "text/html").add("Cookie", "a=1");
///     f.get("accept").value_or("");       // "text/html"
///     f.has_token("Connection", "close"); // false
///
/// Source: RFC 9110 §5.
class fields {
public:
  class const_iterator;

  fields() noexcept = default;
  fields(const fields& other);
  fields& operator=(const fields& other);
  fields(fields&& other) noexcept = default;
  fields& operator=(fields&& other) noexcept = default;
  ~fields() = default;

  /// Replaces the first field of this name in its place and removes the others; appends when there is none.
  fields& set(std::string_view name, std::string_view value);

  /// Appends a field, whether or not there is one of this name.
  fields& add(std::string_view name, std::string_view value);

  /// Removes all fields of this name; returns how many there were.
  std::size_t remove(std::string_view name);

  /// Removes everything and keeps the memory.
  void clear() noexcept;

  void reserve(std::size_t count, std::size_t bytes);

  /// The value of the first field of this name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;

  [[nodiscard]] bool contains(std::string_view name) const noexcept { return get(name).has_value(); }

  /// How many fields of this name there are.
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;

  /// The values of all fields of this name, in their order.
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;

  /// The elements of a comma-separated list that may span several fields (RFC 9110 §5.6.1): commas in quoted strings do
  /// not split, spaces are trimmed, empty elements are dropped.
  [[nodiscard]] std::vector<std::string_view> list(std::string_view name) const;

  /// Whether such a list has this element; compared without regard to case, parameters after `;` not counted.
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const noexcept;

  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  [[nodiscard]] std::size_t size() const noexcept { return content_ ? content_->entries.size() : 0; }

  [[nodiscard]] field_view operator[](std::size_t index) const noexcept { return content_->at(index); }

  [[nodiscard]] const_iterator begin() const noexcept;
  [[nodiscard]] const_iterator end() const noexcept;

  /// All fields as they go on the wire, `Name: value\r\n` each.
  [[nodiscard]] std::string_view wire() const noexcept {
    return content_ ? std::string_view{content_->wire} : std::string_view{};
  }

  /// Replaces the content by a section in the form of `wire()`; false, and unchanged, if it is not exactly that.
  [[nodiscard]] bool assign_wire(std::string wire);

  /// The same fields in the same order; names compared without regard to case.
  [[nodiscard]] friend bool operator==(const fields& a, const fields& b) noexcept { return a.equals(b); }

private:
  friend class internal::field_sink;
  friend class request;
  friend class response;

  struct entry {
    std::uint32_t offset;
    std::uint32_t name_size;
    std::uint32_t value_size;

    [[nodiscard]] std::size_t wire_size() const noexcept { return std::size_t{name_size} + value_size + 4; }
  };

  struct content {
    [[nodiscard]] field_view at(std::size_t index) const noexcept {
      const auto& e = entries[index];
      const std::string_view all = wire;
      return {all.substr(e.offset, e.name_size), all.substr(e.offset + e.name_size + 2, e.value_size)};
    }

    void append(std::string_view name, std::string_view value);
    void erase(std::size_t index);

    std::string wire;
    std::vector<entry> entries;
  };

  /// Gives the memory to the thread's next section, unless it is unusually big.
  struct give_back {
    void operator()(content* spent) const noexcept;
  };

  /// For writing to it: made, or taken from what is at hand, if there is none.
  [[nodiscard]] content& own() {
    if (!content_)
      take_memory();
    return *content_;
  }

  struct spares;
  void take_memory();

  /// `set` for a name that is known to be right.
  void set_known(std::string_view name, std::string_view value);

  [[nodiscard]] bool equals(const fields& other) const noexcept;

  std::unique_ptr<content, give_back> content_;
};

/// Iterates over views: `for (const auto [name, value] : fields)`.
class fields::const_iterator {
public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = field_view;
  using difference_type = std::ptrdiff_t;
  using reference = field_view;
  using pointer = void;

  const_iterator() = default;

  [[nodiscard]] field_view operator*() const noexcept { return (*owner_)[index_]; }

  const_iterator& operator++() noexcept {
    ++index_;
    return *this;
  }

  const_iterator operator++(int) noexcept {
    auto old = *this;
    ++index_;
    return old;
  }

  [[nodiscard]] friend bool operator==(const const_iterator&, const const_iterator&) = default;

private:
  friend class fields;

  const_iterator(const fields& owner, std::size_t index) noexcept : owner_(&owner), index_(index) {}

  const fields* owner_ = nullptr;
  std::size_t index_ = 0;
};

inline fields::const_iterator fields::begin() const noexcept {
  return {*this, 0};
}

inline fields::const_iterator fields::end() const noexcept {
  return {*this, size()};
}

/// For CAF: fields travel in wire form and are checked on arrival.
template <class Inspector>
bool inspect(Inspector& f, fields& x) {
  return f.apply([&x] { return std::string{x.wire()}; },
                 [&x](std::string wire) { return x.assign_wire(std::move(wire)); });
}

} // namespace actors::http
