// Bodies of requests and replies of /v1/videos.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "generate/service_internal.h"
#include "generate/support_codes.h"
#include "generate/videos.h"

namespace videogen::generate {
namespace {

using Json = nlohmann::ordered_json;
using nlohmann::json;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr int kBlock = 16;  // sides of latent blocks in pixels: what open models accept

std::optional<int> positive(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0 || value > 16384)
    return std::nullopt;
  return value;
}

// Lines of "720p", "4k".
std::optional<int> lines_of(std::string_view resolution) {
  if (resolution == "4k") return 2160;
  if (!resolution.ends_with('p')) return std::nullopt;
  return positive(resolution.substr(0, resolution.size() - 1));
}

Result<Fields> fields_of(const Order& order) {
  VIDEOGEN_TRY(const std::string size, videos_size(order.resolution, order.aspect_ratio));
  Fields fields{
      {"prompt", order.prompt}, {"seconds", fmt::format("{}", order.seconds)}, {"size", size}};
  if (!order.model.empty()) fields.emplace_back("model", order.model);
  if (!order.negative_prompt.empty()) fields.emplace_back("negative_prompt", order.negative_prompt);
  if (order.seed) fields.emplace_back("seed", fmt::format("{}", *order.seed));
  return fields;
}

// Not in any of what it must part.
std::string boundary_for(const Fields& fields, const Picture* picture) {
  std::random_device random;
  for (;;) {
    std::string boundary = fmt::format("videogen-{:08x}{:08x}{:08x}", random(), random(), random());
    const auto holds = [&boundary](const auto& field) {
      return field.second.find(boundary) != std::string::npos;
    };
    if (std::ranges::none_of(fields, holds) &&
        (picture == nullptr || picture->bytes.find(boundary) == std::string::npos))
      return boundary;
  }
}

VideosRequest multipart_of(const Fields& fields, const Picture* picture) {
  const std::string boundary = boundary_for(fields, picture);
  std::string body;
  for (const auto& [name, value] : fields)
    body += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n",
                        boundary, name, value);
  if (picture != nullptr) {
    body += fmt::format(
        "--{}\r\nContent-Disposition: form-data; name=\"input_reference\"; "
        "filename=\"first.{}\"\r\nContent-Type: {}\r\n\r\n",
        boundary, picture->mime_type.substr(picture->mime_type.find('/') + 1), picture->mime_type);
    body += picture->bytes;
    body += "\r\n";
  }
  body += fmt::format("--{}--\r\n", boundary);
  return {"multipart/form-data; boundary=" + boundary, std::move(body)};
}

VideosRequest json_of(const Fields& fields, const Picture* picture, const Order& order) {
  Json document;
  for (const auto& [name, value] : fields) document[name] = value;
  if (order.seed) document["seed"] = *order.seed;
  if (picture != nullptr)
    document["input_reference"] =
        fmt::format("data:{};base64,{}", picture->mime_type, base64(picture->bytes));
  return {"application/json", document.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// {"code", "message"}, or a text.
void read_failure(const json& document, std::string_view status, Poll& poll) {
  const json error = document.value("error", json());
  std::string code = text_of(error, "code");
  if (code.empty()) code = text_of(error, "type");
  std::string words = error.is_string() ? error.get<std::string>() : text_of(error, "message");
  if (words.empty()) words = text_of(document, "message");
  const std::string text = code + " " + words;
  const bool withheld =
      one_of(code, {"moderation_blocked", "content_policy_violation", "content_filter", "safety"});
  poll.state = withheld ? Poll::State::filtered : Poll::State::failed;
  poll.support_codes = support_codes_of(text);
  poll.message =
      fmt::format("{}{}{}: {}", printable(status, 40), code.empty() ? "" : ", ",
                  printable(code, 60), words.empty() ? "no reason is given" : printable(words));
}

}  // namespace

Result<std::string> videos_size(std::string_view resolution, std::string_view aspect_ratio) {
  const auto wrong = [&] {
    return fail(ErrorCode::usage,
                fmt::format("cannot make a size of the resolution {} and the "
                            "aspect ratio {} (as 720p and 16:9)",
                            printable(resolution, 40), printable(aspect_ratio, 40)));
  };
  if (const auto cross = resolution.find('x'); cross != std::string_view::npos) {
    if (!positive(resolution.substr(0, cross)) || !positive(resolution.substr(cross + 1)))
      return wrong();
    return std::string(resolution);
  }
  const auto lines = lines_of(resolution);
  const auto colon = aspect_ratio.find(':');
  if (!lines || colon == std::string_view::npos) return wrong();
  const auto wide = positive(aspect_ratio.substr(0, colon));
  const auto high = positive(aspect_ratio.substr(colon + 1));
  if (!wide || !high) return wrong();
  const double ratio = double(std::max(*wide, *high)) / std::min(*wide, *high);
  int longer = static_cast<int>(std::lround(*lines * ratio / kBlock)) * kBlock;
  // The size that Wan's models were trained on, and what servers mean by 480p.
  if (*lines == 480 && std::max(*wide, *high) == 16 && std::min(*wide, *high) == 9) longer = 832;
  if (longer > 16384) return wrong();
  return *wide >= *high ? fmt::format("{}x{}", longer, *lines)
                        : fmt::format("{}x{}", *lines, longer);
}

Result<VideosRequest> videos_request(const Order& order, VideosOptions::Body body) {
  if (!order.video.empty() || order.extensions > 0)
    return fail(ErrorCode::unsupported, "/v1/videos cannot continue a clip");
  if (order.last_frame || !order.references.empty())
    return fail(ErrorCode::unsupported,
                "/v1/videos takes a first frame only, no last frame and no reference images");
  VIDEOGEN_TRY(const Fields fields, fields_of(order));
  std::optional<Picture> picture;
  if (order.image) {
    VIDEOGEN_TRY(picture, read_picture(*order.image));
  }
  const Picture* given = picture ? &*picture : nullptr;
  return body == VideosOptions::Body::json ? json_of(fields, given, order)
                                           : multipart_of(fields, given);
}

std::string read_video_id(std::string_view body) {
  const json document = json::parse(body, nullptr, false);
  if (!document.is_object()) return {};
  std::string id = text_of(document, "id");
  if (id.empty()) id = text_of(document, "video_id");
  const auto number = document.find("id");
  if (id.empty() && number != document.end() && number->is_number_unsigned()) id = number->dump();
  constexpr std::size_t kMost = 512;
  return id.size() <= kMost ? id : std::string();
}

Result<Poll> read_video(std::string_view body) {
  const json document = json::parse(body, nullptr, false);
  if (document.is_discarded() || !document.is_object())
    return fail(ErrorCode::corrupt, "the reply to a poll is no JSON object");
  std::string status = text_of(document, "status");
  std::ranges::transform(status, status.begin(),
                         [](unsigned char c) { return char(std::tolower(c)); });
  Poll poll;
  if (one_of(status, {"completed", "complete", "succeeded", "success", "done"})) {
    poll.state = Poll::State::done;
    poll.clips.push_back({{}, {}, "video/mp4"});
  } else if (one_of(status, {"failed", "failure", "error", "cancelled", "canceled", "rejected"})) {
    read_failure(document, status, poll);
  } else if (status == "expired") {
    poll.state = Poll::State::gone;
    poll.message = "the server says that the video has expired";
  } else if (status.empty()) {
    return fail(ErrorCode::corrupt, "the reply to a poll has no status");
  } else {
    // queued, in_progress, pending, and what else a server may call it.
    if (auto percent = count_of(document, "progress"); percent && *percent >= 0)
      poll.percent = std::min(*percent, 100);
  }
  return poll;
}

}  // namespace videogen::generate
