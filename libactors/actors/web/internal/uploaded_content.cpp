#include <actors/web/internal/uploaded_content.hpp>

#include <actors/core/to_thread.hpp>
#include <actors/http/error.hpp>
#include <actors/web/context.hpp>
#include <actors/web/http_error.hpp>
#include <actors/web/internal/request_data.hpp>
#include <actors/web/upload.hpp>

#include <algorithm>
#include <utility>

namespace actors::web::internal {

namespace {

constexpr std::size_t write_size = std::size_t{128} << 10; // a hop to the blocking pool each

/// One form while it is read.
class form_reading {
public:
  form_reading(context& c, request_data& to)
      : to_(to), limits_(c.find<upload_limits>() != nullptr ? *c.find<upload_limits>() : upload_limits{}),
        form_(c.request(), source_of(c), multipart_limits()) {}

  [[nodiscard]] task<void> run() {
    auto& fields = to_.form.emplace();
    std::size_t field_count = 0;
    std::size_t file_count = 0;
    for (;;) {
      const auto* head = co_await form_.next_part();
      if (head == nullptr)
        co_return;
      if (!head->filename) {
        if (++field_count > limits_.max_fields())
          refuse("Too many fields. Maximum number of fields is " + std::to_string(limits_.max_fields()) + ".");
        auto name = head->name;
        auto text = co_await read_text();
        fields.add(std::move(name), std::move(text));
        continue;
      }
      if (++file_count > limits_.max_files())
        refuse("Too many files. Maximum number of files is " + std::to_string(limits_.max_files()) + ".");
      auto file = std::make_shared<uploaded_content>();
      file->head = *head;
      co_await read_file(*file);
      // What a browser sends for a file that nobody has chosen.
      if (file->size > 0 || !file->head.filename->empty())
        to_.files.emplace_back(std::move(file));
    }
  }

private:
  [[noreturn]] static void refuse(const std::string& text) { throw http_error{http::status::bad_request, text}; }

  static http::multipart_reader::source source_of(context& c) {
    if (!c.has_read_body())
      return [&c] { return c.read_piece(); };
    return [&c, done = false]() mutable { return whole_body(c, std::exchange(done, true)); };
  }

  static task<std::string_view> whole_body(context& c, bool done) {
    co_return done ? std::string_view{} : std::string_view{c.read_body()};
  }

  [[nodiscard]] http::multipart_limits multipart_limits() const {
    // One more of each than there may be, so that it is told here which it was.
    return http::multipart_limits{}
        .max_parts(limits_.max_files() + limits_.max_fields() + 2)
        .max_total(limits_.max_total());
  }

  [[nodiscard]] task<std::string> read_text() {
    std::string text;
    for (;;) {
      const auto piece = co_await form_.read_some();
      if (piece.empty())
        co_return text;
      if (text.size() + piece.size() > limits_.max_field_size())
        refuse("Part exceeded maximum size of " + std::to_string(limits_.max_field_size() / 1024) + "KB.");
      text.append(piece);
    }
  }

  [[nodiscard]] task<void> read_file(uploaded_content& file) {
    fs::file out;
    for (;;) {
      const auto piece = co_await form_.read_some();
      if (piece.empty())
        break;
      file.size += piece.size();
      if (file.size > limits_.max_file_size())
        throw http_error{http::status::content_too_large,
                         "File exceeded maximum size of " + std::to_string(limits_.max_file_size()) + " bytes."};
      file.memory.append(piece);
      if (!out.is_open() && file.memory.size() > limits_.memory())
        out = co_await create(file);
      if (out.is_open() && file.memory.size() >= write_size) {
        co_await out.write(file.memory);
        file.memory.clear();
      }
    }
    if (!out.is_open())
      co_return;
    if (!file.memory.empty())
      co_await out.write(file.memory);
    std::string{}.swap(file.memory);
    co_await out.close();
  }

  [[nodiscard]] task<fs::file> create(uploaded_content& file) {
    if (!folder_) {
      auto making = to_thread([] { return std::make_shared<const fs::temp_directory>("actors-upload"); });
      folder_ = co_await std::move(making);
    }
    file.folder = folder_;
    file.path = folder_->path() / std::to_string(next_name_++);
    auto opening = fs::open(file.path, fs::open_mode::create);
    co_return co_await std::move(opening);
  }

  request_data& to_;
  const upload_limits limits_;
  http::multipart_reader form_;
  std::shared_ptr<const fs::temp_directory> folder_;
  std::size_t next_name_ = 0;
};

} // namespace

task<void> read_multipart_form(context& c, request_data& to) {
  try {
    form_reading reading{c, to};
    co_await reading.run();
  } catch (const http::error& problem) {
    switch (problem.kind()) {
    case http::errc::multipart_too_large:
      throw http_error{http::status::content_too_large, problem.what()};
    case http::errc::bad_multipart:
      throw http_error{http::status::bad_request, "There was an error parsing the body"};
    case http::errc::invalid_form:
      throw http_error{http::status::bad_request, "Missing boundary in multipart."};
    default:
      throw; // of the body itself
    }
  }
}

} // namespace actors::web::internal
