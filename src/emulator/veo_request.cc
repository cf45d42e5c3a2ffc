#include "emulator/veo_request.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"

namespace videogen::emulator {
namespace {

using nlohmann::json;

constexpr std::array kShort{4, 6, 8};
constexpr std::array kVeo2{5, 6, 7, 8};
constexpr std::array<std::string_view, 3> kAll{"720p", "1080p", "4k"};
constexpr std::span<const std::string_view> kUpTo1080 = std::span(kAll).first(2);
constexpr std::span<const std::string_view> kOnly720 = std::span(kAll).first(1);

constexpr std::array kModels{
    VeoModel{"veo-3.1-generate-001", kShort, kAll, false},
    VeoModel{"veo-3.1-fast-generate-001", kShort, kAll, false},
    VeoModel{"veo-3.1-lite-generate-001", kShort, kUpTo1080, false},
    VeoModel{"veo-3.1-generate-preview", kShort, kAll, true},
    VeoModel{"veo-3.1-fast-generate-preview", kShort, kAll, true},
    VeoModel{"veo-3.0-generate-001", kShort, kUpTo1080, true},
    VeoModel{"veo-3.0-fast-generate-001", kShort, kUpTo1080, true},
    VeoModel{"veo-2.0-generate-001", kVeo2, kOnly720, true},
};

tl::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::corrupt, std::move(message));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

// Only members of a list: a typo costs money at Google, so it fails here.
Status only(const json& object, std::string_view where, std::initializer_list<const char*> known) {
  if (!object.is_object()) return invalid(fmt::format("{} must be an object.", where));
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) == known.end())
      return invalid(
          fmt::format("Invalid JSON payload received. Unknown name \"{}\" at '{}': "
                      "Cannot find field.",
                      printable(name, 60), where));
  }
  return {};
}

Result<std::string> text_member(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::string();
  if (!at->is_string()) return invalid(fmt::format("{} must be a string.", name));
  return at->get<std::string>();
}

// A word of a list, in any case; the default where it is absent.
Result<std::string> choice(const json& object, const char* name,
                           std::span<const std::string_view> allowed) {
  VIDEOGEN_TRY(std::string value, text_member(object, name));
  value = lower(value);
  if (value.empty() || std::ranges::find(allowed, value) != allowed.end()) return value;
  return invalid(fmt::format("Unsupported {}: {}. Supported values: {}.", name,
                             printable(value, 40), fmt::join(allowed, ", ")));
}

Result<std::optional<std::int64_t>> whole(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return std::nullopt;
  if (at->is_number_integer() && !(at->is_number_unsigned() && at->get<std::uint64_t>() >> 62 != 0))
    return at->get<std::int64_t>();
  // Protocol buffers know no integers in JSON values: 8.0 is one, too.
  if (at->is_number_float() && at->get<double>() == double(int(at->get<double>())))
    return std::int64_t(at->get<double>());
  return invalid(fmt::format("{} must be an integer.", name));
}

Status flag(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null() || at->is_boolean()) return {};
  return invalid(fmt::format("{} must be a boolean.", name));
}

bool is_picture(std::string_view bytes) {
  return bytes.starts_with("\x89PNG\r\n\x1a\n") || bytes.starts_with("\xff\xd8\xff") ||
         (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP"));
}
bool is_clip(std::string_view bytes) { return bytes.size() > 12 && bytes.substr(4, 4) == "ftyp"; }

Result<Media> media(const json& object, const std::string& where, bool picture,
                    const ReadObject& read_object) {
  if (!object.is_object()) return invalid(fmt::format("{} must be an object.", where));
  VIDEOGEN_TRY(const std::string uri, text_member(object, "gcsUri"));
  VIDEOGEN_TRY(const std::string encoded, text_member(object, "bytesBase64Encoded"));
  Media found;
  VIDEOGEN_TRY(found.mime_type, text_member(object, "mimeType"));
  if (uri.empty() == encoded.empty())
    return invalid(
        fmt::format("{} must have exactly one of gcsUri and bytesBase64Encoded.", where));
  if (!encoded.empty()) {
    auto bytes = from_base64(encoded);
    if (!bytes) return invalid(fmt::format("{}.bytesBase64Encoded is not Base64.", where));
    found.bytes = *std::move(bytes);
    if (found.mime_type.empty()) return invalid(fmt::format("{}.mimeType is missing.", where));
  } else {
    const auto place = parse_gs_uri(uri);
    if (!place || place->name.empty())
      return invalid(
          fmt::format("{}.gcsUri is not gs://bucket/object: {}", where, printable(uri, 200)));
    auto object_found = read_object(place->bucket, place->name);
    if (!object_found)
      return fail(ErrorCode::not_found,
                  fmt::format("The object {} of {} does not exist.", printable(uri, 200), where));
    if (found.mime_type.empty()) found.mime_type = object_found->mime_type;
    found.bytes = std::move(object_found->bytes);
  }
  const bool right = picture ? found.mime_type.starts_with("image/") && is_picture(found.bytes)
                             : found.mime_type.starts_with("video/") && is_clip(found.bytes);
  if (!right)
    return invalid(fmt::format("{} is not {} of the type {}.", where,
                               picture ? "a picture" : "a video", printable(found.mime_type, 40)));
  return found;
}

struct Size {
  int width, height;
};
Size size_of(std::string_view resolution, bool portrait) {
  Size size{1280, 720};
  if (resolution == "1080p") size = {1920, 1080};
  if (resolution == "4k") size = {3840, 2160};
  if (portrait) std::swap(size.width, size.height);
  return size;
}

Status read_references(const json& list, VeoRequest& request, const ReadObject& read_object) {
  if (!list.is_array() || list.empty() || list.size() > 3)
    return invalid("referenceImages must hold 1 to 3 images.");
  std::size_t index = 0;
  for (const json& reference : list) {
    const std::string where = fmt::format("referenceImages[{}]", index++);
    VIDEOGEN_TRY(only(reference, where, {"image", "referenceType"}));
    constexpr std::array<std::string_view, 2> kTypes{"asset", "style"};
    VIDEOGEN_TRY(const std::string type, choice(reference, "referenceType", kTypes));
    if (type.empty()) return invalid(fmt::format("{}.referenceType is missing.", where));
    VIDEOGEN_TRY(Media picture,
                 media(reference.value("image", json()), where + ".image", true, read_object));
    request.pictures.push_back(std::move(picture));
  }
  if (request.prompt.empty()) return invalid("referenceImages need a prompt.");
  return {};
}

Status read_instance(const json& instance, VeoRequest& request, const ReadObject& read_object) {
  VIDEOGEN_TRY(only(instance, "instances[0]",
                    {"prompt", "image", "lastFrame", "video", "mask", "referenceImages"}));
  VIDEOGEN_TRY(request.prompt, text_member(instance, "prompt"));
  const auto has = [&instance](const char* name) {
    return instance.contains(name) && !instance.at(name).is_null();
  };
  if (has("image") && has("video")) return invalid("image and video are mutually exclusive.");
  if (has("referenceImages") && (has("image") || has("video") || has("lastFrame")))
    return invalid("referenceImages cannot be combined with image, lastFrame or video.");
  if (has("lastFrame") && !has("image")) return invalid("lastFrame needs an image.");
  if (has("mask") && !has("video")) return invalid("mask needs a video.");
  if (request.prompt.empty() && !has("image") && !has("video"))
    return invalid("The prompt is missing.");
  if (has("image")) {
    VIDEOGEN_TRY(Media picture, media(instance.at("image"), "image", true, read_object));
    request.pictures.push_back(std::move(picture));
  }
  if (has("lastFrame")) {
    VIDEOGEN_TRY(Media picture, media(instance.at("lastFrame"), "lastFrame", true, read_object));
    request.pictures.push_back(std::move(picture));
  }
  if (has("video")) {
    VIDEOGEN_TRY(request.video, media(instance.at("video"), "video", false, read_object));
  }
  if (has("referenceImages"))
    VIDEOGEN_TRY(read_references(instance.at("referenceImages"), request, read_object));
  return {};
}

Status check_words(const json& parameters) {
  constexpr std::array<std::string_view, 3> kPersons{"dont_allow", "allow_adult", "allow_all"};
  constexpr std::array<std::string_view, 2> kQualities{"optimized", "lossless"};
  constexpr std::array<std::string_view, 2> kModes{"pad", "crop"};
  VIDEOGEN_TRY(choice(parameters, "personGeneration", kPersons));
  VIDEOGEN_TRY(choice(parameters, "compressionQuality", kQualities));
  VIDEOGEN_TRY(choice(parameters, "resizeMode", kModes));
  VIDEOGEN_TRY(text_member(parameters, "pubsubTopic"));
  VIDEOGEN_TRY(flag(parameters, "generateAudio"));
  VIDEOGEN_TRY(flag(parameters, "enhancePrompt"));
  if (parameters.value("enhancePrompt", json()) == false)
    return invalid("Veo 3 prompt enhancement cannot be disabled.");
  return {};
}

Status read_parameters(const json& parameters, bool references, const VeoModel& model,
                       VeoRequest& request) {
  VIDEOGEN_TRY(only(parameters, "parameters",
                    {"sampleCount", "storageUri", "durationSeconds", "aspectRatio", "resolution",
                     "seed", "negativePrompt", "personGeneration", "generateAudio", "enhancePrompt",
                     "compressionQuality", "fps", "pubsubTopic", "resizeMode"}));
  VIDEOGEN_TRY(check_words(parameters));
  VIDEOGEN_TRY(request.negative_prompt, text_member(parameters, "negativePrompt"));
  VIDEOGEN_TRY(const auto samples, whole(parameters, "sampleCount"));
  if (samples.value_or(1) < 1 || samples.value_or(1) > 4)
    return invalid(fmt::format("sampleCount must be in the range [1, 4], but is {}.", *samples));
  request.samples = int(samples.value_or(1));
  VIDEOGEN_TRY(const auto seconds, whole(parameters, "durationSeconds"));
  const std::int64_t asked = seconds.value_or(8);
  if (request.video) {
    request.seconds = 7;
    if (seconds && *seconds != 7 &&
        std::ranges::find(model.durations_s, asked) == model.durations_s.end())
      return invalid(fmt::format("Unsupported output video duration {} seconds.", asked));
  } else if (std::ranges::find(model.durations_s, asked) == model.durations_s.end() ||
             (references && asked != 8)) {
    return invalid(fmt::format(
        "Unsupported output video duration {} seconds, supported durations are [{}] for {}.", asked,
        references ? "8" : fmt::format("{}", fmt::join(model.durations_s, ",")),
        references                 ? "reference_to_video"
        : request.pictures.empty() ? "text_to_video"
                                   : "image_to_video"));
  } else {
    request.seconds = int(asked);
  }
  constexpr std::array<std::string_view, 2> kRatios{"16:9", "9:16"};
  VIDEOGEN_TRY(const std::string ratio, choice(parameters, "aspectRatio", kRatios));
  VIDEOGEN_TRY(const std::string resolution, choice(parameters, "resolution", model.resolutions));
  const Size size = size_of(resolution, ratio == "9:16");
  request.width = size.width;
  request.height = size.height;
  VIDEOGEN_TRY(const auto fps, whole(parameters, "fps"));
  if (fps.value_or(24) != 24) return invalid(fmt::format("Unsupported fps {}, only 24.", *fps));
  VIDEOGEN_TRY(const auto seed, whole(parameters, "seed"));
  if (seed && (*seed < 0 || *seed > UINT32_MAX))
    return invalid(fmt::format("seed must be in the range [0, 4294967295], but is {}.", *seed));
  if (seed) request.seed = std::uint32_t(*seed);
  VIDEOGEN_TRY(const std::string uri, text_member(parameters, "storageUri"));
  if (uri.empty()) return {};
  const auto place = parse_gs_uri(uri);
  if (!place)
    return invalid(fmt::format("storageUri is not gs://bucket/prefix: {}", printable(uri, 200)));
  request.bucket = place->bucket;
  request.prefix = place->name;
  if (!request.prefix.empty() && !request.prefix.ends_with('/')) request.prefix += '/';
  return {};
}

}  // namespace

const VeoModel* find_veo_model(std::string_view id) {
  const auto at = std::ranges::find(kModels, id, &VeoModel::id);
  return at == kModels.end() ? nullptr : &*at;
}

std::optional<GsUri> parse_gs_uri(std::string_view uri) {
  constexpr std::string_view kScheme = "gs://";
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  const auto slash = std::min(uri.find('/'), uri.size());
  GsUri found{std::string(uri.substr(0, slash)),
              std::string(uri.substr(std::min(slash + 1, uri.size())))};
  return found.bucket.empty() ? std::nullopt : std::optional(found);
}

Result<VeoRequest> parse_veo_request(std::string_view body, const VeoModel& model,
                                     const ReadObject& read_object) {
  const json document = json::parse(body, nullptr, false);
  if (document.is_discarded())
    return invalid("Invalid JSON payload received. The body is not JSON (RFC 8259).");
  VIDEOGEN_TRY(only(document, "", {"instances", "parameters", "labels"}));
  const json instances = document.value("instances", json::array());
  if (!instances.is_array() || instances.size() != 1)
    return invalid("instances must hold exactly one instance.");
  VeoRequest request;
  VIDEOGEN_TRY(read_instance(instances.front(), request, read_object));
  const bool references = instances.front().contains("referenceImages");
  VIDEOGEN_TRY(
      read_parameters(document.value("parameters", json::object()), references, model, request));
  if (document.contains("labels")) {
    for (const auto& [name, value] : document.at("labels").items())
      if (!value.is_string()) return invalid(fmt::format("labels.{} must be a string.", name));
  }
  return request;
}

}  // namespace videogen::emulator
