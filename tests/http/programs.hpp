#pragma once

#include <actors/core/task.hpp>
#include <actors/fs/temp_directory.hpp>
#include <actors/net/tcp_listener.hpp>
#include <tests/support/shell.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

/// Other people's programs, for the tests of interoperability.
namespace actors::http::test {

using test_support::output_of;

/// On a port and in a folder of its own.
class nginx {
public:
  nginx() {
    std::filesystem::create_directories(folder_.path() / "html");
    // As root, nginx serves as another user.
    std::filesystem::permissions(folder_.path(),
                                 std::filesystem::perms::others_read | std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
  }

  ~nginx() {
    if (port_ != 0)
      static_cast<void>(test_support::run_shell(command() + " -s stop"));
  }

  nginx(const nginx&) = delete;
  nginx& operator=(const nginx&) = delete;

  // Before it is started:

  /// Serves this folder instead of the pages that are added here. nginx must be let in.
  nginx& root(const std::filesystem::path& folder) {
    root_ = folder.string();
    return *this;
  }

  /// How it serves, in place of what is usual in the tests.
  nginx& manners(std::string text) {
    manners_ = std::move(text);
    return *this;
  }

  /// Adds to the configuration of the server.
  nginx& locations(std::string text) {
    locations_ = std::move(text);
    return *this;
  }

  /// Serves the same over TLS, on a port of its own, with this certificate and key.
  nginx& tls(const std::string& certificate, const std::string& key) {
    add_file("certificate.pem", certificate);
    add_file("key.pem", key);
    has_tls_ = true;
    return *this;
  }

  void add_page(const std::string& name, const std::string& text) const {
    const auto path = folder_.path() / "html" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << text;
  }

  /// A file beside the configuration.
  void add_file(const std::string& name, const std::string& text) const {
    const auto path = folder_.path() / name;
    std::ofstream{path, std::ios::binary} << text;
    std::filesystem::permissions(path, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  }

  /// Starts it on a free port. nginx cannot choose one, so it is told one that was free a moment ago.
  task<void> start() {
    for (int attempt = 0;; ++attempt) {
      {
        const auto probe = co_await net::listen_tcp("127.0.0.1", 0);
        const auto other = co_await net::listen_tcp("127.0.0.1", 0);
        port_ = probe->local_endpoint().port();
        tls_port_ = other->local_endpoint().port();
      }
      std::string tls;
      if (has_tls_)
        tls = "    listen 127.0.0.1:" + std::to_string(tls_port_) +
              " ssl; ssl_certificate certificate.pem; ssl_certificate_key key.pem;\n";
      std::ofstream{folder_.path() / "nginx.conf"}
          << "pid nginx.pid; worker_processes 1; error_log error.log;\n"
             "events { worker_connections 1024; }\n"
             "http {\n"
             "  access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;\n"
             "  scgi_temp_path s;\n"
          << manners_
          << "  server {\n"
             "    listen 127.0.0.1:"
          << port_ << " backlog=1024; root " << root_ << ";\n"
          << tls
          << "    location /moved { return 302 /page.html; }\n"
             "    location /loop { return 301 /loop; }\n"
             "    location /error { return 503 sorry; }\n"
          << locations_
          << "  }\n"
             "}\n";
      try {
        // The command returns once the port is open.
        static_cast<void>(output_of(command()));
        co_return;
      } catch (const std::runtime_error&) {
        port_ = 0;
        if (attempt == 4)
          throw;
      }
    }
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  [[nodiscard]] std::string tls_url() const { return "https://127.0.0.1:" + std::to_string(tls_port_); }

private:
  [[nodiscard]] std::string command() const {
    return "PATH=$PATH:/usr/sbin nginx -p " + folder_.path().string() + " -c nginx.conf -e error.log";
  }

  fs::temp_directory folder_{"actors-nginx"};
  std::string root_ = "html";
  std::string manners_ = "  default_type text/html; keepalive_requests 50;\n"
                         "  gzip on; gzip_min_length 1; gzip_types text/plain;\n";
  std::string locations_;
  std::uint16_t port_ = 0;
  std::uint16_t tls_port_ = 0;
  bool has_tls_ = false;
};

} // namespace actors::http::test
