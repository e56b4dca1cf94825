#pragma once

#include <actors/core/task.hpp>
#include <actors/http/message.hpp>
#include <services/scraper/crawl_registry.hpp>

#include <optional>

namespace services::scraper {

/// The crawls of a node over HTTP, in JSON.
///
/// | request | what it does |
/// |---|---|
/// | `GET /scraper/crawls` | all crawls with their figures |
/// | `POST /scraper/crawls` | starts one: `{"urls": ["http://…"], "db": "name.sqlite", "concurrency": 8, …}`; 201 with
/// its status | | `GET /scraper/crawls/ID` | one of them | | `DELETE /scraper/crawls/ID` | asks it to stop; what was
/// fetched stays | | `GET /scraper/crawls/ID/pages?after=N&limit=M` | pages in the order in which they were written;
/// `next` goes on |
///
/// Errors are JSON too: `{"error": "…"}` with 400, 404, 405, 409 or 415. A POST must say `Content-Type:
/// application/json`, which a form on some other site cannot.
///
/// Gives nothing for a path that is not the scraper's.
[[nodiscard]] actors::task<std::optional<actors::http::response>> answer(crawl_registry* crawls,
                                                                         actors::http::request request);

} // namespace services::scraper
