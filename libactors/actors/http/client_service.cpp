#include <actors/http/client_service.hpp>

#include <string>
#include <utility>

namespace actors::http {

client_service::client_service(client web) : web_(std::move(web)) {
  on([this](fetch_atom, std::string where) -> task<response> { return web_.get(where); });
  on([this](fetch_atom, url where, request what) -> task<response> {
    return web_.send(std::move(where), std::move(what));
  });
}

} // namespace actors::http
