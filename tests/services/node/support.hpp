#pragma once

#include <actors/fs/temp_directory.hpp>
#include <tests/support/program.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace node_test {

using test_support::program;
using test_support::program_path;

/// The program `actors`, run in a folder of its own.
class actors_test : public ::testing::Test {
protected:
  /// What a run that ends by itself wrote, and its exit status.
  struct result {
    int status = 0;
    std::string output;
  };

  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), program_path("actors"));
    return arguments;
  }

  result run(std::vector<std::string> arguments, std::vector<std::string> variables = {}) const {
    program started{command(std::move(arguments)), folder(), std::move(variables)};
    const int status = started.wait();
    return {status, started.output()};
  }

  /// Writes a file into the folder; its path.
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder() + "/" + name;
    std::ofstream{path} << text;
    return path;
  }

  [[nodiscard]] std::string folder() const { return folder_.path().string(); }

private:
  actors::fs::temp_directory folder_{"node-test"};
};

} // namespace node_test
