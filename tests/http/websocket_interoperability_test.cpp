#include "tls_support.hpp"
#include "websocket_support.hpp"

#include <actors/core/to_thread.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/http/websocket_client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

/// Against the WebSockets that everybody uses: Python's websockets and Node's ws, each as client and as server.
namespace actors::http::test {
namespace {

constexpr const char* python_client = R"(
import asyncio, sys, websockets
async def main(url):
    for compression in ("deflate", None):
        async with websockets.connect(url, compression=compression, max_size=None, subprotocols=["a", "b"]) as ws:
            assert ws.subprotocol == "b", ws.subprotocol
            for message in ("", "hello", "x" * 70000, "\u00e4" * 1000, b"\x00\xff" * 40000, "hello"):
                await ws.send(message)
                assert await ws.recv() == message
            await ws.send(["one ", "two ", "three"])
            assert await ws.recv() == "one two three"
            await (await ws.ping(b"there?"))
        assert ws.close_code == 1000, ws.close_code
    async with websockets.connect(url, subprotocols=["b"]) as ws:
        await ws.close(4000, "enough")
        assert ws.close_code == 4000, ws.close_code
    print("done", end="")
asyncio.run(main(sys.argv[1]))
)";

constexpr const char* python_server = R"(
import asyncio, ssl, sys, websockets
async def main():
    context = None
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    over = asyncio.get_running_loop().create_future()
    async def echo(ws):
        try:
            async for message in ws:
                await ws.send(message)
        except websockets.ConnectionClosed:
            pass # codes of applications count as errors there
        if not over.done():
            over.set_result(ws.close_code)
    async with websockets.serve(echo, "127.0.0.1", 0, max_size=None, subprotocols=["b"],
                                ssl=context) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        print("closed", await over, flush=True)
asyncio.run(main())
)";

constexpr const char* node_client = R"(
const WebSocket = require('ws');
const messages = ['', 'hello', 'x'.repeat(70000), '\u00e4'.repeat(1000), 'hello'];
function run(perMessageDeflate, then) {
  const ws = new WebSocket(process.argv[2], ['a', 'b'], { perMessageDeflate });
  let at = 0;
  ws.on('open', () => ws.send(messages[0]));
  ws.on('error', e => { console.log(String(e)); process.exit(1); });
  ws.on('message', data => {
    if (data.toString() !== messages[at]) { console.log('wrong at', at); process.exit(1); }
    if (++at < messages.length) ws.send(messages[at]);
    else ws.close(4000, 'enough');
  });
  ws.on('close', code => { if (code !== 4000) { console.log('code', code); process.exit(1); } then(); });
}
run(true, () => run({ clientMaxWindowBits: 10, serverMaxWindowBits: 9, threshold: 0 },
  () => run(false, () => process.stdout.write('done'))));
)";

constexpr const char* node_server = R"(
const WebSocket = require('ws');
const fs = require('fs');
const [cert, key] = process.argv.slice(2);
const under = cert ? require('https').createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) })
                   : require('http').createServer();
const server = new WebSocket.Server({ server: under, perMessageDeflate: { threshold: 0 }, handleProtocols: () => 'b' });
under.listen(0, '127.0.0.1', () => console.log(under.address().port));
server.on('connection', ws => {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  ws.on('close', code => { console.log('closed', code); server.close(); under.close(); });
});
)";

/// A program in another language, in a file of its own.
class script {
public:
  script(std::string interpreter, const std::string& suffix, const char* text) : interpreter_(std::move(interpreter)) {
    file_ = folder_.path() / ("script" + suffix);
    std::ofstream{file_} << text;
    static_cast<void>(add("authority.pem", test_support::shared_identities().authority.pem));
  }

  script(const script&) = delete;
  script& operator=(const script&) = delete;

  ~script() {
    if (pipe_ != nullptr)
      ::pclose(pipe_);
  }

  /// A file beside it; its path.
  [[nodiscard]] std::string add(const std::string& name, const std::string& text) const {
    const auto path = folder_.path() / name;
    std::ofstream{path} << text;
    return path.string();
  }

  void start(const std::string& arguments = {}) {
    // Both trust the authority in this file.
    const auto authority = (folder_.path() / "authority.pem").string();
    const auto command = "NODE_PATH=/usr/share/nodejs NODE_EXTRA_CA_CERTS=" + authority +
                         " SSL_CERT_FILE=" + authority + " timeout 60 " + interpreter_ + " " + file_.string() + " " +
                         arguments + " 2>&1";
    pipe_ = ::popen(command.c_str(), "r");
    if (pipe_ == nullptr)
      throw std::runtime_error("cannot run " + command);
  }

  std::string line() {
    char buffer[256];
    return std::fgets(buffer, sizeof buffer, pipe_) != nullptr ? buffer : "";
  }

  /// All that it still prints.
  std::string rest() {
    std::string result;
    for (auto next = line(); !next.empty(); next = line())
      result += next;
    return result;
  }

private:
  std::string interpreter_;
  fs::temp_directory folder_{"actors-ws"};
  std::filesystem::path file_;
  FILE* pipe_ = nullptr;
};

websocket_options compressing() {
  return websocket_options{}.protocols({"b"}).compression(
      deflate_options{}.server_context_takeover(true).client_context_takeover(true));
}

enum class security : bool { none, tls };

task<> serve_a_client(std::string interpreter, std::string suffix, const char* text, security how) {
  const auto handle = [](server_exchange& x) -> task<void> {
    auto socket = co_await accept_websocket(x, compressing());
    co_await echo(socket);
  };
  server_options options;
  if (how == security::tls)
    options.tls(good_server());
  server site{handle, options};
  co_await site.start();
  script client{interpreter, suffix, text};
  client.start("ws" + site.url().substr(4) + "/any/path");
  const auto printed = co_await to_thread([&client] { return client.rest(); });
  EXPECT_EQ(printed, "done");
  co_await site.stop(5s);
}

task<> talk_to_a_server(std::string interpreter, std::string suffix, const char* text, security how) {
  script peer{interpreter, suffix, text};
  std::string arguments;
  auto options = websocket_client_options{}.websocket(compressing());
  if (how == security::tls) {
    const auto& shown = test_support::shared_identities().server;
    arguments = peer.add("cert.pem", shown.pem) + " " + peer.add("key.pem", shown.key);
    options.tls(good_client());
  }
  peer.start(arguments);
  auto port = co_await to_thread([&peer] { return peer.line(); });
  port.pop_back();
  const std::string scheme = how == security::tls ? "wss" : "ws";
  auto socket = co_await connect_websocket(scheme + "://127.0.0.1:" + port + "/", options);
  EXPECT_EQ(socket.protocol(), "b");
  EXPECT_TRUE(socket.compresses());
  for (const auto& message :
       {ws_message::text(""), ws_message::text("hello"), ws_message::text(std::string(70'000, 'x')),
        ws_message::binary(std::string(100'000, '\xff')), ws_message::text("hello")}) {
    static_cast<void>(co_await socket.send(message));
    const auto answer = co_await socket.receive();
    EXPECT_EQ(answer.value(), message);
  }
  co_await socket.close(static_cast<close_code>(4000), "enough");
  EXPECT_EQ(socket.peer_status().code(), static_cast<close_code>(4000));
  const auto printed = co_await to_thread([&peer] { return peer.rest(); });
  EXPECT_EQ(printed, "closed 4000\n");
}

TEST(python_websockets, is_served_by_us) {
  run_really([] { return serve_a_client("/usr/bin/python3", ".py", python_client, security::none); });
}

TEST(python_websockets, is_served_by_us_over_tls) {
  run_really([] { return serve_a_client("/usr/bin/python3", ".py", python_client, security::tls); });
}

TEST(python_websockets, serves_us) {
  run_really([] { return talk_to_a_server("/usr/bin/python3", ".py", python_server, security::none); });
}

TEST(python_websockets, serves_us_over_tls) {
  run_really([] { return talk_to_a_server("/usr/bin/python3", ".py", python_server, security::tls); });
}

TEST(node_ws, is_served_by_us) {
  run_really([] { return serve_a_client("node", ".js", node_client, security::none); });
}

TEST(node_ws, is_served_by_us_over_tls) {
  run_really([] { return serve_a_client("node", ".js", node_client, security::tls); });
}

TEST(node_ws, serves_us) {
  run_really([] { return talk_to_a_server("node", ".js", node_server, security::none); });
}

TEST(node_ws, serves_us_over_tls) {
  run_really([] { return talk_to_a_server("node", ".js", node_server, security::tls); });
}

} // namespace
} // namespace actors::http::test
