#include "rough_clients.hpp"

#include "rough_site.hpp"

#include <actors/http/internal/parser.hpp>
#include <actors/http/internal/websocket_frame.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace actors::http::test {

namespace {

using namespace std::chrono_literals;
using internal::parse_event;

/// Far more than an answer takes on a machine that is busy with other things.
constexpr int patience_ms = 30'000;

class dice {
public:
  dice(std::uint64_t seed, std::uint64_t number) : random_(seed * 1'000'003 + number) {}

  [[nodiscard]] std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random_);
  }

  [[nodiscard]] bool percent(std::size_t share) { return below(100) < share; }

private:
  std::mt19937_64 random_;
};

struct planned_request {
  std::string text;
  method what = method::get;
  std::string answer; ///< its body
};

std::string chunked(std::string_view body, dice& random) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  while (!body.empty()) {
    const auto size = std::min<std::size_t>(body.size(), 1 + random.below(2000));
    for (int shift = 12; shift >= 0; shift -= 4)
      text.push_back(digits[(size >> static_cast<unsigned>(shift)) & 15U]);
    text.append("\r\n").append(body.substr(0, size)).append("\r\n");
    body.remove_prefix(size);
  }
  return text + "0\r\n\r\n";
}

planned_request get(std::string target, std::string answer, method what = method::get) {
  return {std::string{to_string(what)} + " " + std::move(target) + " HTTP/1.1\r\nHost: rough\r\n\r\n", what,
          std::move(answer)};
}

planned_request post(const std::string& target, std::string_view body, std::string answer, dice& random) {
  auto text = "POST " + target + " HTTP/1.1\r\nHost: rough\r\n";
  if (random.percent(50))
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
  else
    text += "Transfer-Encoding: chunked\r\n\r\n" + chunked(body, random);
  return {std::move(text), method::post, std::move(answer)};
}

planned_request plan(std::size_t site, dice& random) {
  const std::string body(random.below(random.percent(10) ? 60'000 : 3000), 'b');
  const auto choice = random.below(10);
  if (site == 0) {
    if (choice < 4)
      return get("/", "hello");
    if (choice < 5)
      return get("/", "", method::head);
    return choice < 7 ? get("/big", std::string(big_size, 'x')) : post("/", body, body, random);
  }
  if (site == 1)
    return choice < 7 ? get("/" + std::to_string(random.below(20)), "slept") : post("/", body, body, random);
  if (choice < 3)
    return get("/stream", std::string(big_size, 'y'));
  return choice < 8 ? post("/echo", body, body, random) : post("/leave", body, "left", random);
}

class client_socket {
public:
  explicit client_socket(std::uint16_t port) : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (handle_ < 0 || ::connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect: error " + std::to_string(errno));
    const int on = 1;
    ::setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  client_socket(const client_socket&) = delete;
  client_socket& operator=(const client_socket&) = delete;

  ~client_socket() { ::close(handle_); }

  /// The close that follows will be a reset.
  void reset_at_end() {
    const linger now{1, 0};
    ::setsockopt(handle_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  void half_close() { ::shutdown(handle_, SHUT_WR); }

  /// How much of it was taken at once; nothing if the server is gone.
  std::optional<std::size_t> send_some(std::string_view text) {
    const auto size = ::send(handle_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0)
      return static_cast<std::size_t>(size);
    return errno == EAGAIN ? std::optional<std::size_t>{0} : std::nullopt;
  }

  /// What is there; empty at the end, nothing if there is nothing yet.
  std::optional<std::string_view> take_some(std::size_t most = sizeof buffer_) {
    const auto size = ::recv(handle_, buffer_.data(), std::min(most, buffer_.size()), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN)
      return std::nullopt;
    return std::string_view{buffer_.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

  void await(bool to_send) {
    pollfd one{handle_, static_cast<short>(to_send ? POLLIN | POLLOUT : POLLIN), 0};
    if (::poll(&one, 1, patience_ms) == 0)
      throw std::runtime_error("the server did nothing for half a minute");
  }

private:
  int handle_;
  std::array<char, 16'384> buffer_{};
};

/// Compares answers with what was planned.
class answer_check {
public:
  explicit answer_check(const std::vector<planned_request>& all) : all_(&all) {}

  /// Takes from the front; what is left belongs to another protocol.
  void feed(std::string_view& input) {
    while (done_ < all_->size()) {
      parser_.expect_response_to((*all_)[done_].what);
      const auto event = parser_.next(input);
      if (event == parse_event::more)
        return;
      if (event == parse_event::failed)
        throw std::runtime_error("a malformed answer: " + parser_.failure().message);
      if (event == parse_event::body)
        body_.append(parser_.body());
      if (event == parse_event::complete)
        compare();
    }
  }

  [[nodiscard]] std::size_t done() const noexcept { return done_; }

private:
  void compare() {
    const auto& wanted = (*all_)[done_];
    const auto got = parser_.head().status();
    if (got != status::ok || body_ != wanted.answer)
      throw std::runtime_error("wrong answer " + std::to_string(code(got)) + " with " + std::to_string(body_.size()) +
                               " bytes to " + wanted.text.substr(0, 60));
    body_.clear();
    ++done_;
  }

  const std::vector<planned_request>* all_;
  internal::response_parser parser_;
  std::string body_;
  std::size_t done_ = 0;
};

/// One connection and what it is to do.
class session {
public:
  session(std::uint16_t port, std::size_t site, dice& random, rough_counts& counts)
      : random_(&random), counts_(&counts), site_(site), socket_(port) {}

  void run() {
    if (site_ == 2 && random_->percent(20))
      converse();
    else
      ask();
    if (random_->percent(40)) {
      socket_.reset_at_end();
      ++counts_->reset;
    }
  }

private:
  void ask() {
    std::vector<planned_request> all;
    std::string wire;
    const auto many = 1 + random_->below(4);
    for (std::size_t i = 0; i < many; ++i) {
      all.push_back(plan(site_, *random_));
      wire += all.back().text;
    }
    counts_->requests += many;
    const bool is_cut = random_->percent(45);
    if (is_cut) {
      wire.resize(random_->below(wire.size()));
      ++counts_->cut;
    }
    if (!is_cut && random_->percent(60)) {
      read_all(all, wire);
      return;
    }
    send(wire);
    ++counts_->unread;
    if (random_->percent(30))
      socket_.half_close();
    // Some of the answers, if there are any soon.
    if (random_->percent(50)) {
      std::this_thread::sleep_for(std::chrono::microseconds{random_->below(3000)});
      static_cast<void>(socket_.take_some(1 + random_->below(5000)));
    }
  }

  /// The next piece to send.
  std::string_view piece(std::string_view wire) {
    if (manner_ < 60)
      return wire;
    if (manner_ < 95)
      return wire.substr(0, 1 + random_->below(3000));
    return wire.substr(0, wire.size() > 500 ? 200 : 1);
  }

  void send(std::string_view wire) {
    // At most so long: a server that has answered with an error, or waits for us to read, takes no more.
    for (int attempts = 0; !wire.empty() && attempts < 1000; ++attempts) {
      const auto sent = socket_.send_some(piece(wire));
      if (!sent || *sent == 0)
        return;
      wire.remove_prefix(*sent);
    }
  }

  void read_all(const std::vector<planned_request>& all, std::string_view wire) {
    answer_check check{all};
    while (check.done() < all.size()) {
      if (!wire.empty()) {
        const auto sent = socket_.send_some(piece(wire));
        if (!sent)
          throw std::runtime_error("the server has closed");
        wire.remove_prefix(*sent);
      }
      auto got = socket_.take_some();
      if (!got) {
        socket_.await(!wire.empty());
        continue;
      }
      if (got->empty())
        throw std::runtime_error("no answer to " + all[check.done()].text.substr(0, 60));
      check.feed(*got);
    }
    counts_->answers += all.size();
  }

  // -- WebSocket -----------------------------------------------------------------------------------------------------

  void converse() {
    ++counts_->requests;
    ++counts_->websockets;
    std::string wire = "GET /ws HTTP/1.1\r\nHost: rough\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    std::vector<std::string> messages;
    for (auto left = random_->below(5); left > 0; --left) {
      messages.emplace_back(random_->below(5000), 'm');
      internal::append_masked_frame(wire, {internal::opcode::text, true, 0}, messages.back(), 0x12345678);
    }
    const bool says_goodbye = random_->percent(40);
    if (says_goodbye)
      internal::append_masked_frame(wire, {internal::opcode::close, true, 0}, "\x03\xe8", 0x12345678);
    if (random_->percent(50)) {
      wire.resize(random_->below(wire.size()));
      ++counts_->cut;
      send(wire);
      return;
    }
    read_echoes(wire, messages, says_goodbye);
  }

  void read_echoes(std::string_view wire, const std::vector<std::string>& messages, bool says_goodbye) {
    std::string head;
    internal::frame_decoder decoder;
    std::size_t echoes = 0;
    std::size_t size = 0;
    bool is_closed = false;
    while (echoes < messages.size() || is_closed != says_goodbye || !wire.empty()) {
      if (!wire.empty()) {
        const auto sent = socket_.send_some(piece(wire));
        if (!sent)
          throw std::runtime_error("the server has closed the WebSocket");
        wire.remove_prefix(*sent);
      }
      auto got = socket_.take_some();
      if (!got) {
        socket_.await(!wire.empty());
        continue;
      }
      if (got->empty())
        throw std::runtime_error("no echo");
      auto input = *got;
      if (!head.ends_with("\r\n\r\n")) {
        while (!input.empty() && !head.ends_with("\r\n\r\n")) {
          head.push_back(input.front());
          input.remove_prefix(1);
        }
        if (head.ends_with("\r\n\r\n") && !head.starts_with("HTTP/1.1 101 "))
          throw std::runtime_error("no WebSocket but " + head);
      }
      for (auto event = decoder.next(input); event != internal::frame_event::more; event = decoder.next(input)) {
        if (event == internal::frame_event::failed)
          throw std::runtime_error("a malformed frame");
        const auto& one = decoder.piece();
        size += one.data.size();
        if (!one.last)
          continue;
        if (one.code == internal::opcode::close)
          is_closed = true;
        else if (echoes >= messages.size() || size != messages[echoes++].size())
          throw std::runtime_error("a wrong echo");
        size = 0;
      }
    }
    ++counts_->answers;
  }

  dice* random_;
  rough_counts* counts_;
  std::size_t site_;
  std::size_t manner_ = random_->below(100);
  client_socket socket_;
};

} // namespace

void rough_clients::run_session(std::uint64_t number) {
  dice random{seed_, number};
  const auto site = random.below(ports_.size());
  try {
    session one{ports_[site], site, random, counts_};
    ++counts_.sessions;
    one.run();
  } catch (const std::exception& met) {
    const std::scoped_lock guard{mutex_};
    if (problem_.empty())
      problem_ = "session " + std::to_string(number) + " of seed " + std::to_string(seed_) + ": " + met.what();
  }
}

void rough_clients::run(std::uint64_t requests, unsigned threads) {
  const auto target = counts_.requests + requests;
  std::vector<std::jthread> all;
  for (unsigned i = 0; i < threads; ++i)
    all.emplace_back([this, target] {
      while (counts_.requests < target && problem().empty())
        run_session(next_++);
    });
}

std::string rough_clients::problem() const {
  const std::scoped_lock guard{mutex_};
  return problem_;
}

} // namespace actors::http::test
