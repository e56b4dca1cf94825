#include <actors/web/route.hpp>

#include <algorithm>

namespace actors::web {

operation route_definition::describe(std::string path, const std::vector<std::string>& tags,
                                     const std::vector<detail::requirement>& requirements) const {
  auto result = said_;
  result.method = method_;
  result.path = std::move(path);
  result.tags.insert(result.tags.begin(), tags.begin(), tags.end());
  for (const auto& each : requirements)
    each.dependency->describe(result);
  endpoint_->describe(result);
  if (!result.responses.empty())
    result.responses.front().status = status_;
  // One that several dependencies ask for is one.
  auto& parameters = result.parameters;
  for (auto at = parameters.begin(); at != parameters.end();) {
    const bool is_known = std::any_of(parameters.begin(), at,
                                      [&](const auto& other) { return other.in == at->in && other.name == at->name; });
    at = is_known ? parameters.erase(at) : at + 1;
  }
  return result;
}

const route_ref& route_ref::name(std::string value) const {
  route_->said_.name = std::move(value);
  return *this;
}

const route_ref& route_ref::status(http::status value) const {
  route_->status_ = value;
  return *this;
}

const route_ref& route_ref::tag(std::string value) const {
  route_->said_.tags.push_back(std::move(value));
  return *this;
}

const route_ref& route_ref::summary(std::string text) const {
  route_->said_.summary = std::move(text);
  return *this;
}

const route_ref& route_ref::description(std::string text) const {
  route_->said_.description = std::move(text);
  return *this;
}

const route_ref& route_ref::deprecated(bool value) const {
  route_->said_.deprecated = value;
  return *this;
}

const route_ref& route_ref::operation_id(std::string value) const {
  route_->said_.id = std::move(value);
  return *this;
}

const route_ref& route_ref::hidden(bool value) const {
  route_->said_.is_documented = !value;
  return *this;
}

const route_ref& route_ref::response(http::status status, std::string description) const {
  return response(status, std::move(description), schema_function{});
}

const route_ref& route_ref::response(http::status status, std::string description, schema_function schema) const {
  operation_response answer;
  answer.status = status;
  answer.description = std::move(description);
  if (schema)
    answer.content.push_back({"application/json", std::move(schema)});
  route_->said_.responses.push_back(std::move(answer));
  return *this;
}

const route_ref& route_ref::use(std::shared_ptr<const detail::middleware_base> what) const {
  route_->middleware_.push_back(std::move(what));
  return *this;
}

const route_ref& route_ref::require(detail::requirement what) const {
  route_->requirements_.push_back(std::move(what));
  return *this;
}

} // namespace actors::web
