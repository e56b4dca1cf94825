#include <actors/web/internal/swagger_ui.hpp>

#include <array>

// The assembler takes the files in as they are: half a megabyte in an array would take the compiler seconds.
#define ACTORS_EMBED(symbol, file)                                \
  __asm__(".section .rodata.actors_web_files, \"a\", %progbits\n" \
          ".global actors_web_" #symbol "\n"                      \
          ".hidden actors_web_" #symbol "\n"                      \
          "actors_web_" #symbol ":\n"                             \
          ".incbin \"" ACTORS_SWAGGER_UI "/" file "\"\n"          \
          ".global actors_web_" #symbol "_end\n"                  \
          ".hidden actors_web_" #symbol "_end\n"                  \
          "actors_web_" #symbol "_end:\n"                         \
          ".previous\n");                                         \
  extern "C" const char actors_web_##symbol[];                    \
  extern "C" const char actors_web_##symbol##_end[]

ACTORS_EMBED(bundle, "swagger-ui-bundle.js.gz");
ACTORS_EMBED(style, "swagger-ui.css.gz");
ACTORS_EMBED(icon, "favicon-32x32.png");
ACTORS_EMBED(redirect_page, "oauth2-redirect.html");
ACTORS_EMBED(redirect_script, "oauth2-redirect.js");
ACTORS_EMBED(bundle_licence, "swagger-ui-bundle.js.LICENSE.txt");
ACTORS_EMBED(licence, "LICENSE");
ACTORS_EMBED(notice, "NOTICE");

#undef ACTORS_EMBED

namespace actors::web::internal {

namespace {

std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, end};
}

} // namespace

std::span<const embedded_file> swagger_ui_files() noexcept {
  static const std::array<embedded_file, 8> all{{
      {"swagger-ui-bundle.js", "text/javascript; charset=utf-8", between(actors_web_bundle, actors_web_bundle_end),
       true},
      {"swagger-ui.css", "text/css; charset=utf-8", between(actors_web_style, actors_web_style_end), true},
      {"favicon-32x32.png", "image/png", between(actors_web_icon, actors_web_icon_end), false},
      {"oauth2-redirect.html", "text/html; charset=utf-8",
       between(actors_web_redirect_page, actors_web_redirect_page_end), false},
      {"oauth2-redirect.js", "text/javascript; charset=utf-8",
       between(actors_web_redirect_script, actors_web_redirect_script_end), false},
      {"swagger-ui-bundle.js.LICENSE.txt", "text/plain; charset=utf-8",
       between(actors_web_bundle_licence, actors_web_bundle_licence_end), false},
      {"LICENSE", "text/plain; charset=utf-8", between(actors_web_licence, actors_web_licence_end), false},
      {"NOTICE", "text/plain; charset=utf-8", between(actors_web_notice, actors_web_notice_end), false},
  }};
  return all;
}

} // namespace actors::web::internal
