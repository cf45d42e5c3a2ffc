// What was measured of clips, for eval/fit.py to learn from:
//
//   videogen_findings FITTED.json MAPS_FOLDER CLIP…
//
// A line of JSON for each clip: {"path", "fps", "kinds": {scale: [{"raw", "start_s", "end_s",
// detail…}]}, "maps": FILE} or {"path", "error"}. The working points in FITTED.json don't
// matter. Findings of morphs are those of its network. FILE holds the clip's change maps:
// int32 maps, rows, columns, block features, pair features; then for each map float32 first_s,
// last_s, [pair features], [block features, rows, columns].
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "coherence/detectors.h"
#include "coherence/frame_analyser.h"
#include "media/frame_reader.h"

namespace {

using namespace videogen;  // NOLINT(google-build-using-namespace)
using Json = nlohmann::ordered_json;

Result<coherence::Series> series_of(const std::string& path, const coherence::Fitted& fitted) {
  VIDEOGEN_TRY(media::FrameReader reader, media::FrameReader::open(path, {}));
  coherence::FrameAnalyser analyser({.network = &fitted.network, .keep_maps = true});
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
    kinds[detector.scale] = list;
  }
  return kinds;
}

template <class Value>
void put(std::ofstream& file, const Value* values, std::size_t count) {
  file.write(reinterpret_cast<const char*>(values), std::streamsize(count * sizeof(Value)));
}

bool write_maps(const coherence::Series& series, const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  const bool any = !series.maps.empty();
  const std::int32_t head[] = {std::int32_t(series.maps.size()), any ? series.maps.front().rows : 0,
                               any ? series.maps.front().columns : 0,
                               std::int32_t(coherence::kBlockFeatures),
                               std::int32_t(coherence::kPairFeatures)};
  put(file, head, std::size(head));
  for (const coherence::ChangeMap& map : series.maps) {
    const float times[] = {float(map.first_s), float(map.last_s)};
    put(file, times, std::size(times));
    put(file, map.pair.data(), map.pair.size());
    put(file, map.values.data(), map.values.size());
  }
  file.close();
  return file.good();
}

Json facts_of(const std::string& path, const coherence::Fitted& fitted,
              const std::filesystem::path& folder) {
  Json line{{"path", path}};
  const auto series = series_of(path, fitted);
  if (!series) {
    line["error"] = series.error().message;
    return line;
  }
  line["fps"] = series->interval_s() > 0 ? 1 / series->interval_s() : 0;
  line["kinds"] = findings_of(*series);
  const std::filesystem::path maps =
      folder / (std::filesystem::path(path).filename().string() + ".maps");
  if (write_maps(*series, maps)) {
    line["maps"] = maps.string();
  } else {
    line["error"] = "cannot write " + maps.string();
  }
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: videogen_findings FITTED.json MAPS_FOLDER CLIP…\n";
    return 2;
  }
  const auto fitted = coherence::read_fitted(argv[1]);
  if (!fitted) {
    std::cerr << fitted.error().message << '\n';
    return 3;
  }
  std::filesystem::create_directories(argv[2]);
  for (int i = 3; i < argc; ++i) {
    const Json line = facts_of(argv[i], *fitted, argv[2]);
    std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
  }
  return 0;
}
