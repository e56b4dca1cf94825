#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>

namespace actors::web {

/// Collects the schemas of named types, which stand once in an OpenAPI document and are referred to from elsewhere
/// (JSON Schema 2020-12, as OpenAPI 3.1 has it).
///
/// Two types with one name (in different namespaces) are told apart by a number behind the second one's.
class schema_builder {
public:
  /// A reference to the type's schema. `make()` is called when it is asked for the first time; it may ask for others,
  /// and for the same. `key` tells types apart.
  template <class F>
  [[nodiscard]] nlohmann::json reference(const void* key, std::string_view name, F make) {
    if (const auto known = names_.find(key); known != names_.end())
      return to(known->second);
    const auto own = claim(key, name);
    schemas_[own] = make();
    return to(own);
  }

  /// By name.
  [[nodiscard]] const std::map<std::string, nlohmann::json>& schemas() const noexcept { return schemas_; }

private:
  [[nodiscard]] std::string claim(const void* key, std::string_view name);
  [[nodiscard]] static nlohmann::json to(const std::string& name);

  std::map<const void*, std::string> names_;
  std::map<std::string, nlohmann::json> schemas_;
};

/// What a field is called in a form: `user_id` becomes `User Id`.
[[nodiscard]] std::string title_of(std::string_view name);

} // namespace actors::web
