// A small interface: users in memory, orders with a notification behind the reply, a greeting that takes a second, and
// an echo over WebSocket.
//
//   web --port P
//
// listens on 127.0.0.1; port 0 takes a free one and prints it.

#include <actors/core/sleep.hpp>
#include <actors/process/run_main.hpp>
#include <actors/web/application.hpp>
#include <actors/web/application_server.hpp>
#include <actors/web/http_error.hpp>
#include <actors/web/model.hpp>

#include <boost/describe/class.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace actors;
using namespace std::chrono_literals;

namespace {

//! [model]
struct user {
  int id = 0;
  std::string name;
  std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(user, (), (id, name, email))

struct order {
  std::string customer_email;
  std::string item;
  int quantity = 1;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer_email, item, quantity))

void describe_model(web::model<order>& m) {
  m.field(&order::item).min_length(1).max_length(80);
  m.field(&order::quantity).has_default().at_least(1);
}

struct order_made {
  int order_id = 0;
};
BOOST_DESCRIBE_STRUCT(order_made, (), (order_id))

//! [model]

/// Handlers run on all workers at once.
class store {
public:
  std::optional<user> find(int id) {
    const std::scoped_lock guard{mutex_};
    const auto found = users_.find(id);
    return found == users_.end() ? std::nullopt : std::optional{found->second};
  }

  std::vector<user> list(std::size_t limit) {
    const std::scoped_lock guard{mutex_};
    std::vector<user> result;
    for (const auto& [id, each] : users_)
      if (result.size() < limit)
        result.push_back(each);
    return result;
  }

  int save(const order&) {
    const std::scoped_lock guard{mutex_};
    return ++orders_;
  }

private:
  std::mutex mutex_;
  std::map<int, user> users_{{1, {1, "Ann", "ann@example.com"}}, {2, {2, "Ben", {}}}};
  int orders_ = 0;
};

//! [dependency]
std::string caller(web::header<"x-token", std::string> token) {
  if (*token != "secret")
    throw web::http_error{http::status::unauthorized, "who are you?"}.with("WWW-Authenticate", "Token");
  return "somebody";
}

//! [dependency]

//! [handlers]
user get_user(web::path<"user_id", int> id, web::state<store> all) {
  if (auto found = all->find(*id))
    return *std::move(found);
  throw web::http_error{http::status::not_found, "no such user"};
}

std::vector<user> list_users(web::query<"limit", std::size_t, web::default_to<10>, web::at_most<100>> limit,
                             web::state<store> all) {
  return all->list(*limit);
}

task<void> send_notification(std::string email, std::string message) {
  co_await sleep(2s); // as long as mail takes
  std::printf("sent to %s: %s\n", email.c_str(), message.c_str());
  std::fflush(stdout);
}

order_made create_order(web::body<order> what, web::background_tasks& later, web::state<store> all) {
  const auto id = all->save(*what);
  later.add(send_notification, what->customer_email, "Order #" + std::to_string(id) + " created");
  return {id};
}

task<std::map<std::string, std::string>> greet(web::path<"name", std::string> name) {
  co_await sleep(1s);
  co_return std::map<std::string, std::string>{{"message", "Hello " + *name}};
}

task<void> echo(http::websocket& socket) {
  while (auto message = co_await socket.receive()) {
    auto sending = socket.send_text("Echo: " + std::string{message->data()});
    static_cast<void>(co_await std::move(sending));
  }
}

//! [handlers]

//! [application]
web::application make_application() {
  web::router users{"/users"};
  users.tag("users");
  users.get("/", list_users);
  users.get("/{user_id}", get_user).name("user");

  web::application app;
  app.state(std::make_shared<store>());
  app.include(users);
  app.post("/orders/", create_order).status(http::status::created).require<caller>();
  app.get("/{name}", greet);
  app.websocket("/ws", echo);
  return app;
}

//! [application]

//! [main]
task<int> serve(std::uint16_t port) {
  web::application_server site{make_application(), http::server_options{}.port(port)};
  co_await site.start();
  std::printf("listening on %s\n", site.url().c_str());
  std::fflush(stdout);
  co_await site.join();
  co_return 0;
}

//! [main]

} // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view{argv[1]} != "--port") {
    std::fprintf(stderr, "usage: web --port P\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::strtoul(argv[2], nullptr, 10));
  return process::run_main(serve(port));
}
