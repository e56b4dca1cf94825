#include "request_attacks.hpp"

#include <string_view>

namespace actors::http::test {
namespace {

using std::string_literals::operator""s;

std::string get(std::string_view line, std::string_view fields = "Host: h\r\n") {
  return std::string{line}.append("\r\n").append(fields).append("\r\n");
}

std::string post(std::string_view fields, std::string_view body = "0\r\n\r\n") {
  return std::string{"POST / HTTP/1.1\r\nHost: h\r\n"}.append(fields).append("\r\n").append(body);
}

std::string chunks(std::string_view body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

void add_lengths(std::vector<attack>& all) {
  const auto add = [&all](std::string name, std::string_view value) {
    all.push_back({"length_" + std::move(name), post("Content-Length: " + std::string{value} + "\r\n", "hello"), 400});
  };
  add("plus", "+5");
  add("minus", "-5");
  add("hex", "0x5");
  add("list", "5, 5");
  add("list_differing", "5,6");
  add("words", "five");
  add("space_inside", "5 5");
  add("fraction", "5.0");
  add("exponent", "1e1");
  add("empty", "");
  add("quoted", "\"5\"");
  add("comma_behind", "5,");
  add("semicolon", "5;a=b");
  add("vertical_tab", "\v5");
  add("form_feed_behind", "5\f");
  add("nul_behind", "5\0"s);
  add("underscore", "1_0");
  add("overflow", "18446744073709551617");
  add("long", std::string(100, '9'));
  all.push_back({"length_twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400});
  all.push_back({"length_twice_differing", post("Content-Length: 5\r\nContent-Length: 0\r\n", "hello"), 400});
  all.push_back({"length_space_before_colon", post("Content-Length : 5\r\n", "hello"), 400});
  all.push_back({"length_tab_before_colon", post("Content-Length\t: 5\r\n", "hello"), 400});
  all.push_back({"length_folded", post("Content-Length:\r\n 5\r\n", "hello"), 400});
  all.push_back({"length_behind_bare_cr", post("A: b\rContent-Length: 5\r\n", "hello"), 400});
  all.push_back({"length_behind_bare_lf", post("A: b\n\nContent-Length: 5\r\n", "hello"), 400});
}

void add_codings(std::vector<attack>& all) {
  const auto add = [&all](std::string name, std::string_view value, int answer = 400) {
    all.push_back({"coding_" + std::move(name), post("Transfer-Encoding: " + std::string{value} + "\r\n"), answer});
  };
  add("chunked_identity", "chunked, identity");
  add("identity_chunked", "identity, chunked", 501);
  add("identity", "identity", 501);
  add("x", "xchunked", 501);
  add("gzip", "gzip", 501);
  add("gzip_chunked", "gzip, chunked", 501);
  add("chunked_gzip", "chunked, gzip");
  add("chunked_chunked", "chunked, chunked");
  add("quoted", "\"chunked\"");
  add("single_quoted", "'chunked'", 501);
  add("parameter", "chunked;q=1");
  add("comma_before", ", chunked");
  add("comma_behind", "chunked,");
  add("empty", "");
  add("vertical_tab_before", "\vchunked");
  add("vertical_tab_behind", "chunked\v");
  add("form_feed", "\fchunked");
  add("nul", "chunked\0"s);
  add("no_break_space", "\xa0"
                        "chunked");
  add("cow", "cow", 501);
  add("junk_behind", "chunked foo");
  add("two_words", "chunked chunked");
  all.push_back({"coding_and_length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400});
  all.push_back({"length_and_coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400});
  all.push_back({"length_and_x_coding", post("Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n"), 400});
  all.push_back({"coding_twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400});
  all.push_back({"coding_twice_x", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), 400});
  all.push_back({"coding_space_before_colon", post("Transfer-Encoding : chunked\r\n"), 400});
  all.push_back({"coding_tab_before_colon", post("Transfer-Encoding\t: chunked\r\n"), 400});
  all.push_back({"coding_space_before_name", post(" Transfer-Encoding: chunked\r\n"), 400});
  all.push_back({"coding_folded", post("Transfer-Encoding:\r\n chunked\r\n"), 400});
  all.push_back({"coding_folded_name", post("Transfer-Encoding\r\n : chunked\r\n"), 400});
  all.push_back({"coding_behind_bare_lf", post("A: b\nTransfer-Encoding: chunked\r\n"), 400});
  all.push_back({"coding_behind_bare_cr", post("A: b\rTransfer-Encoding: chunked\r\n"), 400});
  all.push_back({"coding_without_colon", post("Transfer-Encoding chunked\r\n"), 400});
  all.push_back({"coding_in_http_1_0", get("POST / HTTP/1.0", "Host: h\r\nTransfer-Encoding: chunked\r\n"), 400});
  all.push_back(
      {"coding_in_http_1_0_kept",
       get("POST / HTTP/1.0", "Connection: keep-alive\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400});
}

void add_chunks(std::vector<attack>& all) {
  const auto add = [&all](std::string name, std::string_view body) {
    all.push_back({"chunk_" + std::move(name), chunks(body), 400});
  };
  add("hex_prefix", "0x5\r\nhello\r\n0\r\n\r\n");
  add("plus", "+5\r\nhello\r\n0\r\n\r\n");
  add("minus", "-5\r\nhello\r\n0\r\n\r\n");
  add("underscore", "1_0\r\nhello\r\n0\r\n\r\n");
  add("no_size", "\r\nhello\r\n0\r\n\r\n");
  add("only_extension", ";a=b\r\nhello\r\n0\r\n\r\n");
  add("no_digit", "g\r\nhello\r\n0\r\n\r\n");
  add("space_before", " 5\r\nhello\r\n0\r\n\r\n");
  add("space_behind", "5 \r\nhello\r\n0\r\n\r\n");
  add("tab_behind", "5\t\r\nhello\r\n0\r\n\r\n");
  add("overflow", "10000000000000005\r\nhello\r\n0\r\n\r\n");
  add("many_digits", "00000000000000005\r\nhello\r\n0\r\n\r\n");
  add("many_digits_later", "1\r\na\r\n00000000000000005\r\nhello\r\n0\r\n\r\n");
  add("many_zeros", "1\r\na\r\n00000000000000000\r\n\r\n");
  add("wide", "\xef\xbc\x95\r\nhello\r\n0\r\n\r\n");
  add("size_bare_lf", "5\nhello\r\n0\r\n\r\n");
  add("size_bare_cr", "5\rhello\r\n0\r\n\r\n");
  add("data_bare_lf", "5\r\nhello\n0\r\n\r\n");
  add("data_bare_cr", "5\r\nhello\r0\r\n\r\n");
  add("data_unended", "5\r\nhello0\r\n\r\n");
  add("data_too_long", "5\r\nhelloXX0\r\n\r\n");
  add("data_too_short", "6\r\nhello\r\n0\r\n\r\n");
  add("last_bare_lf", "0\n\n");
  add("end_bare_lf", "0\r\n\n");
  add("end_bare_cr", "0\r\n\rX");
  add("extension_bare_lf", "5;a\nhello\r\n0\r\n\r\n");
  add("extension_bare_lf_2", "5;\nhello\r\n0\r\n\r\n");
  add("extension_bare_cr", "5;a\rX\r\nhello\r\n0\r\n\r\n");
  add("extension_empty", "5;\r\nhello\r\n0\r\n\r\n");
  add("extension_empty_twice", "5;;\r\nhello\r\n0\r\n\r\n");
  add("extension_no_name", "5;=b\r\nhello\r\n0\r\n\r\n");
  add("extension_no_value", "5;a=\r\nhello\r\n0\r\n\r\n");
  add("extension_control", "5;a\x01\r\nhello\r\n0\r\n\r\n");
  add("extension_nul", "5;a=\0\r\nhello\r\n0\r\n\r\n"s);
  add("extension_quote_open", "5;a=\"b\r\nhello\r\n0\r\n\r\n");
  add("extension_lf_in_quotes", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n");
  add("extension_crlf_in_quotes", "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n");
  add("extension_long", "5;" + std::string(20'000, 'a') + "\r\nhello\r\n0\r\n\r\n");
  std::string many;
  for (int i = 0; i < 3000; ++i)
    many += "1;abcdef\r\nx\r\n";
  add("extensions_in_all_long", many + "0\r\n\r\n");
  add("trailer_bare_lf", "0\r\nA: b\n\r\n");
  add("trailer_bare_cr", "0\r\nA: b\rC: d\r\n\r\n");
  add("trailer_folded", "0\r\nA: b\r\n c\r\n\r\n");
  add("trailer_space_before_colon", "0\r\nA : b\r\n\r\n");
  add("trailer_no_name", "0\r\n: b\r\n\r\n");
  add("trailer_nul", "0\r\nA: \0\r\n\r\n"s);
  add("trailer_length", "0\r\nContent-Length: 5\r\n\r\n");
  add("trailer_coding", "0\r\nTransfer-Encoding: chunked\r\n\r\n");
  add("trailer_host", "0\r\nHost: evil\r\n\r\n");
  add("trailer_connection", "0\r\nConnection: close\r\n\r\n");
  add("trailer_authorization", "0\r\nAuthorization: Basic eA==\r\n\r\n");
}

void add_fields(std::vector<attack>& all) {
  const auto add = [&all](std::string name, std::string_view lines) {
    all.push_back({"field_" + std::move(name), get("GET / HTTP/1.1", std::string{"Host: h\r\n"}.append(lines)), 400});
  };
  add("space_before_colon", "A : b\r\n");
  add("tab_before_colon", "A\t: b\r\n");
  add("no_name", ": b\r\n");
  add("no_colon", "A\r\n");
  add("folded", "A: b\r\n c\r\n");
  add("folded_tab", "A: b\r\n\tc\r\n");
  add("folded_empty", "A:\r\n \r\n");
  add("bare_lf", "A: b\n");
  add("bare_lf_empty", "A:\n");
  add("bare_cr", "A: b\rc\r\n");
  add("double_cr", "A: b\r\r\n");
  add("nul_in_value", "A: b\0c\r\n"s);
  add("nul_in_name", "A\0: b\r\n"s);
  add("control_in_value", "A: \x01\r\n");
  add("delete_in_value", "A: \x7f\r\n");
  add("escape_in_value", "A: \x1b[0m\r\n");
  add("space_in_name", "A B: c\r\n");
  add("quote_in_name", "A\"B: c\r\n");
  add("bytes_in_name", "A\xc3\xa9: c\r\n");
  add("bracket_in_name", "A[]: c\r\n");
  all.push_back({"field_space_before_first", get("GET / HTTP/1.1", " Host: h\r\n"), 400});
  all.push_back({"field_white_line_first", get("GET / HTTP/1.1", " \r\nHost: h\r\n"), 400});
  all.push_back({"end_of_head_bare_lf", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400});
  all.push_back({"end_of_head_bare_cr", "GET / HTTP/1.1\r\nHost: h\r\n\rX", 400});
}

void add_hosts(std::vector<attack>& all) {
  const auto add = [&all](std::string name, std::string_view value) {
    all.push_back({"host_" + std::move(name), get("GET / HTTP/1.1", "Host: " + std::string{value} + "\r\n"), 400});
  };
  all.push_back({"host_missing", get("GET / HTTP/1.1", "A: b\r\n"), 400});
  all.push_back({"host_missing_no_fields", get("GET / HTTP/1.1", ""), 400});
  all.push_back({"host_twice", get("GET / HTTP/1.1", "Host: h\r\nHost: h\r\n"), 400});
  all.push_back({"host_twice_differing", get("GET / HTTP/1.1", "Host: h\r\nhost: evil\r\n"), 400});
  all.push_back({"host_twice_in_http_1_0", get("GET / HTTP/1.0", "Host: h\r\nHost: h\r\n"), 400});
  all.push_back({"host_bad_in_http_1_0", get("GET / HTTP/1.0", "Host: a/b\r\n"), 400});
  all.push_back({"host_space_before_colon", get("GET / HTTP/1.1", "Host : h\r\n"), 400});
  add("path", "h/a");
  add("query", "h?a");
  add("fragment", "h#a");
  add("user", "user@h");
  add("password", "user:pass@h");
  add("space", "a b");
  add("list", "a,b");
  add("list_spaced", "a, b");
  add("backslash", "a\\b");
  add("angle", "<h>");
  add("braces", "{h}");
  add("quote", "\"h\"");
  add("bytes", "h\xc3\xa9");
  add("only_port", ":80");
  add("letters_in_port", "h:8o");
  add("big_port", "h:65536");
  add("negative_port", "h:-1");
  add("two_ports", "h:80:80");
  add("open_bracket", "[::1");
  add("bad_ipv6", "[::g]");
  add("behind_bracket", "[::1]x");
  add("percent", "h%zz");
  add("scheme", "http://h");
}

void add_lines(std::vector<attack>& all) {
  const auto add = [&all](std::string name, std::string_view line, int answer = 400) {
    all.push_back({"line_" + std::move(name), get(line), answer});
  };
  add("two_spaces_before_target", "GET  / HTTP/1.1");
  add("two_spaces_behind_target", "GET /  HTTP/1.1");
  add("tab_before_target", "GET\t/ HTTP/1.1");
  add("tab_behind_target", "GET /\tHTTP/1.1");
  add("space_before", " GET / HTTP/1.1");
  add("space_behind", "GET / HTTP/1.1 ");
  add("space_in_target", "GET /a b HTTP/1.1");
  add("no_target", "GET HTTP/1.1");
  add("no_spaces", "GET/HTTP/1.1");
  add("nul_in_target", "GET /\0 HTTP/1.1"s);
  add("control_in_target", "GET /\x01 HTTP/1.1");
  add("bare_cr_in_target", "GET /\ra HTTP/1.1");
  add("bytes_in_target", "GET /\xc3\xa9 HTTP/1.1");
  add("fragment", "GET /a#b HTTP/1.1");
  add("relative", "GET a HTTP/1.1");
  add("authority", "GET h:80 HTTP/1.1");
  add("authority_only", "GET h HTTP/1.1");
  add("asterisk", "GET * HTTP/1.1");
  add("asterisk_and_more", "OPTIONS *a HTTP/1.1");
  add("asterisk_and_path", "OPTIONS */a HTTP/1.1");
  add("connect_path", "CONNECT / HTTP/1.1");
  add("connect_no_port", "CONNECT h HTTP/1.1");
  add("connect_empty_port", "CONNECT h: HTTP/1.1");
  add("connect_url", "CONNECT http://h/ HTTP/1.1");
  add("connect_big_port", "CONNECT h:99999 HTTP/1.1");
  add("absolute_other_scheme", "GET ftp://h/ HTTP/1.1");
  add("absolute_user", "GET http://user@h/ HTTP/1.1");
  add("absolute_no_host", "GET http:///a HTTP/1.1");
  add("absolute_only_port", "GET http://:80/ HTTP/1.1");
  add("absolute_one_slash", "GET http:/h/ HTTP/1.1");
  add("lower_method", "get / HTTP/1.1", 501);
  add("mixed_method", "Get / HTTP/1.1", 501);
  add("unknown_method", "FETCH / HTTP/1.1", 501);
  add("long_method", std::string(10'000, 'A') + " / HTTP/1.1", 501);
  add("method_with_colon", "GET: / HTTP/1.1");
  add("version_1_2", "GET / HTTP/1.2", 505);
  add("version_2_0", "GET / HTTP/2.0", 505);
  add("version_0_9", "GET / HTTP/0.9", 505);
  add("version_9_9", "GET / HTTP/9.9", 505);
  add("version_10", "GET / HTTP/10.1");
  add("version_1_10", "GET / HTTP/1.10");
  add("version_01_1", "GET / HTTP/01.1");
  add("version_no_minor", "GET / HTTP/1");
  add("version_no_digit", "GET / HTTP/1.");
  add("version_comma", "GET / HTTP/1,1");
  add("version_lower", "GET / http/1.1");
  add("version_other", "GET / HTTQ/1.1");
  add("version_rtsp", "GET / RTSP/1.0");
  add("version_rtsp_of_options", "OPTIONS / RTSP/1.1");
  add("version_ice", "GET / ICE/1.0");
  add("version_space", "GET / HTTP/ 1.1");
  add("version_minus", "GET / HTTP/-1.1");
  all.push_back({"line_http_0_9", "GET /\r\n\r\n", 505});
  all.push_back({"line_http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505});
  all.push_back({"line_bare_lf", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400});
  all.push_back({"line_bare_cr", "GET / HTTP/1.1\rHost: h\r\n\r\n", 400});
  all.push_back({"line_all_bare_lf", "GET / HTTP/1.1\nHost: h\n\n", 400});
  all.push_back({"line_behind_bare_lf", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400});
  all.push_back({"line_behind_bare_cr", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400});
  all.push_back({"line_behind_lf_cr", "\r\n\n\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400});
  all.push_back({"line_behind_nul", "\0GET / HTTP/1.1\r\nHost: h\r\n\r\n"s, 400});
  all.push_back({"line_behind_mark", "\xef\xbb\xbfGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400});
  all.push_back({"line_tls", "\x16\x03\x01\x02\0\x01\0\r\n\r\n"s, 400});
  all.push_back({"line_response", "HTTP/1.1 200 OK\r\nHost: h\r\n\r\n", 501});
  all.push_back({"line_1_0_rtsp", "GET / RTSP/1.0\r\n\r\n", 400});
  all.push_back({"line_1_0_two_spaces", "GET  / HTTP/1.0\r\n\r\n", 400});
}

} // namespace

const std::vector<attack>& attacks() {
  static const auto all = [] {
    std::vector<attack> result;
    add_lengths(result);
    add_codings(result);
    add_chunks(result);
    add_fields(result);
    add_hosts(result);
    add_lines(result);
    return result;
  }();
  return all;
}

const std::vector<attack>& odd_but_good() {
  static const std::vector<attack> all{
      {"plain", get("GET / HTTP/1.1"), 1},
      {"blank_lines_before", "\r\n\r\n" + get("GET / HTTP/1.1"), 1},
      {"blank_lines_between", get("GET / HTTP/1.1") + "\r\n" + get("GET / HTTP/1.1"), 2},
      {"absolute", get("GET http://h/a?b HTTP/1.1"), 1},
      {"absolute_other_case", get("GET HTTP://H:80/a HTTP/1.1"), 1},
      {"absolute_no_path", get("GET http://h?b HTTP/1.1"), 1},
      {"absolute_ipv6", get("GET http://[::1]:8080/ HTTP/1.1", "Host: [::1]:8080\r\n"), 1},
      {"absolute_other_host", get("GET http://other/ HTTP/1.1"), 1},
      {"absolute_other_port", get("GET http://h:81/ HTTP/1.1"), 1},
      {"absolute_https", get("GET https://h:443/ HTTP/1.1"), 1},
      {"options_asterisk", get("OPTIONS * HTTP/1.1"), 1},
      {"empty_host", get("GET / HTTP/1.1", "Host:\r\n"), 1},
      {"host_and_port", get("GET / HTTP/1.1", "Host: example.com:8080\r\n"), 1},
      {"host_underscore", get("GET / HTTP/1.1", "Host: my_service\r\n"), 1},
      {"host_percent", get("GET / HTTP/1.1", "Host: a%20b\r\n"), 1},
      {"host_empty_port", get("GET / HTTP/1.1", "Host: h:\r\n"), 1},
      {"http_1_0_no_fields", get("GET / HTTP/1.0", ""), 1},
      {"http_1_0_kept", get("GET / HTTP/1.0", "Connection: keep-alive\r\n") + get("GET / HTTP/1.0", ""), 2},
      {"double_slash", get("GET //evil/a HTTP/1.1"), 1},
      {"url_in_path", get("GET /http://evil/a HTTP/1.1"), 1},
      {"field_without_value", get("GET / HTTP/1.1", "Host: h\r\nA:\r\n"), 1},
      {"field_with_tabs", get("GET / HTTP/1.1", "Host:\th\t\r\nA: \t b\tc \r\n"), 1},
      {"field_with_bytes", get("GET / HTTP/1.1", "Host: h\r\nA: \xc3\xa9\xff\r\n"), 1},
      {"length_with_zeros", post("Content-Length: 005\r\n", "hello"), 1},
      {"length_with_spaces", post("Content-Length: \t5  \r\n", "hello"), 1},
      {"body_of_get", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + get("GET / HTTP/1.1"), 2},
      {"body_of_head", "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + get("GET / HTTP/1.1"), 2},
      {"coding_other_case", post("transfer-encoding: CHUNKED\r\n"), 1},
      {"coding_behind_tab", post("Transfer-Encoding:\tchunked\r\n"), 1},
      {"chunk_sixteen_digits", chunks("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n"), 1},
      {"chunk_capitals", chunks("A\r\n0123456789\r\n0\r\n\r\n"), 1},
      {"chunk_extension", chunks("5;a;b=c;d=\"e;f\\\"\"\r\nhello\r\n0;last\r\n\r\n"), 1},
      {"chunk_extension_empty_quotes", chunks("5;a=\"\"\r\nhello\r\n0\r\n\r\n"), 1},
      {"trailers", chunks("5\r\nhello\r\n0\r\nChecksum: x\r\nB:\r\n\r\n") + get("GET / HTTP/1.1"), 2},
  };
  return all;
}

} // namespace actors::http::test
