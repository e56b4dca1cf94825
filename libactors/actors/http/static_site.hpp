#pragma once

#include <actors/core/task.hpp>
#include <actors/http/message.hpp>
#include <actors/http/static_files.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

/// The files of a folder as answers, for whoever sends them in another way than the handler `static_files` does, which
/// is made of it and says what is served and how.
///
///     const static_site site{"public"};
///     auto answer = co_await site.find(request);
///     if (answer.has_body_in_pieces()) { start(answer.head()); co_await answer.write_body(out); }
///
/// Ownership: copies share the folder; an answer keeps its file open. Threads: any; an answer is for one task.
namespace actors::http {

class static_site {
public:
  /// A whole response, or the head of one whose body is read from the file as it is sent.
  class answer {
  public:
    class state;

    explicit answer(std::unique_ptr<state> content) noexcept;
    answer(answer&&) noexcept;
    answer& operator=(answer&&) noexcept;
    ~answer();

    [[nodiscard]] response& head() noexcept;

    /// Whether the body follows, of the head's Content-Length.
    [[nodiscard]] bool has_body_in_pieces() const noexcept;

    /// Gives it to `to`, piece by piece; a piece is good until its call has ended. Once.
    [[nodiscard]] task<void> write_body(std::function<task<void>(std::string_view)> to);

  private:
    std::unique_ptr<state> state_;
  };

  /// @throws std::system_error if there is no such folder
  explicit static_site(const std::filesystem::path& root, static_options options = {});

  [[nodiscard]] const static_options& options() const noexcept;

  /// What answers a request, which must live until then.
  [[nodiscard]] task<answer> find(const request& what) const;

private:
  struct state;

  std::shared_ptr<const state> state_;
};

} // namespace actors::http
