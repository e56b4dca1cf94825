#pragma once

namespace actors::tests {

/// The other process of the tests: a node that publishes a database and a task, prints its ports, and waits to be
/// killed.
int run_remote_node();

} // namespace actors::tests
