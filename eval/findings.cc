// What the detectors found in clips, before calibration, for the fit of it:
//
//   videogen_findings CLIP…
//
// A line of JSON for each clip: {"path", "seconds", "fps", "kinds": {kind: [{"raw", "start_s",
// "end_s", detail…}]}} or {"path", "error"}.
#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include "coherence/detectors.h"
#include "coherence/frame_analyser.h"
#include "media/frame_reader.h"

namespace {

using namespace videogen;  // NOLINT(google-build-using-namespace)
using Json = nlohmann::ordered_json;

Result<coherence::Series> series_of(const std::string& path) {
  VIDEOGEN_TRY(media::FrameReader reader, media::FrameReader::open(path, {}));
  coherence::FrameAnalyser analyser;
  while (true) {
    VIDEOGEN_TRY(const std::optional<media::Frame> frame, reader.next());
    if (!frame) break;
    VIDEOGEN_TRY(const media::Image rgb, frame->rgb());
    analyser.push(rgb, frame->source_index(), frame->time_s(), {});
  }
  return *analyser.finish({});
}

Json findings_of(const coherence::Series& series) {
  Json kinds = Json::object();
  for (const coherence::Detector& detector : coherence::all_detectors()) {
    Json list = Json::array();
    for (const coherence::Finding& finding : detector.detect(series)) {
      Json one{{"raw", finding.raw},
               {"start_s", series.frames[finding.first].time_s},
               {"end_s", series.frames[finding.last].time_s}};
      for (const auto& [name, value] : finding.detail) one[name] = value;
      list.push_back(one);
    }
    kinds[detector.kind] = list;
  }
  return kinds;
}

// [start_s, end_s, column, row, features…]
Json changes_of(const coherence::Series& series) {
  Json list = Json::array();
  for (const coherence::Change& change : series.changes) {
    Json one{series.frames[change.first].time_s, series.frames[change.last].time_s, change.column,
             change.row};
    for (const float feature : change.features) one.push_back(feature);
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    Json line{{"path", argv[i]}};
    if (const auto series = series_of(argv[i])) {
      line["fps"] = series->interval_s() > 0 ? 1 / series->interval_s() : 0;
      line["seconds"] = series->size() > 0 ? series->frames.back().time_s : 0;
      line["kinds"] = findings_of(*series);
      line["changes"] = changes_of(*series);
    } else {
      line["error"] = series.error().message;
    }
    std::puts(line.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    std::fflush(stdout);
  }
  return 0;
}
