#include <actors/http/body_source.hpp>

#include <actors/fs/file.hpp>

#include <algorithm>
#include <utility>

namespace actors::http {

namespace {

constexpr std::size_t piece_size = std::size_t{64} * 1024;

class text_source final : public body_source {
public:
  explicit text_source(std::string text) : text_(std::move(text)) {}

  std::optional<std::uint64_t> size() const override { return text_.size(); }

  task<std::string_view> read_some() override {
    const auto rest = std::string_view{text_}.substr(given_);
    const auto piece = rest.substr(0, piece_size);
    given_ += piece.size();
    co_return piece;
  }

  bool rewind() override {
    given_ = 0;
    return true;
  }

private:
  std::string text_;
  std::size_t given_ = 0;
};

class pulled_source final : public body_source {
public:
  explicit pulled_source(std::function<task<std::string>()> next) : next_(std::move(next)) {}

  task<std::string_view> read_some() override {
    piece_ = co_await next_();
    co_return std::string_view{piece_};
  }

private:
  std::function<task<std::string>()> next_;
  std::string piece_;
};

class file_source final : public body_source {
public:
  file_source(fs::file opened, std::uint64_t size) : file_(std::move(opened)), size_(size) {}

  std::optional<std::uint64_t> size() const override { return size_; }

  task<std::string_view> read_some() override {
    piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(piece_size, size_ - given_)));
    if (piece_.empty())
      co_return std::string_view{};
    const auto read = co_await file_.read_at(given_, piece_);
    given_ += read;
    co_return std::string_view{piece_}.substr(0, read);
  }

  bool rewind() override {
    given_ = 0;
    return true;
  }

private:
  fs::file file_;
  std::uint64_t size_;
  std::uint64_t given_ = 0;
  std::string piece_;
};

} // namespace

std::unique_ptr<body_source> text_body(std::string text) {
  return std::make_unique<text_source>(std::move(text));
}

std::unique_ptr<body_source> pulled_body(std::function<task<std::string>()> next) {
  return std::make_unique<pulled_source>(std::move(next));
}

task<std::unique_ptr<body_source>> file_body(std::filesystem::path path) {
  auto opened = co_await fs::open(std::move(path));
  const auto size = co_await opened.size();
  co_return std::make_unique<file_source>(std::move(opened), size);
}

} // namespace actors::http
