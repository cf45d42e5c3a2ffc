// Bodies of Veo's requests and replies.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/file.h"
#include "generate/service_internal.h"
#include "generate/support_codes.h"
#include "generate/veo.h"

namespace videogen::generate {
namespace {

using Json = nlohmann::ordered_json;
using nlohmann::json;

// The clip that is continued.
Result<Json> video_of(const std::string& video) {
  constexpr std::size_t kMost = std::size_t{512} << 20;
  if (video.starts_with("gs://")) return Json{{"gcsUri", video}, {"mimeType", "video/mp4"}};
  auto bytes = read_file(video, kMost);
  if (!bytes) return tl::unexpected(bytes.error());
  return Json{{"bytesBase64Encoded", base64(*bytes)}, {"mimeType", "video/mp4"}};
}

Result<Json> media_of(const std::filesystem::path& path) {
  VIDEOGEN_TRY(const Picture picture, read_picture(path));
  return Json{{"bytesBase64Encoded", base64(picture.bytes)}, {"mimeType", picture.mime_type}};
}

// google/rpc/code.proto
std::string_view rpc_name(int code) {
  constexpr std::string_view kNames[]{"OK",
                                      "CANCELLED",
                                      "UNKNOWN",
                                      "INVALID_ARGUMENT",
                                      "DEADLINE_EXCEEDED",
                                      "NOT_FOUND",
                                      "ALREADY_EXISTS",
                                      "PERMISSION_DENIED",
                                      "RESOURCE_EXHAUSTED",
                                      "FAILED_PRECONDITION",
                                      "ABORTED",
                                      "OUT_OF_RANGE",
                                      "UNIMPLEMENTED",
                                      "INTERNAL",
                                      "UNAVAILABLE",
                                      "DATA_LOSS",
                                      "UNAUTHENTICATED"};
  return code >= 0 && code < int(std::size(kNames)) ? kNames[code] : "UNKNOWN";
}

// Clips as they are parsed: the document never holds them, nor twice their bytes.
class Extraction {
 public:
  // For json::parse: puts the clip's number in place of its Base64.
  bool operator()(int /*depth*/, json::parse_event_t event, json& value) {
    constexpr std::size_t kInline = 64;
    if (event == json::parse_event_t::key) {
      is_bytes_ = value == "bytesBase64Encoded";
    } else if (event == json::parse_event_t::value && is_bytes_ && value.is_string()) {
      auto bytes = from_base64(value.get_ref<const std::string&>());
      if (bytes && clips_.size() < kInline) {
        value = clips_.size();
        clips_.push_back(*std::move(bytes));
      } else {
        value = nullptr;
        broken_ = true;
      }
    }
    return true;
  }
  [[nodiscard]] bool broken() const { return broken_; }
  std::string take(std::size_t index) {
    return index < clips_.size() ? std::move(clips_[index]) : std::string();
  }

 private:
  bool is_bytes_ = false, broken_ = false;
  std::vector<std::string> clips_;
};

std::vector<Clip> clips_of(const json& response, Extraction& extraction) {
  std::vector<Clip> clips;
  const auto videos = response.find("videos");
  if (videos == response.end() || !videos->is_array()) return clips;
  for (const json& video : *videos) {
    Clip clip;
    clip.uri = text_of(video, "gcsUri");
    clip.mime_type = text_of(video, "mimeType");
    if (const auto index = count_of(video, "bytesBase64Encoded"); index && *index >= 0)
      clip.bytes = extraction.take(static_cast<std::size_t>(*index));
    if (!clip.uri.empty() || !clip.bytes.empty()) clips.push_back(std::move(clip));
  }
  return clips;
}

void read_error(const json& error, Poll& poll) {
  poll.state = Poll::State::failed;
  poll.code = count_of(error, "code").value_or(2);
  const std::string words = text_of(error, "message");
  poll.support_codes = support_codes_of(words);
  const std::string codes = explained(poll.support_codes);
  poll.message = fmt::format("{} ({}): {}{}", rpc_name(poll.code), poll.code,
                             words.empty() ? "no reason is given" : printable(words),
                             codes.empty() ? "" : fmt::format(" [{}]", codes));
}

void read_response(const json& response, int samples, Extraction& extraction, Poll& poll) {
  if (response.is_object()) poll.clips = clips_of(response, extraction);
  poll.withheld = std::max(count_of(response, "raiMediaFilteredCount").value_or(0), 0);
  std::string words;
  if (response.is_object()) {
    const auto reasons = response.find("raiMediaFilteredReasons");
    if (reasons != response.end() && reasons->is_array()) {
      for (const json& reason : *reasons) {
        if (!reason.is_string()) continue;
        const auto& text = reason.get_ref<const std::string&>();
        if (words.empty()) words = printable(text);
        for (const int code : support_codes_of(text))
          if (std::ranges::find(poll.support_codes, code) == poll.support_codes.end())
            poll.support_codes.push_back(code);
      }
    }
  }
  const int asked = std::max(samples, 1);
  const int got = static_cast<int>(poll.clips.size());
  if (got == 0 && poll.withheld == 0 && words.empty()) {
    poll.state = Poll::State::failed;
    poll.message = "the operation ended without clips and without a reason";
    return;
  }
  if (got >= asked) {
    poll.state = Poll::State::done;
    return;
  }
  poll.state = got == 0 ? Poll::State::filtered : Poll::State::partial;
  const std::string codes = explained(poll.support_codes);
  poll.message = fmt::format("{} of {} clips came{}{}{}", got, asked,
                             poll.withheld > 0 ? "; filters withheld the others" : "",
                             codes.empty() ? "" : fmt::format(" ({})", codes),
                             words.empty() ? "" : ": " + words);
}

}  // namespace

Result<std::string> veo_request(const Order& order, std::string_view storage_uri) {
  Json instance{{"prompt", order.prompt}};
  if (!order.video.empty()) {
    VIDEOGEN_TRY(instance["video"], video_of(order.video));
  }
  // Pictures are of the first clip: what continues it has its frames to go by.
  const bool first = order.video.empty();
  if (first && order.image) {
    VIDEOGEN_TRY(instance["image"], media_of(*order.image));
  }
  if (first && order.last_frame) {
    VIDEOGEN_TRY(instance["lastFrame"], media_of(*order.last_frame));
  }
  for (const auto& path : first ? order.references : std::vector<std::filesystem::path>()) {
    VIDEOGEN_TRY(Json media, media_of(path));
    instance["referenceImages"].push_back(
        Json{{"image", std::move(media)}, {"referenceType", "asset"}});
  }
  Json parameters{{"sampleCount", order.samples},
                  {"durationSeconds", first ? order.seconds : order.extension_seconds},
                  {"aspectRatio", order.aspect_ratio},
                  {"resolution", order.resolution},
                  {"generateAudio", order.audio}};
  if (order.seed) parameters["seed"] = *order.seed;
  if (!order.negative_prompt.empty()) parameters["negativePrompt"] = order.negative_prompt;
  if (!storage_uri.empty()) parameters["storageUri"] = storage_uri;
  const Json body{{"instances", Json::array({std::move(instance)})},
                  {"parameters", std::move(parameters)}};
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Poll> read_veo_operation(std::string_view body, int samples) {
  Extraction extraction;
  const auto extract = [&extraction](int depth, json::parse_event_t event, json& value) {
    return extraction(depth, event, value);
  };
  const json document = json::parse(body, extract, false);
  if (document.is_discarded() || !document.is_object())
    return fail(ErrorCode::corrupt, "the reply to a poll is no JSON object");
  // A clip that lost a digit on the way may come whole the next time.
  if (extraction.broken())
    return fail(ErrorCode::corrupt, "the reply to a poll holds a clip that is not Base64");
  Poll poll;
  const auto done = document.find("done");
  if (done == document.end() || *done != true) {
    if (!document.contains("name"))
      return fail(ErrorCode::corrupt, "the reply to a poll names no operation");
    return poll;
  }
  const auto error = document.find("error");
  if (error != document.end() && error->is_object()) {
    read_error(*error, poll);
  } else {
    read_response(document.value("response", json()), samples, extraction, poll);
  }
  return poll;
}

Result<VeoOperation> parse_veo_operation(std::string_view name) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = name;;) {
    const auto slash = rest.find('/');
    parts.push_back(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  // These become part of an address.
  const auto plain = [](std::string_view part) {
    return !part.empty() && !part.starts_with('.') &&
           std::ranges::all_of(part, [](unsigned char c) {
             return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':';
           });
  };
  const bool right = parts.size() == 10 && parts[0] == "projects" && parts[2] == "locations" &&
                     parts[4] == "publishers" && parts[6] == "models" && parts[8] == "operations" &&
                     std::ranges::all_of(parts, plain);
  if (!right)
    return fail(ErrorCode::usage,
                fmt::format("{} is no operation of Veo (expected projects/P/locations/L/"
                            "publishers/google/models/M/operations/ID)",
                            printable(name, 200)));
  return VeoOperation{std::string(name.substr(0, name.find("/operations/"))), std::string(parts[1]),
                      std::string(parts[3]), std::string(parts[7])};
}

}  // namespace videogen::generate
