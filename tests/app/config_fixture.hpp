#pragma once

#include <actors/app/config.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace config_fixture {

using actors::app::byte_size;
using actors::app::config;
using actors::app::config_section;
using namespace std::chrono_literals;

enum class mode { careful, fast };

struct server_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::chrono::milliseconds timeout{30'000};
  byte_size body = actors::app::mebibytes(1);
  bool trusted = false;
  double ratio = 0.5;
  std::optional<double> rate;
  std::vector<std::string> names{"localhost"};
  std::vector<int> numbers;
  std::filesystem::path folder = "data";
  mode how = mode::careful;
  std::string token;

  void declare(config_section& section) {
    section.key("host", host, "address to listen on").not_empty();
    section.key("port", port, "TCP port to listen on, 0 for any that is free");
    section.key("timeout", timeout, "longest time a request may take").range(1ms, 1h);
    section.key("body", body, "largest body").at_most(actors::app::gibibytes(1));
    section.key("trusted", trusted, "whether peers are trusted");
    section.key("ratio", ratio, "share of requests that are traced").range(0, 1);
    section.key("rate", rate, "requests per second").at_least(0.1);
    section.key("names", names, "names of this host");
    section.key("numbers", numbers, "numbers").range(-10, 10);
    section.key("folder", folder, "where files are");
    section.choice("how", how, {{"careful", mode::careful}, {"fast", mode::fast}}, "how to work");
    section.key("token", token, "what clients show").secret();
  }
};

/// A configuration with one section, [server].
class server_config : public config {
public:
  server_config() : config("APP") { options.declare(section("server", "The HTTP server")); }

  server_options options;
};

/// The problems that `apply` finds, one a line; "" if there are none.
inline std::string problems_of(config& configuration) {
  try {
    configuration.apply();
  } catch (const actors::app::config_error& error) {
    return error.what();
  }
  return {};
}

inline std::string problems_of_text(std::string_view toml) {
  server_config configuration;
  configuration.add_text(toml, "app.toml");
  return problems_of(configuration);
}

inline std::string problems_of_assignment(std::string_view assignment) {
  server_config configuration;
  configuration.add_assignment(assignment);
  return problems_of(configuration);
}

class temporary_folder {
public:
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "actors-config-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }

  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  ~temporary_folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path path() const { return path_; }

  [[nodiscard]] std::filesystem::path write(const std::string& name, std::string_view content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

} // namespace config_fixture
