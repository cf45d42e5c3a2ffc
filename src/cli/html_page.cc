#include "cli/html_page.h"

#include <array>
#include <fstream>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "cli/output_file.h"
#include "coherence/read_pictures.h"
#include "coherence/report_html.h"
#include "embed/capabilities.h"
#include "media/capabilities.h"
#include "motion/capabilities.h"

namespace videogen::cli {
namespace {

namespace fs = std::filesystem;

Result<coherence::ClipLink> clip_link(const PageRequest& request, const coherence::Source& source,
                                      const coherence::Report& report) {
  switch (request.clip) {
    case ClipInPage::linked:
      return coherence::linked_clip(report.source.video, source.path, request.page);
    case ClipInPage::embedded:
      return coherence::embedded_clip(report.source.video, source.path);
    case ClipInPage::absent:
      break;
  }
  coherence::ClipLink none;
  none.why = "the clip came through a pipe and is no file to link to; --embed-video puts it inside";
  return none;
}

}  // namespace

Status check_html_page(const fs::path& page) {
  if (page == "-")
    return fail(ErrorCode::usage,
                "--html -: the page needs a file; standard output has the report");
  VIDEOGEN_TRY(check_output(page, AtomicFile::Existing::replace));
  std::error_code error;
  if (!fs::exists(page, error)) return {};
  std::ifstream file(page, std::ios::binary);
  std::array<char, 1024> beginning{};
  file.read(beginning.data(), beginning.size());
  if (coherence::is_report_page({beginning.data(), static_cast<std::size_t>(file.gcount())}))
    return {};
  return fail(ErrorCode::usage,
              fmt::format("--html {}: the file is there and is no report of videogen; only such a "
                          "one is replaced",
                          printable(page.string())));
}

Status write_html_page(const PageRequest& request, const coherence::Source& source,
                       const coherence::Report& report, const coherence::Options& options,
                       coherence::PictureCollector& pictures, Context& context) {
  coherence::PictureOptions fetching;
  fetching.fps = options.fps;
  fetching.limits = options.limits;
  fetching.progress = [&](std::int64_t done, std::optional<std::int64_t> total) {
    context.console.progress("pictures", "frames", done, total);
  };
  VIDEOGEN_TRY(coherence::read_pictures(source.path, report, fetching, pictures,
                                        context.interruption.token()));
  context.console.clear_progress();

  coherence::HtmlOptions html;
  VIDEOGEN_TRY(html.clip, clip_link(request, source, report));
  html.versions = {{"videogen", VIDEOGEN_VERSION},
                   {"FFmpeg", media::capabilities().ffmpeg},
                   {"OpenCV", motion::opencv_version()}};
  if (report.embedder.name == "clip")
    html.versions.emplace_back("oneDNN", embed::capabilities().onednn);
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(request.page, AtomicFile::Existing::replace));
  VIDEOGEN_TRY(file.write(coherence::to_html(report, pictures.pictures(), html)));
  return file.commit();
}

}  // namespace videogen::cli
