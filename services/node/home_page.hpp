#pragma once

#include <actors/http/message.hpp>

namespace services::node {

/// The page at `/`: the node's health, its crawls, and a form to start one. One file without anything from elsewhere.
[[nodiscard]] actors::http::response home_page();

} // namespace services::node
