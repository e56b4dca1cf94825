// A small curl on the HTTP client: prints status, header fields and body of each URL.

#include <actors/core/error.hpp>
#include <actors/core/run.hpp>
#include <actors/fs/error.hpp>
#include <actors/fs/file.hpp>
#include <actors/fs/whole_file.hpp>
#include <actors/http/client.hpp>
#include <actors/http/cookie_jar.hpp>
#include <actors/http/error.hpp>
#include <actors/net/tls_settings.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace actors;

namespace {

constexpr auto exit_codes = R"(Exit codes, of the first URL that failed:
  0  all responses are there, whatever their status
  1  a file cannot be read or written, or anything else went wrong
  2  the command line is wrong
  3  a URL is malformed, or of a scheme that is not supported
  4  the host's name has no address
  5  no connection
  6  too late
  7  the connection ended too early
  8  what came is no HTTP response, or does not decode
  9  the response is too large
 10  too many redirects
 11  the proxy refuses
 12  no TLS with the server, whose certificate may not be trusted
 22  a status of 400 or above, with --fail)";

struct settings {
  std::vector<std::string> urls;
  std::vector<std::string> fields;
  std::vector<std::string> form;
  std::optional<std::string> data;
  std::string method;
  std::string output;
  std::string proxy;
  std::string user;
  std::string digest;
  std::string unix_socket;
  std::string cacert;
  double timeout = 300;
  std::size_t max_redirects = 10;
  bool head = false;
  bool body_only = false;
  bool fail = false;
  bool verbose = false;
};

/// What the server has sent is not always fit for a terminal, but it is what was asked for.
void print(std::string_view text) {
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stdout));
}

http::request make_request(const settings& given, std::string body) {
  auto how = given.head                          ? http::method::head
             : given.data || !given.form.empty() ? http::method::post
                                                 : http::method::get;
  if (!given.method.empty()) {
    const auto named = http::parse_method(given.method);
    if (!named)
      throw CLI::ValidationError("--request", given.method + " is no method");
    how = *named;
  }
  http::request what{how, "/"};
  if (given.data)
    what.set_body(std::move(body), "application/x-www-form-urlencoded");
  for (const auto& field : given.fields) {
    const auto colon = field.find(':');
    if (colon == std::string::npos)
      throw CLI::ValidationError("--header", field + " is no `name: value`");
    what.set(field.substr(0, colon), field.substr(colon + 1));
  }
  return what;
}

http::multipart_form make_form(const settings& given) {
  http::multipart_form result;
  for (const auto& item : given.form) {
    const auto equals = item.find('=');
    if (equals == std::string::npos)
      throw CLI::ValidationError("--form", item + " is neither `name=value` nor `name=@file`");
    const auto name = item.substr(0, equals);
    const auto value = item.substr(equals + 1);
    if (value.starts_with('@'))
      result.add_file(name, value.substr(1));
    else
      result.add_field(name, value);
  }
  return result;
}

http::client_options make_options(const settings& given) {
  http::client_options result;
  result.total_timeout(std::chrono::duration_cast<duration>(std::chrono::duration<double>(given.timeout)))
      .max_redirects(given.max_redirects)
      .follow_redirects(given.max_redirects > 0)
      .max_body(UINT64_MAX)
      .user_agent("fetch")
      .cookies(std::make_shared<http::cookie_jar>())
      .proxy(given.proxy.empty() ? http::proxy_from_environment() : http::proxy_settings::all(given.proxy));
  if (given.verbose)
    result.on_event([](const http::client_event& e) {
      std::fprintf(stderr, "* %s %s", std::string{to_string(e.what)}.c_str(),
                   e.target.without_userinfo().to_string().c_str());
      if (e.number != 0)
        std::fprintf(stderr, " %llu", static_cast<unsigned long long>(e.number));
      std::fprintf(stderr, "%s%s\n", e.detail.empty() ? "" : ": ", std::string{e.detail}.c_str());
    });
  if (!given.cacert.empty())
    result.tls(net::tls_client_settings{}.ca_file(given.cacert));
  if (!given.unix_socket.empty())
    result.unix_socket(given.unix_socket);
  const auto who = [](const std::string& text, auto make) {
    const auto colon = std::min(text.find(':'), text.size());
    return make(text.substr(0, colon), text.substr(std::min(text.size(), colon + 1)));
  };
  for (const auto& where : given.urls) {
    if (!given.user.empty())
      result.authenticate(where, who(given.user, &http::credentials::basic));
    if (!given.digest.empty())
      result.authenticate(where, who(given.digest, &http::credentials::digest));
  }
  return result;
}

//! [fetch]
/// Prints one response while it comes; its status.
task<http::status> fetch(const http::client& web, const settings& given, std::string where, http::request what) {
  std::unique_ptr<http::body_source> body;
  if (!given.form.empty()) {
    auto form = make_form(given);
    what.set("Content-Type", form.content_type());
    body = co_await std::move(form).body();
  }
  auto answer = co_await web.open(where, std::move(what), std::move(body));
  if (!given.body_only) {
    const auto& head = answer.head();
    print("HTTP/1.1 " + std::to_string(http::code(head.status())) + " " + std::string{head.reason()} + "\n");
    for (const auto [name, value] : head.fields())
      print(std::string{name} + ": " + std::string{value} + "\n");
    print("\n");
  }
  fs::file file;
  if (!given.output.empty())
    file = co_await fs::open(given.output, fs::open_mode::write);
  for (;;) {
    const auto piece = co_await answer.read_some();
    if (piece.empty())
      break;
    if (file.is_open())
      co_await file.write(piece);
    else
      print(piece);
  }
  if (file.is_open())
    co_await file.close();
  co_return answer.head().status();
}

//! [fetch]

int code_of(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const http::client_error& error) {
    std::fprintf(stderr, "fetch: %s\n", error.what());
    switch (error.kind()) {
    case http::client_errc::unsupported:
      return 3;
    case http::client_errc::resolve:
      return 4;
    case http::client_errc::connect:
      return 5;
    case http::client_errc::timeout:
      return 6;
    case http::client_errc::disconnected:
    case http::client_errc::truncated:
      return 7;
    case http::client_errc::protocol:
    case http::client_errc::decode:
      return 8;
    case http::client_errc::too_large:
      return 9;
    case http::client_errc::redirect_loop:
      return 10;
    case http::client_errc::proxy:
      return 11;
    case http::client_errc::tls:
      return 12;
    }
    return 1;
  } catch (const http::error& error) {
    std::fprintf(stderr, "fetch: %s\n", error.what());
    return error.kind() == http::errc::invalid_url ? 3 : 2;
  } catch (const CLI::Error& error) {
    std::fprintf(stderr, "fetch: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fetch: %s\n", error.what());
    return 1;
  }
}

task<int> fetch_all(settings given) {
  int result = 0;
  std::exception_ptr problem;
  try {
    std::string data = given.data.value_or("");
    if (data.starts_with('@'))
      data = co_await fs::read_file(data.substr(1));
    const auto what = make_request(given, std::move(data));
    const http::client web{make_options(given)};
    for (const auto& where : given.urls) {
      try {
        const auto status = co_await fetch(web, given, where, what);
        if (given.fail && http::code(status) >= 400 && result == 0)
          result = 22;
      } catch (const std::exception&) {
        problem = std::current_exception();
      }
      if (problem) {
        const int code = code_of(std::exchange(problem, nullptr));
        result = result == 0 ? code : result;
      }
    }
    co_return result;
  } catch (const std::exception&) {
    problem = std::current_exception();
  }
  co_return code_of(problem);
}

} // namespace

int main(int argc, char** argv) {
  settings given;
  CLI::App app{"Fetches URLs and prints status, header fields and body of each response."};
  app.footer(exit_codes);
  app.add_option("URL", given.urls, "what to fetch, one after another over the same connections")->required();
  app.add_flag("-I,--head", given.head, "ask for the head only");
  app.add_flag("-b,--body-only", given.body_only, "print bodies only");
  app.add_flag("-f,--fail", given.fail, "exit with 22 for a status of 400 or above");
  app.add_option("-X,--request", given.method, "the method");
  app.add_option("-d,--data", given.data, "post this body, or with @ before it the content of a file");
  app.add_option("-F,--form", given.form, "post a form: name=value, or name=@file for a file; any number of times")
      ->allow_extra_args(false)
      ->excludes("--data");
  app.add_option("-H,--header", given.fields, "send a header field, `name: value`; any number of times")
      ->allow_extra_args(false);
  app.add_option("-o,--output", given.output, "write the body to a file instead; with one URL only");
  app.add_flag("-v,--verbose", given.verbose, "tell every step on the standard error output");
  app.add_option("-u,--user", given.user, "user:password for basic authentication");
  app.add_option("--digest", given.digest, "user:password for digest authentication");
  app.add_option("-x,--proxy", given.proxy, "go through a proxy; by default as the environment says");
  app.add_option("--cacert", given.cacert, "trust the authorities in this file and no others");
  app.add_option("--unix-socket", given.unix_socket, "connect to this socket, whatever the URL's host");
  app.add_option("--max-redirects", given.max_redirects, "follow so many redirects; 0 shows the redirect")
      ->capture_default_str();
  app.add_option("--timeout", given.timeout, "seconds for each URL, in all")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& problem) {
    static_cast<void>(app.exit(problem));
    return 2;
  }
  if (!given.output.empty() && given.urls.size() > 1) {
    std::fprintf(stderr, "fetch: --output takes the body of one URL\n");
    return 2;
  }
  return run(fetch_all(std::move(given)), runtime_options{}.workers(1));
}
