#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "coherence/read_pictures.h"
#include "coherence/report_json.h"
#include "media/rate.h"
#include "net/address.h"
#include "net/remote_inputs.h"
#include "serve/local_file_internal.h"
#include "serve/members_internal.h"
#include "serve/report_file_internal.h"
#include "serve/report_page.h"
#include "serve/work_internal.h"

namespace videogen::serve {
namespace {

bool wordless(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

Status read_rate(Members& members, coherence::Options& options) {
  // 2, "30000/1001" or "auto"
  const Result<std::optional<double>> number = members.number("fps", 0, 1000);
  std::string text = "1";
  if (number) {
    if (!*number) return {};
    text = fmt::format("{}", **number);
  } else {
    VIDEOGEN_TRY(const std::optional<std::string> written, members.text("fps"));
    text = written.value_or(text);
  }
  if (text == "auto") {
    options.sampling = coherence::Sampling::automatic;
    return {};
  }
  const auto rate = media::parse_rate(text);
  if (!rate)
    return fail(ErrorCode::usage,
                fmt::format("fps {}: must be a rate over 0 and at most 1000, as 2, 0.5 or "
                            "\"30000/1001\", or \"auto\"",
                            printable(text, 60)));
  options.fps = *rate;
  return {};
}

Status read_prompt(Members& members, coherence::Options& options) {
  VIDEOGEN_TRY(const std::optional<std::string> prompt, members.text("prompt"));
  VIDEOGEN_TRY(options.versus, members.texts("versus"));
  VIDEOGEN_TRY(const std::optional<std::string> compat, members.text("compat"));
  if (prompt && wordless(*prompt)) return fail(ErrorCode::usage, "prompt has no words");
  if (std::ranges::any_of(options.versus, wordless))
    return fail(ErrorCode::usage, "versus has no words");
  if (!options.versus.empty() && !prompt)
    return fail(ErrorCode::usage, "versus needs the text that it is against: prompt");
  if (compat && *compat != "vbench")
    return fail(ErrorCode::usage, fmt::format("compat {}: must be vbench", printable(*compat, 60)));
  options.vbench = compat.has_value();
  options.prompt = prompt.value_or("");
  const bool full_only = prompt || compat;
  if (full_only && options.profile == coherence::Profile::quick)
    return fail(ErrorCode::usage,
                fmt::format("{} belongs to the profile full: quick has no measures",
                            prompt ? "prompt" : "compat"));
  return {};
}

}  // namespace

Result<ValidationRequest> parse_validation(std::string_view request) {
  VIDEOGEN_TRY(Members members, Members::parse(request));
  ValidationRequest asked;
  coherence::Options& options = asked.options;
  VIDEOGEN_TRY(asked.uri, members.text("uri"));
  VIDEOGEN_TRY(read_rate(members, options));
  VIDEOGEN_TRY(const auto threshold, members.number("threshold", -1, 1));
  options.threshold = threshold.value_or(options.threshold);
  VIDEOGEN_TRY(const auto profile, members.text("profile"));
  const std::string looks = profile.value_or("full");
  if (looks != "quick" && looks != "full")
    return fail(ErrorCode::usage,
                fmt::format("profile {}: must be quick or full", printable(looks, 60)));
  if (looks == "quick") options.profile = coherence::Profile::quick;
  VIDEOGEN_TRY(const auto multi, members.flag("multi_shot"));
  VIDEOGEN_TRY(const auto single, members.flag("single_shot"));
  if (multi.value_or(false) && single.value_or(false))
    return fail(ErrorCode::usage, "multi_shot and single_shot exclude each other");
  options.multi_shot = multi.value_or(false);
  VIDEOGEN_TRY(read_prompt(members, options));
  VIDEOGEN_TRY(const auto pictures, members.flag("pictures"));
  asked.pictures = pictures.value_or(true);
  VIDEOGEN_TRY(members.done());
  return asked;
}

Status Work::check_uri(const std::string& uri) const {
  if (net::is_remote(uri)) {
    const net::AddressGuard guard(options_.allowed);
    VIDEOGEN_TRY(guard.check(uri));
    // Names are looked at when they are dialled; what is written in digits can be said now.
    VIDEOGEN_TRY(const net::Address address, net::parse_address(uri));
    std::string_view host = address.host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    const auto ip = net::parse_ip(host);
    const auto what = ip ? guard.refuses(*ip) : std::nullopt;
    if (what)
      return fail(ErrorCode::usage,
                  fmt::format("{} is refused: {} is {}", net::shown_address(uri), host, *what));
    return {};
  }
  const bool other_scheme = uri.find("://") != std::string::npos && !uri.starts_with("file://");
  if (other_scheme)
    return fail(ErrorCode::usage, fmt::format("{}: only http and https addresses are fetched",
                                              net::shown_address(uri)));
  VIDEOGEN_TRY([[maybe_unused]] const LocalFile file, LocalFile::open(options_.files, uri));
  return {};
}

Status Work::check_validation(std::string_view request, bool has_upload) const {
  VIDEOGEN_TRY(const ValidationRequest asked, parse_validation(request));
  if (asked.uri && has_upload)
    return fail(ErrorCode::usage, "uri and file are two clips: give one of them");
  if (!asked.uri && !has_upload)
    return fail(ErrorCode::usage, "a clip is needed: \"uri\", or a form with \"file\"");
  return asked.uri ? check_uri(*asked.uri) : Status();
}

namespace {

std::string verdict_text(const coherence::Report& report) {
  std::string text(coherence::name(report.verdict));
  for (const auto& reason : report.reasons) text += ": " + reason.message;
  return printable(text, 500);
}

}  // namespace

// The report as A2A has it: its data, and where the page lies.
Artifact report_artifact(const Job& job, const std::string& report) {
  return {"report", "report", "What validating the clip found",
          fmt::format(R"([{{"data":{},"mediaType":"application/json"}},)"
                      R"({{"url":"/v1/jobs/{}/report","mediaType":"text/html",)"
                      R"("filename":"report.html"}}])",
                      report, job.id)};
}

Result<Clip> Work::fetch(const Job& job, const std::optional<std::string>& uri, JobRun& run) {
  WorkStage stage(job, run, metrics_, telemetry_, "fetch", 0, 0.2);
  Clip clip;
  if (!job.input.empty()) {
    clip.source = {job.input, job.input_name};
  } else if (net::is_remote(*uri)) {
    net::RemoteOptions remote;
    remote.untrusted = true;
    remote.allowed = options_.allowed;
    remote.deadline = options_.download_deadline;
    remote.most_bytes = options_.most_download;
    net::RemoteInputs inputs(
        remote, [&](std::string_view, std::uint64_t done, std::optional<std::uint64_t> total) {
          stage.progress(static_cast<double>(done), static_cast<double>(total.value_or(0)));
        });
    VIDEOGEN_TRY(net::Spool spool, inputs.fetch(*uri, run.stop()));
    clip.spool.emplace(std::move(spool));
    clip.source = {clip.spool->path(), net::shown_address(*uri)};
  } else {
    VIDEOGEN_TRY(LocalFile file, LocalFile::open(options_.files, *uri));
    clip.file.emplace(std::move(file));
    clip.source = {clip.file->path(), *uri};
  }
  return clip;
}

void Work::count(const coherence::Report& report) {
  if (report.overall_coherence) metrics_.coherence(*report.overall_coherence);
  if (!report.analysis) return;
  for (const auto& defect : report.analysis->defects)
    if (defect.score) metrics_.defect(defect.kind, *defect.score);
}

Result<Ending> Work::validate(const Job& job, JobRun& run) {
  VIDEOGEN_TRY(ValidationRequest asked, parse_validation(job.request));
  VIDEOGEN_TRY(const Clip clip, fetch(job, asked.uri, run));
  // Of a clip that is kept the page is made when somebody asks for it.
  const bool now = job.input.empty() || options_.pages_at_once;
  coherence::PictureCollector pictures;
  if (now && asked.pictures) asked.options.pictures = &pictures;
  std::optional<coherence::Report> report;
  {
    WorkStage stage(job, run, metrics_, telemetry_, "validate", 0.2, 0.9);
    asked.options.progress = [&stage](const coherence::Progress& progress) {
      stage.progress(static_cast<double>(progress.samples),
                     static_cast<double>(progress.total.value_or(0)));
    };
    VIDEOGEN_TRY([[maybe_unused]] const pool::Lease room,
                 options_.resident->room_for(clip.source.path, run.stop()));
    VIDEOGEN_TRY(report, coherence::validate(clip.source, options_.resident->embedder(),
                                             asked.options, run.stop()));
  }
  count(*report);
  {
    WorkStage stage(job, run, metrics_, telemetry_, "report", 0.9, 1);
    const Status page = [&]() -> Status {
      VIDEOGEN_TRY(save_report(report_data(options_.data, job), *report));
      if (!now) return {};
      if (asked.pictures) {
        coherence::PictureOptions fetching;
        fetching.fps = asked.options.fps;
        VIDEOGEN_TRY(
            coherence::read_pictures(clip.source.path, *report, fetching, pictures, run.stop()));
      }
      return write_page(job, *report, pictures, job.input);
    }();
    if (!page && run.stop().stop_requested()) return tl::unexpected(page.error());
    // What was found is not lost with it: the disk may be full.
    if (!page) run.says("the report has no page: " + page.error().message);
  }
  Ending ending;
  ending.result = coherence::to_json(*report, coherence::JsonLayout::one_line);
  ending.message = verdict_text(*report);
  run.artifact(report_artifact(job, ending.result));
  return ending;
}

}  // namespace videogen::serve
