// What stands around every page, and the pages that say little.
#include <fmt/format.h>

#include "coherence/html_text_internal.h"
#include "serve/page_files_internal.h"
#include "serve/page_internal.h"

namespace videogen::serve {

using coherence::html_text;

namespace {

// Nothing comes from elsewhere, nothing inline runs, and no other page shows this one.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src "
    "'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

}  // namespace

net::ServerResponse page_answer(const PageFrame& frame, int status) {
  net::ServerResponse response;
  response.status = status;
  response.headers.add("Content-Type", "text/html; charset=utf-8");
  response.headers.add("Content-Security-Policy", kPolicy);
  // Without any referrer browsers call a form's origin "null", and the gate refuses that.
  response.headers.add("Referrer-Policy", "same-origin");
  const std::string live =
      frame.live ? "<span id=\"live\" class=\"with-script\" role=\"status\" hidden></span>" : "";
  const std::string out = frame.can_log_out ? "<form action=\"/logout\" method=\"post\"><button "
                                              "class=\"quiet\">Log out</button></form>"
                                            : "";
  response.body = coherence::filled(kDashboardHtml, {{"title", html_text(frame.title)},
                                                     {"look", frame.look},
                                                     {"live", live},
                                                     {"logout", out},
                                                     {"main", frame.main},
                                                     {"version", html_text(frame.version)}});
  return response;
}

std::string login_section(std::string_view trouble) {
  const std::string said =
      fmt::format("<p class=\"trouble\" id=\"trouble\" role=\"alert\"{}>{}</p></form>",
                  trouble.empty() ? " hidden" : "", html_text(trouble));
  return "<section class=\"login\" aria-labelledby=\"title\"><h1 id=\"title\">Log in</h1>"
         "<p>This service asks for a token: a line of its <code>--token-file</code>.</p>"
         "<form id=\"login\" action=\"/login\" method=\"post\"><label for=\"token\">Token</label>"
         "<input type=\"password\" id=\"token\" name=\"token\" required autofocus "
         "autocomplete=\"current-password\" spellcheck=\"false\" aria-describedby=\"trouble\">"
         "<button type=\"submit\">Log in</button>" +
         said +
         "<p class=\"small\">It is kept in a cookie that scripts cannot read, for this service "
         "alone.</p></section>\n";
}

std::string trouble_section(std::string_view title, std::string_view what) {
  return fmt::format(
      "<section class=\"login\" aria-labelledby=\"title\"><h1 id=\"title\">{}</h1><p>{}</p>"
      "<p><a href=\"/\">To the jobs</a></p></section>\n",
      html_text(title), html_text(what));
}

}  // namespace videogen::serve
