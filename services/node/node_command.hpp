#pragma once

#include <string>
#include <vector>

namespace services::node {

/// What `actors node` was told on the command line.
class node_arguments {
public:
  std::string config_file;              ///< empty: none
  std::vector<std::string> assignments; ///< `section.key=value`
  bool print_config = false;
  bool print_reference = false;
};

/// Runs a node until SIGINT or SIGTERM; the exit status of the process. A second signal ends it at once.
[[nodiscard]] int run_node(const node_arguments& arguments);

} // namespace services::node
