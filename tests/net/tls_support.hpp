#pragma once

#include <actors/net/tls_stream.hpp>
#include <actors/testing/memory_stream.hpp>
#include <tests/net/stream_support.hpp>
#include <tests/support/certificates.hpp>

#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

/// What the tests of TLS share.
namespace actors::net::test {

/// A server with the certificate that all tests trust.
inline tls_server_settings good_server() {
  const auto& all = test_support::shared_identities();
  return tls_server_settings{tls_identity::text(all.server.pem, all.server.key)};
}

/// A client that trusts the tests' authority.
inline tls_client_settings good_client() {
  return tls_client_settings{}.ca_pem(test_support::shared_identities().authority.pem);
}

inline tls_identity client_identity() {
  const auto& all = test_support::shared_identities();
  return tls_identity::text(all.client.pem, all.client.key);
}

/// Both ends of one TLS connection.
struct tls_pair {
  tls_pair() = default;

  std::unique_ptr<tls_stream> client;
  std::unique_ptr<tls_stream> server;
};

/// What became of one side of a handshake.
struct handshake_result {
  handshake_result() = default;

  std::unique_ptr<tls_stream> stream;
  std::error_code code;
  std::string text;
};

inline task<handshake_result> result_of(task<std::unique_ptr<tls_stream>> handshake) {
  handshake_result result;
  try {
    result.stream = co_await std::move(handshake);
  } catch (const net_error& error) {
    result.code = error.code();
    result.text = error.what();
  }
  co_return result;
}

struct handshake_results {
  handshake_results() = default;

  handshake_result client;
  handshake_result server;
};

/// A handshake over two connected streams; each side may fail.
inline task<handshake_results> try_handshake(stream_pair over, tls_client_context client, tls_server_context server,
                                             std::string host = "localhost") {
  auto [first, second] =
      co_await gather(result_of(tls_client_handshake(std::move(over.client), std::move(client), std::move(host))),
                      result_of(tls_server_handshake(std::move(over.server), std::move(server))));
  handshake_results results;
  results.client = std::move(first);
  results.server = std::move(second);
  co_return results;
}

inline stream_pair memory_pair(const testing::memory_stream_options& options = {}) {
  auto ends = testing::make_memory_streams(options);
  stream_pair result;
  result.client = std::move(ends.first);
  result.server = std::move(ends.second);
  return result;
}

/// A connection of two that get on with each other.
inline task<tls_pair> tls_over(stream_pair over, tls_client_context client, tls_server_context server) {
  auto results = co_await try_handshake(std::move(over), std::move(client), std::move(server));
  if (!results.client.stream || !results.server.stream)
    throw std::runtime_error("no handshake: " + results.client.text + " / " + results.server.text);
  tls_pair result;
  result.client = std::move(results.client.stream);
  result.server = std::move(results.server.stream);
  co_return result;
}

inline task<tls_pair> tls_over_memory(tls_client_settings client = good_client(),
                                      tls_server_settings server = good_server()) {
  co_return co_await tls_over(memory_pair(), tls_client_context{std::move(client)},
                              tls_server_context{std::move(server)});
}

/// The code of the `net_error` that an operation ends with; none if it succeeds.
template <class T>
task<std::error_code> code_of(task<T> operation) {
  try {
    static_cast<void>(co_await std::move(operation));
  } catch (const net_error& error) {
    co_return error.code();
  }
  co_return std::error_code{};
}

inline task<std::error_code> code_of(task<void> operation) {
  try {
    co_await std::move(operation);
  } catch (const net_error& error) {
    co_return error.code();
  }
  co_return std::error_code{};
}

} // namespace actors::net::test
