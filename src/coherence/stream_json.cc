#include "coherence/stream_json.h"

#include <nlohmann/json.hpp>

#include "coherence/events.h"
#include "coherence/report_json.h"

namespace videogen::coherence {
namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view name(Arrival arrival) {
  switch (arrival) {
    case Arrival::pipe:
      return "pipe";
    case Arrival::growing_file:
      return "growing_file";
    case Arrival::spooled:
      return "spooled";
    case Arrival::finished_file:
      break;
  }
  return "finished_file";
}

}  // namespace

std::string start_line(const Source& source, Arrival arrival, const embed::Chosen& embedder,
                       const Options& options) {
  return text({{"type", "start"},
               {"schema", "videogen.stream/1"},
               {"uri", source.uri},
               {"input", name(arrival)},
               {"fps", options.fps.value()},
               {"profile", name(options.profile)},
               {"threshold", options.threshold},
               {"multi_shot", options.multi_shot},
               {"embedder", embedder.embedder->identity().model}});
}

std::string note_line(std::string_view message) {
  return text({{"type", "note"}, {"message", message}});
}

std::string sample_line(const StreamedSample& sample) {
  Json json{{"type", "sample"}, {"index", sample.index}, {"time_s", sample.time_s}};
  json["similarity"] = sample.similarity ? Json(*sample.similarity) : Json(nullptr);
  json["flagged"] = sample.flagged;
  return text(json);
}

std::string event_line(const ToldEvent& told) {
  if (told.state == ToldEvent::State::retracted)
    return text({{"type", "retract"},
                 {"id", told.id},
                 {"kind", told.event.kind},
                 {"start_s", told.event.start_s},
                 {"end_s", told.event.end_s}});
  Json detail = Json::object();
  for (const auto& [key, value] : told.event.detail) detail[key] = value;
  return text({{"type", "event"},
               {"id", told.id},
               {"revised", told.state == ToldEvent::State::revised},
               {"message", sentence(told.event)},
               {"kind", told.event.kind},
               {"start_s", told.event.start_s},
               {"end_s", told.event.end_s},
               {"first_frame", told.event.first_frame},
               {"last_frame", told.event.last_frame},
               {"score", told.event.score},
               {"detail", std::move(detail)}});
}

// What to_json() wrote is put in as it is: read and written again, nothing would be gained.
std::string report_line(const Report& report) {
  return R"({"type":"report","report":)" + to_json(report, JsonLayout::one_line) + "}";
}

std::string error_line(const Error& error, std::string_view uri) {
  return R"({"type":"error","error":)" + to_json(error, uri, JsonLayout::one_line) + "}";
}

}  // namespace videogen::coherence
