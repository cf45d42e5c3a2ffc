// The page of a report.
#include <fmt/format.h>

#include "base/file.h"
#include "coherence/read_pictures.h"
#include "coherence/report_html.h"
#include "embed/capabilities.h"
#include "media/capabilities.h"
#include "media/rate.h"
#include "motion/capabilities.h"
#include "serve/report_file_internal.h"
#include "serve/report_page.h"
#include "serve/work_internal.h"

namespace videogen::serve {
namespace {

// The rate that a report's samples were taken at.
media::Rational rate_of(const Job& job, const coherence::Report& report) {
  if (job.skill == Skill::validate)
    if (const auto asked = parse_validation(job.request)) return asked->options.fps;
  return media::parse_rate(fmt::format("{}", report.fps)).value_or(media::Rational{1, 1});
}

bool wants_pictures(const Job& job) {
  if (job.skill != Skill::validate) return true;
  const auto asked = parse_validation(job.request);
  return !asked || asked->pictures;
}

}  // namespace

Status Work::write_page(const Job& job, const coherence::Report& report,
                        const coherence::PictureCollector& pictures,
                        const std::filesystem::path& clip) const {
  const std::filesystem::path page = report_page(options_.data, job);
  coherence::HtmlOptions html;
  if (!clip.empty()) {
    // Beside the page, as the service shows both.
    html.clip = coherence::linked_clip(report.source.video, clip, page);
    html.clip.url = "output";
  } else {
    html.clip.why = "the clip lies elsewhere: it was fetched, judged and not kept";
  }
  html.versions = {{"videogen", options_.version},
                   {"FFmpeg", media::capabilities().ffmpeg},
                   {"OpenCV", motion::opencv_version()}};
  if (report.embedder.name == "clip")
    html.versions.emplace_back("oneDNN", embed::capabilities().onednn);
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(page, AtomicFile::Existing::replace));
  VIDEOGEN_TRY(file.write(coherence::to_html(report, pictures.pictures(), html)));
  return file.commit();
}

Status Work::make_page(const Job& job, const std::stop_token& stop) const {
  VIDEOGEN_TRY(const coherence::Report report, load_report(report_data(options_.data, job)));
  const std::filesystem::path& clip = job.output.empty() ? job.input : job.output;
  coherence::PictureCollector pictures;
  if (!clip.empty() && wants_pictures(job)) {
    VIDEOGEN_TRY([[maybe_unused]] const pool::Lease room, options_.resident->room_for(clip, stop));
    coherence::PictureOptions fetching;
    fetching.fps = rate_of(job, report);
    VIDEOGEN_TRY(coherence::read_pictures(clip, report, fetching, pictures, stop));
  }
  return write_page(job, report, pictures, clip);
}

}  // namespace videogen::serve
