#include "serve/report_file_internal.h"

#include <concepts>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace videogen::serve {
namespace {

using coherence::Analysis;
using coherence::Measure;
using coherence::Report;
using Json = nlohmann::json;

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

// T, or T that is only read: each list of fields serves both ways.
template <class V, class T>
concept Is = std::same_as<std::remove_const_t<V>, T>;

template <class F>
void fields(F& f, Is<media::Rational> auto& v) {
  f("num", v.num), f("den", v.den);
}
template <class F>
void fields(F& f, Is<media::VideoInfo> auto& v) {
  f("container", v.container), f("codec", v.codec), f("pixel_format", v.pixel_format);
  f("width", v.width), f("height", v.height), f("rotation_degrees", v.rotation_degrees);
  f("stream_index", v.stream_index), f("duration_s", v.duration_s);
  f("frame_rate", v.frame_rate), f("frames", v.frames);
}
template <class F>
void fields(F& f, Is<embed::Identity> auto& v) {
  f("name", v.name), f("model", v.model), f("digest", v.digest);
  f("precision", v.precision), f("dimensions", v.dimensions);
}
template <class F>
void fields(F& f, Is<coherence::Opinion> auto& v) {
  f("model", v.model), f("server", v.server), f("instruction_sha256", v.instruction_sha256);
  f("layout", v.layout), f("times_s", v.times_s), f("score", v.score), f("issues", v.issues);
  f("comment", v.comment), f("gate", v.gate);
}
template <class F>
void fields(F& f, Is<coherence::FlaggedPair> auto& v) {
  f("first", v.first), f("second", v.second), f("similarity", v.similarity);
}
template <class F>
void fields(F& f, Is<coherence::Reason> auto& v) {
  f("kind", v.kind), f("message", v.message), f("start_s", v.start_s), f("end_s", v.end_s);
}
template <class F>
void fields(F& f, Is<coherence::Event> auto& v) {
  f("kind", v.kind), f("start_s", v.start_s), f("end_s", v.end_s);
  f("first_frame", v.first_frame), f("last_frame", v.last_frame);
  f("score", v.score), f("detail", v.detail);
}
template <class F>
void fields(F& f, Is<coherence::Shot> auto& v) {
  f("start_s", v.start_s), f("end_s", v.end_s);
}
template <class F>
void fields(F& f, Is<coherence::Curve> auto& v) {
  f("name", v.name), f("unit", v.unit), f("times_s", v.times_s), f("values", v.values);
}
template <class F>
void fields(F& f, Is<Measure::Moment> auto& v) {
  f("time_s", v.time_s), f("value", v.value);
}
template <class F>
void fields(F& f, Is<Measure::Alternative> auto& v) {
  f("text", v.text), f("cosine", v.cosine), f("wins", v.wins), f("probability", v.probability);
}
template <class F>
void fields(F& f, Is<Measure> auto& v) {
  f("name", v.name), f("value", v.value), f("unit", v.unit), f("gate", v.gate);
  f("passes", v.passes), f("absent", v.absent), f("least", v.least), f("most", v.most);
  f("label", v.label), f("detail", v.detail), f("curve", v.curve), f("prompt", v.prompt);
  f("moments", v.moments), f("alternatives", v.alternatives);
}
template <class F>
void fields(F& f, Is<Analysis::Evidence> auto& v) {
  f("kind", v.kind), f("score", v.score), f("absent", v.absent);
}
template <class F>
void fields(F& f, Is<Analysis> auto& v) {
  f("defects", v.defects), f("events", v.events), f("shots", v.shots);
  f("measures", v.measures), f("curves", v.curves);
}
template <class F>
void fields(F& f, Is<Report::Source> auto& v) {
  f("uri", v.uri), f("sha256", v.sha256), f("video", v.video), f("frames", v.frames);
}
template <class F>
void fields(F& f, Is<Report::Refined> auto& v) {
  f("start_s", v.start_s), f("end_s", v.end_s), f("samples", v.samples), f("why", v.why);
}
template <class F>
void fields(F& f, Is<Report::Timing> auto& v) {
  f("decode", v.decode), f("embed", v.embed), f("analyse", v.analyse), f("total", v.total);
}
template <class F>
void fields(F& f, Is<Report> auto& v) {
  f("source", v.source), f("fps", v.fps), f("sampling", v.sampling), f("refined", v.refined);
  f("profile", v.profile), f("multi_shot", v.multi_shot), f("embedder", v.embedder);
  f("embedder_why", v.embedder_why), f("overall_coherence", v.overall_coherence);
  f("min_coherence", v.min_coherence), f("max_coherence", v.max_coherence);
  f("flagged_frames", v.flagged_frames), f("frame_count", v.frame_count);
  f("validation_passed", v.validation_passed), f("threshold", v.threshold);
  f("similarities", v.similarities), f("timestamps_s", v.timestamps_s);
  f("analysis", v.analysis), f("opinion", v.opinion), f("verdict", v.verdict);
  f("reasons", v.reasons), f("notes", v.notes), f("timing_s", v.timing_s);
}

template <class T>
concept Plain = std::is_arithmetic_v<T> || std::same_as<T, std::string>;

template <class T>
struct Form {  // what has fields
  static Json write(const T& value) {
    Json json = Json::object();
    auto put = [&json]<class M>(const char* name, const M& member) {
      json[name] = Form<M>::write(member);
    };
    fields(put, value);
    return json;
  }
  // What the file does not have stays as it is.
  static void read(const Json& json, T& value) {
    auto take = [&json]<class M>(const char* name, M& member) {
      const auto at = json.find(name);
      if (at != json.end()) Form<M>::read(*at, member);
    };
    fields(take, value);
  }
};
template <Plain T>
struct Form<T> {
  static Json write(const T& value) { return value; }
  static void read(const Json& json, T& value) { value = json.get<T>(); }
};
template <class T>
  requires std::is_enum_v<T>
struct Form<T> {
  static Json write(T value) { return static_cast<int>(value); }
  static void read(const Json& json, T& value) { value = static_cast<T>(json.get<int>()); }
};
template <class T>
struct Form<std::optional<T>> {
  static Json write(const std::optional<T>& value) {
    return value ? Form<T>::write(*value) : Json(nullptr);
  }
  static void read(const Json& json, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) Form<T>::read(json, value.emplace());
  }
};
template <class A, class B>
struct Form<std::pair<A, B>> {
  static Json write(const std::pair<A, B>& value) {
    return Json::array({Form<A>::write(value.first), Form<B>::write(value.second)});
  }
  static void read(const Json& json, std::pair<A, B>& value) {
    Form<A>::read(json.at(0), value.first);
    Form<B>::read(json.at(1), value.second);
  }
};
template <class T>
struct Form<std::vector<T>> {
  static Json write(const std::vector<T>& values) {
    Json json = Json::array();
    for (const T& value : values) json.push_back(Form<T>::write(value));
    return json;
  }
  static void read(const Json& json, std::vector<T>& values) {
    values.clear();
    for (const Json& one : json) Form<T>::read(one, values.emplace_back());
  }
};

}  // namespace

std::string report_bytes(const Report& report) {
  std::string bytes;
  Json::to_cbor(Form<Report>::write(report), bytes);
  return bytes;
}

Result<Report> report_of_bytes(std::string_view bytes) {
  try {
    Report report;
    Form<Report>::read(Json::from_cbor(bytes), report);
    return report;
  } catch (const std::exception& broken) {
    return fail(ErrorCode::corrupt,
                fmt::format("the report cannot be read: {}", printable(broken.what(), 200)));
  }
}

Status save_report(const std::filesystem::path& file, const Report& report) {
  VIDEOGEN_TRY(AtomicFile kept, AtomicFile::create(file, AtomicFile::Existing::replace));
  VIDEOGEN_TRY(kept.write(report_bytes(report)));
  return kept.commit();
}

Result<Report> load_report(const std::filesystem::path& file) {
  VIDEOGEN_TRY(const std::string bytes, read_file(file, kMostBytes));
  return report_of_bytes(bytes);
}

}  // namespace videogen::serve
