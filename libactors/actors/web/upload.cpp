#include <actors/web/upload.hpp>

#include <actors/core/printable_text.hpp>
#include <actors/core/to_thread.hpp>
#include <actors/fs/whole_file.hpp>
#include <actors/web/internal/request_data.hpp>
#include <actors/web/internal/uploaded_content.hpp>

#include <algorithm>
#include <span>
#include <system_error>

namespace actors::web {

uploaded_file::uploaded_file() : content_(std::make_shared<internal::uploaded_content>()) {}

uploaded_file::uploaded_file(std::shared_ptr<internal::uploaded_content> content) noexcept
    : content_(std::move(content)) {}

const std::string& uploaded_file::name() const noexcept {
  return content_->head.name;
}

const std::string& uploaded_file::filename() const noexcept {
  static const std::string none;
  return content_->head.filename ? *content_->head.filename : none;
}

const std::string& uploaded_file::content_type() const noexcept {
  return content_->head.content_type;
}

const http::fields& uploaded_file::fields() const noexcept {
  return content_->head.fields;
}

std::uint64_t uploaded_file::size() const noexcept {
  return content_->size;
}

bool uploaded_file::in_memory() const noexcept {
  return content_->path.empty();
}

task<std::string> uploaded_file::read(std::size_t most) {
  return read_from(content_, most);
}

task<std::string> uploaded_file::read_all() {
  return read_rest(content_);
}

void uploaded_file::seek(std::uint64_t position) noexcept {
  content_->position = std::min(position, content_->size);
}

task<void> uploaded_file::save_as(std::filesystem::path where) {
  return save(content_, std::move(where));
}

task<std::string> uploaded_file::read_from(std::shared_ptr<internal::uploaded_content> content, std::size_t most) {
  const auto left = content->size - content->position;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(most, left));
  if (count == 0)
    co_return std::string{};
  if (content->path.empty()) {
    auto piece = content->memory.substr(static_cast<std::size_t>(content->position), count);
    content->position += piece.size();
    co_return piece;
  }
  if (!content->open.is_open())
    content->open = co_await fs::open(content->path);
  std::string piece(count, '\0');
  const auto got = co_await content->open.read_at(content->position, std::span<char>{piece});
  piece.resize(got);
  content->position += got;
  co_return piece;
}

task<std::string> uploaded_file::read_rest(std::shared_ptr<internal::uploaded_content> content) {
  std::string all;
  for (;;) {
    auto piece = co_await read_from(content, std::size_t{1} << 20);
    if (piece.empty())
      co_return all;
    if (all.empty())
      all = std::move(piece);
    else
      all.append(piece);
  }
}

task<void> uploaded_file::save(std::shared_ptr<internal::uploaded_content> content, std::filesystem::path where) {
  if (content->path.empty()) {
    co_await fs::write_file(std::move(where), content->memory);
    co_return;
  }
  const bool is_ours = content->folder != nullptr;
  auto moving = to_thread([from = content->path, to = where, is_ours] {
    std::error_code problem;
    if (is_ours)
      std::filesystem::rename(from, to, problem);
    // Another disk; or it was saved before, and the first place keeps it.
    if (!is_ours || problem)
      std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    return is_ours && !problem;
  });
  const bool was_moved = co_await std::move(moving);
  if (was_moved) {
    content->path = std::move(where);
    content->folder = nullptr;
  }
}

namespace detail {

bool read_uploads(request_reader& from, std::string_view name, bool is_list, bool required,
                  std::vector<uploaded_file>& into) {
  const validator::step where{from.problems(), "body"};
  const validator::step which{from.problems(), name};
  const auto& data = from.of().data();
  for (const auto& file : data.files)
    if (file.name() == name)
      into.push_back(file);
  const auto texts = data.form ? data.form->get_all(name) : std::vector<std::string_view>{};
  const auto refuse = [&](std::string_view text) {
    const nlohmann::json shown = printable_text(text);
    from.problems().report("value_error", "Value error, Expected UploadFile, received: <class 'str'>", input{shown},
                           {{"error", nlohmann::json::object()}});
  };
  if (is_list) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const validator::step at{from.problems(), i};
      refuse(texts[i]);
    }
    if (!texts.empty())
      return false;
  } else if (into.empty() && !texts.empty() && !texts.back().empty()) {
    refuse(texts.back());
    return false;
  }
  if (!into.empty() || !required)
    return true;
  static const nlohmann::json nothing;
  from.problems().report("missing", "Field required", input{nothing});
  return false;
}

} // namespace detail

} // namespace actors::web
