#include <tests/net/tls_support.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>

// Reading that makes one write: a peer of TLS 1.3 may ask for new keys at any moment.

namespace actors::net::test {
namespace {

using testing::memory_stream_options;

template <auto Free>
struct free_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

/// A client by OpenSSL's own functions and memory, which can do what a `tls_stream` does not offer.
class plain_client {
public:
  explicit plain_client(std::unique_ptr<stream> over)
      : over_(std::move(over)), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())),
        in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    BIO_up_ref(in_.get());
    BIO_up_ref(out_.get());
    SSL_set_bio(ssl_.get(), in_.get(), out_.get());
    SSL_set_connect_state(ssl_.get());
  }

  [[nodiscard]] stream& over() noexcept { return *over_; }

  [[nodiscard]] task<void> handshake() {
    while (SSL_do_handshake(ssl_.get()) != 1) {
      co_await send();
      co_await receive();
    }
    co_await send();
  }

  void write(const std::string& data) {
    if (SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size())) != static_cast<int>(data.size()))
      throw std::runtime_error("the plain client cannot write");
  }

  /// Changes its own keys and asks for new ones of the server.
  void ask_for_new_keys() {
    if (SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) != 1 || SSL_do_handshake(ssl_.get()) != 1)
      throw std::runtime_error("the plain client cannot ask for new keys");
  }

  [[nodiscard]] std::string take_output() {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(out_.get(), &data);
    std::string result{data, static_cast<std::size_t>(size)};
    static_cast<void>(BIO_reset(out_.get()));
    return result;
  }

  [[nodiscard]] task<void> send() {
    const auto data = take_output();
    co_await over_->write_all(data);
  }

  [[nodiscard]] task<std::string> read_exactly(std::size_t size) {
    std::string result;
    std::array<char, 4096> buffer{};
    while (result.size() < size) {
      const int count = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (count > 0)
        result.append(buffer.data(), static_cast<std::size_t>(count));
      else if (SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ)
        co_await receive();
      else
        throw std::runtime_error("the plain client cannot read");
    }
    co_return result;
  }

private:
  task<void> receive() {
    std::array<char, 4096> buffer{};
    const auto count = co_await over_->read_some(buffer);
    if (count == 0)
      throw std::runtime_error("the server has hung up");
    BIO_write(in_.get(), buffer.data(), static_cast<int>(count));
  }

  std::unique_ptr<stream> over_;
  std::unique_ptr<SSL_CTX, free_by<&SSL_CTX_free>> context_;
  std::unique_ptr<SSL, free_by<&SSL_free>> ssl_;
  std::unique_ptr<BIO, free_by<&BIO_free>> in_;
  std::unique_ptr<BIO, free_by<&BIO_free>> out_;
};

struct odd_pair {
  odd_pair() = default;

  std::unique_ptr<plain_client> client;
  std::unique_ptr<tls_stream> server;
};

task<odd_pair> connect(memory_stream_options options = {}) {
  auto ends = memory_pair(options);
  odd_pair result;
  result.client = std::make_unique<plain_client>(std::move(ends.client));
  auto serving = spawn(tls_server_handshake(std::move(ends.server), tls_server_context{good_server()}));
  co_await result.client->handshake();
  result.server = co_await std::move(serving);
  co_return result;
}

template <class F>
void in_virtual_time(F body) {
  run_in_runtime(std::move(body), runtime_options{}.clock(clock_kind::virtual_time));
}

TEST(tls_stream, answers_a_peer_that_asks_for_new_keys_before_it_writes_anything_else) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await connect();
    co_await pair.server->write_all("before");
    EXPECT_EQ(co_await pair.client->read_exactly(6), "before");
    pair.client->ask_for_new_keys();
    pair.client->write("question");
    co_await pair.client->send();
    EXPECT_EQ(co_await read_exactly(*pair.server, 8), "question");
    co_await pair.server->write_all("answer");
    EXPECT_EQ(co_await pair.client->read_exactly(6), "answer");
  });
}

TEST(tls_stream, goes_on_with_the_new_keys_in_both_directions) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await connect(memory_stream_options{}.buffer(2'000));
    const auto data = pattern(500'000);
    auto writing = spawn([to = pair.server.get(), &data]() -> task<void> { co_await to->write_all(data); });
    std::string got;
    for (int i = 0; i < 50; ++i) {
      got += co_await pair.client->read_exactly(5'000);
      // The server's writer has the turn, and waits.
      pair.client->ask_for_new_keys();
      pair.client->write("question");
      co_await pair.client->send();
      EXPECT_EQ(co_await read_exactly(*pair.server, 8), "question");
    }
    if (got.size() < data.size())
      got += co_await pair.client->read_exactly(data.size() - got.size());
    EXPECT_TRUE(got == data);
    co_await writing;
  });
}

TEST(tls_stream, reads_on_while_its_answers_wait_for_the_peer) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await connect(memory_stream_options{}.buffer(2'000));
    for (int i = 0; i < 1'000; ++i) {
      pair.client->ask_for_new_keys();
      pair.client->write("question");
      co_await pair.client->send();
      EXPECT_EQ(co_await read_exactly(*pair.server, 8), "question");
    }
    const auto writing = spawn([](stream& to) -> task<void> { co_await to.write_all("answer"); }(*pair.server));
    EXPECT_EQ(co_await pair.client->read_exactly(6), "answer");
    co_await writing;
  });
}

/// How many times a client can ask that never reads; at most `most`.
task<int> asks_until_refused(odd_pair& pair, int most, std::string& problem) {
  for (int i = 0; i < most; ++i) {
    pair.client->ask_for_new_keys();
    pair.client->write("question");
    co_await pair.client->send();
    try {
      static_cast<void>(co_await read_exactly(*pair.server, 8));
    } catch (const net_error& error) {
      problem = error.what();
      co_return i;
    }
  }
  co_return most;
}

TEST(tls_stream, does_not_pile_up_answers_to_a_peer_that_never_reads) {
  in_virtual_time([]() -> task<void> {
    auto pair = co_await connect(memory_stream_options{}.buffer(2'000));
    std::string problem;
    // An answer is a record of 27 bytes, and 64 KiB of them are kept.
    const int asked = co_await asks_until_refused(pair, 10'000, problem);
    EXPECT_GT(asked, 1'000);
    EXPECT_LT(asked, 4'000);
    EXPECT_THAT(problem, ::testing::HasSubstr("the peer does not take what it has asked for"));
  });
}

} // namespace
} // namespace actors::net::test
