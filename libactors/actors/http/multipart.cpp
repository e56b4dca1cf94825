#include <actors/http/multipart.hpp>

#include <actors/fs/file.hpp>
#include <actors/http/error.hpp>
#include <actors/http/internal/ascii.hpp>
#include <actors/http/internal/quoted.hpp>
#include <actors/http/media_type.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace actors::http {

namespace {

constexpr std::string_view boundary_alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

std::string random_boundary() {
  std::random_device source;
  std::string result = "----------------";
  for (int i = 0; i < 24; ++i)
    result.push_back(boundary_alphabet[source() % boundary_alphabet.size()]);
  return result;
}

void check_boundary(std::string_view text) {
  constexpr std::string_view marks = "'()+_,-./:=?";
  const bool is_good = !text.empty() && text.size() <= 70 && std::all_of(text.begin(), text.end(), [marks](char c) {
    return internal::is_digit(c) || internal::is_alpha(c) || marks.find(c) != std::string_view::npos;
  });
  if (!is_good)
    throw error{errc::invalid_value, internal::quoted(text) + " is no boundary of 1 to 70 allowed characters"};
}

void append_quoted(std::string& out, std::string_view text, std::string_view what) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"')
      out.append("%22");
    else if (c == '\r')
      out.append("%0D");
    else if (c == '\n')
      out.append("%0A");
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      throw error{errc::invalid_value,
                  "the " + std::string{what} + " " + internal::quoted(text) + " of a part holds a control character"};
    else
      out.push_back(c);
  }
  out.push_back('"');
}

} // namespace

/// The parts one after another: head, content, line end; then the last boundary.
class multipart_form::source final : public body_source {
public:
  source(std::vector<item> items, std::vector<std::unique_ptr<body_source>> files, std::string end)
      : items_(std::move(items)), files_(std::move(files)), end_(std::move(end)), size_(end_.size()) {
    for (std::size_t i = 0; i < items_.size(); ++i)
      size_ += items_[i].head.size() + (files_[i] ? *files_[i]->size() : items_[i].content.size()) + 2;
  }

  std::optional<std::uint64_t> size() const override { return size_; }

  task<std::string_view> read_some() override {
    while (index_ < items_.size()) {
      auto& current = items_[index_];
      switch (stage_) {
      case stage::head:
        stage_ = stage::content;
        co_return std::string_view{current.head};
      case stage::content:
        if (files_[index_]) {
          const auto piece = co_await files_[index_]->read_some();
          if (!piece.empty())
            co_return piece;
        }
        stage_ = stage::line_end;
        if (!current.content.empty())
          co_return std::string_view{current.content};
        break;
      case stage::line_end:
        stage_ = stage::head;
        ++index_;
        co_return std::string_view{"\r\n"};
      }
    }
    if (std::exchange(ended_, true))
      co_return std::string_view{};
    co_return std::string_view{end_};
  }

  bool rewind() override {
    index_ = 0;
    stage_ = stage::head;
    ended_ = false;
    return std::all_of(files_.begin(), files_.end(), [](const auto& file) { return !file || file->rewind(); });
  }

private:
  enum class stage : std::uint8_t { head, content, line_end };

  std::vector<item> items_;
  std::vector<std::unique_ptr<body_source>> files_;
  std::string end_;
  std::uint64_t size_;
  std::size_t index_ = 0;
  stage stage_ = stage::head;
  bool ended_ = false;
};

multipart_form::multipart_form() : boundary_(random_boundary()) {}

multipart_form::multipart_form(std::string boundary) : boundary_(std::move(boundary)) {
  check_boundary(boundary_);
}

multipart_form& multipart_form::add(std::string_view name, const std::string_view* filename, std::string content,
                                    std::filesystem::path path, std::string_view content_type) {
  item made;
  made.head = "--" + boundary_ + "\r\nContent-Disposition: form-data; name=";
  append_quoted(made.head, name, "name");
  if (filename != nullptr) {
    made.head += "; filename=";
    append_quoted(made.head, *filename, "file name");
  }
  made.head += "\r\n";
  if (!content_type.empty()) {
    if (!media_type::parse(content_type))
      throw error{errc::invalid_value, "the content type " + internal::quoted(content_type) + " of a part is none"};
    fields checked;
    checked.set("Content-Type", content_type);
    made.head += checked.wire();
  }
  made.head += "\r\n";
  made.content = std::move(content);
  made.path = std::move(path);
  items_.push_back(std::move(made));
  return *this;
}

multipart_form& multipart_form::add_field(std::string_view name, std::string value) {
  return add(name, nullptr, std::move(value), {}, {});
}

multipart_form& multipart_form::add_field(std::string_view name, std::string value, std::string_view content_type) {
  return add(name, nullptr, std::move(value), {}, content_type);
}

multipart_form& multipart_form::add_file_content(std::string_view name, std::string_view filename, std::string content,
                                                 std::string_view content_type) {
  return add(name, &filename, std::move(content), {}, content_type);
}

multipart_form& multipart_form::add_file_as(std::string_view name, std::string_view filename,
                                            std::filesystem::path path, std::string_view content_type) {
  if (path.empty())
    throw error{errc::invalid_value, "the path of the file for " + internal::quoted(name) + " is empty"};
  return add(name, &filename, {}, std::move(path), content_type);
}

multipart_form& multipart_form::add_file(std::string_view name, std::filesystem::path path,
                                         std::string_view content_type) {
  const auto filename = path.filename().string();
  return add_file_as(name, filename, std::move(path), content_type);
}

std::string multipart_form::content_type() const {
  const bool is_token = internal::consists_of(internal::token_char, boundary_);
  return "multipart/form-data; boundary=" + (is_token ? boundary_ : '"' + boundary_ + '"');
}

task<std::unique_ptr<body_source>> multipart_form::open(std::vector<item> items, std::string boundary) {
  std::vector<std::unique_ptr<body_source>> files;
  for (const auto& one : items) {
    std::unique_ptr<body_source> file;
    if (!one.path.empty())
      file = co_await file_body(one.path);
    files.push_back(std::move(file));
  }
  co_return std::make_unique<source>(std::move(items), std::move(files), "--" + boundary + "--\r\n");
}

task<std::unique_ptr<body_source>> multipart_form::body() && {
  return open(std::move(items_), boundary_);
}

request multipart_form::make_request() const {
  return request{method::post, "/"}.set("Content-Type", content_type());
}

} // namespace actors::http
