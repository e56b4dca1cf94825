// A service: an actor whose handlers are coroutines, asked by tasks and by plain CAF code.

#include <actors/core/ask.hpp>
#include <actors/core/fan_out.hpp>
#include <actors/core/run.hpp>
#include <actors/core/service.hpp>
#include <actors/core/sleep.hpp>
#include <actors/core/type_ids.hpp>

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct deposit {
  int amount = 0;
};

template <class Inspector>
bool inspect(Inspector& f, deposit& x) {
  return f.object(x).fields(f.field("amount", x.amount));
}

struct balance {};

template <class Inspector>
bool inspect(Inspector& f, balance& x) {
  return f.object(x).fields();
}

//! [register types]
CAF_BEGIN_TYPE_ID_BLOCK(bank, actors::first_user_type_id)
  CAF_ADD_TYPE_ID(bank, (deposit))
  CAF_ADD_TYPE_ID(bank, (balance))
CAF_END_TYPE_ID_BLOCK(bank)
//! [register types]

using namespace actors;
using namespace std::chrono_literals;

namespace {

//! [service]
class account : public service {
public:
  account() {
    on([this](balance) { return balance_; });
    on([this](deposit order) { return add(order.amount); });
  }

private:
  // Other calls are handled while this one sleeps; between two awaits nothing else runs, so no lock is needed.
  task<int> add(int amount) {
    if (amount <= 0)
      throw std::invalid_argument("an amount must be positive");
    co_await sleep(10ms);
    balance_ += amount;
    co_return balance_;
  }

  int balance_ = 0;
};

//! [service]

//! [ask]
task<> use(service_ref bank) {
  const int after = co_await ask<int>(bank, deposit{50}).within(1s);
  std::printf("after the deposit: %d\n", after);
  try {
    co_await ask<int>(bank, deposit{-1});
  } catch (const remote_error& error) {
    std::printf("refused: %s\n", error.what());
  }
  tell(bank, deposit{25});
  co_await sleep(100ms);
  const int final_balance = co_await ask<int>(bank, balance{});
  std::printf("in the end: %d\n", final_balance);
}

//! [ask]

//! [fan out]
task<> use_many(std::vector<service_ref> banks) {
  const std::vector<int> balances = co_await fan_out<int>(banks, balance{}).within(1s).all();
  for (const int each : balances)
    std::printf("fan_out: %d\n", each);
  const auto answers = co_await fan_out<int>(banks, deposit{10}).quorum(2);
  std::printf("fan_out: %zu of %zu have confirmed\n", answers.size(), banks.size());
}

//! [fan out]

} // namespace

int main() {
  register_message_types<caf::id_block::bank>();
  runtime home;
  const auto bank = spawn_service(home, std::make_unique<account>());
  home.block_on(use(bank));
  // Plain CAF code sends the same messages.
  caf::scoped_actor self{home.system()};
  self->request(bank.actor(), 1s, balance{})
      .receive([](int value) { std::printf("plain CAF sees: %d\n", value); },
               [](const caf::error& error) { std::printf("error: %s\n", to_string(error).c_str()); });
  home.block_on(use_many(
      {bank, spawn_service(home, std::make_unique<account>()), spawn_service(home, std::make_unique<account>())}));
}
