// What can be asked for on the page. Sending needs the script; reading does not.
#include <fmt/format.h>

#include "coherence/html_text_internal.h"
#include "generate/styles.h"
#include "serve/page_internal.h"

namespace videogen::serve {

using coherence::html_text;

namespace {

std::string validation_form(const FormsShown& shown) {
  return fmt::format(
      R"(<form id="check" class="ask" action="/v1/validations" method="post" enctype="multipart/form-data" aria-labelledby="check-title" data-most-bytes="{0}">
<h2 id="check-title">Check a clip</h2>
<div class="sources">
<div class="drop"><label class="pick" for="files">Choose clips</label><input class="picker" type="file" id="files" multiple accept="video/*,image/gif,image/webp,.mkv,.ts,.mxf,.y4m" aria-describedby="files-note"><span id="files-note" class="small">or drop them here; up to {1} each</span></div>
<div class="address"><label for="uri">Address</label><input type="url" id="uri" inputmode="url" placeholder="https://…/clip.mp4" autocomplete="off" spellcheck="false" maxlength="4000"><button type="submit">Check</button></div>
</div>
<details class="options"><summary>Options<span class="small" id="chosen"></span></summary>
<div class="fields">
<label>Profile<select id="profile"><option value="full" selected>full: every frame, defects</option><option value="quick">quick: samples alone</option></select></label>
<label>Threshold<input type="number" id="threshold" min="-1" max="1" step="0.01" placeholder="0.85"></label>
<label>Cuts<select id="shots"><option value="" selected>are defects: one shot</option><option value="multi">are meant: several shots</option></select></label>
<label class="wide">Prompt<input type="text" id="prompt" placeholder="what the clip should show" maxlength="4000" autocomplete="off"></label>
</div></details>
<ul class="uploads" id="uploads" aria-label="Being sent"></ul>
</form>
)",
      shown.max_upload, bytes_text(static_cast<double>(shown.max_upload)));
}

std::string generation_form() {
  std::string styles;
  for (const generate::Style& style : generate::shipped_styles())
    styles += fmt::format("<option value=\"{}\">{}{}</option>", html_text(style.name),
                          html_text(style.name),
                          style.summary.empty() ? "" : ": " + html_text(style.summary));
  return fmt::format(
      R"(<form id="make" class="ask" action="/v1/generations" method="post" aria-labelledby="make-title">
<h2 id="make-title">Generate a clip</h2>
<div class="fields">
<label class="wide">Prompt<textarea id="words" rows="2" maxlength="4000" required placeholder="what the clip should show"></textarea></label>
<label>Style<select id="style"><option value="" selected>none: the words alone</option>{}</select></label>
<label>Seconds<input type="number" id="seconds" min="1" max="60" step="1" placeholder="auto"></label>
<button type="submit">Generate</button>
</div>
<p class="trouble" id="make-trouble" role="alert" hidden></p>
</form>
)",
      styles);
}

}  // namespace

std::string forms_section(const FormsShown& shown) {
  return fmt::format(
      "<noscript><p class=\"notice\">Without JavaScript this page shows everything, but sends "
      "and cancels no jobs; <code>curl</code> does.</p></noscript>\n"
      "<div class=\"asks with-script\" hidden>{}{}</div>\n",
      validation_form(shown), shown.generates ? generation_form() : "");
}

}  // namespace videogen::serve
