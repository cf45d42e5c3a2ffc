#include <unistd.h>

#include <atomic>
#include <random>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/file.h"
#include "emulator/services_internal.h"
#include "emulator/veo_request.h"
#include "media/probe.h"

namespace videogen::emulator {
namespace {

using net::ServerResponse;
using nlohmann::json;

constexpr std::size_t kMostClip = std::size_t{1} << 30;
constexpr double kLongestInput = 30;  // seconds that can be continued

// An operation's id, as Vertex AI makes them: a random UUID.
std::string new_id() {
  static std::atomic<std::uint64_t> counter{0};
  std::random_device random;
  const auto word = [&random] { return unsigned(random()); };
  const unsigned count = unsigned(counter++);
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:08x}{:04x}", word(), word() & 0xffff,
                     word() & 0xfff, count & 0xfff, word(), word() & 0xffff);
}

std::string digest_of(std::string_view bytes) { return checksums_of(bytes).sha256; }

class Veo {
 public:
  Veo(const Account& account, const Keys& keys, ClipJobs& jobs, const ObjectStore& objects,
      std::filesystem::path folder)
      : account_(account),
        keys_(keys),
        jobs_(jobs),
        objects_(objects),
        folder_(std::move(folder)) {}

  [[nodiscard]] ServerResponse submit(const Call& call) const;
  [[nodiscard]] ServerResponse poll(const Call& call) const;

 private:
  // "projects/P/locations/L/publishers/google/models/M"
  [[nodiscard]] std::string model_name(const Call& call) const;
  [[nodiscard]] std::optional<Media> read_object(const std::string& bucket,
                                                 const std::string& name) const;
  [[nodiscard]] Result<ClipOrder> order_of(const VeoRequest& request) const;
  [[nodiscard]] Result<double> length_of(const Media& video) const;

  const Account& account_;
  const Keys& keys_;
  ClipJobs& jobs_;
  const ObjectStore& objects_;
  std::filesystem::path folder_;
};

ServerResponse unknown_model(const std::string& name) {
  return error_answer(
      Style::google, 404,
      fmt::format("Publisher Model `{}` was not found or your project does not have access to "
                  "it. Please ensure you are using a valid model version. For more information, "
                  "see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/"
                  "model-versions",
                  printable(name, 200)));
}

std::string Veo::model_name(const Call& call) const {
  const auto or_own = [&call](std::string_view value, const std::string& own) {
    return call.values[value].empty() ? own : call.values[value];
  };
  return fmt::format("projects/{}/locations/{}/publishers/google/models/{}",
                     or_own("project", account_.project), or_own("location", account_.location),
                     call.values["model"]);
}

std::optional<Media> Veo::read_object(const std::string& bucket, const std::string& name) const {
  const auto object = objects_.find(bucket, name);
  if (!object) return std::nullopt;
  auto bytes = read_file(objects_.path(*object), kMostClip);
  if (!bytes) return std::nullopt;
  return Media{object->draft.content_type, *std::move(bytes)};
}

Result<double> Veo::length_of(const Media& video) const {
  static std::atomic<unsigned> counter{0};
  const auto path = folder_ / fmt::format("input-{}-{}.mp4", ::getpid(), counter++);
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::replace));
  VIDEOGEN_TRY(file.write(std::string_view(video.bytes)));
  const auto info = media::probe(file.partial_path());
  if (!info || !info->duration_s)
    return fail(ErrorCode::corrupt, "The input video cannot be read.");
  if (*info->duration_s < 1 || *info->duration_s > kLongestInput)
    return fail(ErrorCode::corrupt,
                fmt::format("The input video must be 1 to 30 seconds long, but has {:.1f}.",
                            *info->duration_s));
  return *info->duration_s;
}

// The order for the first clip; the others differ in their seeds.
Result<ClipOrder> Veo::order_of(const VeoRequest& request) const {
  ClipOrder order;
  order.prompt = request.prompt;
  order.negative_prompt = request.negative_prompt;
  for (const Media& picture : request.pictures) order.pictures += digest_of(picture.bytes);
  order.width = request.width;
  order.height = request.height;
  order.seconds = request.seconds;
  order.seed = request.seed ? *request.seed : std::random_device()();
  if (!request.video) return order;
  // What was rendered here goes on where it ended: a scene is a function of time.
  VIDEOGEN_TRY(const double length, length_of(*request.video));
  order.seconds = length + request.seconds;
  order.pictures += digest_of(request.video->bytes);
  if (const auto made = jobs_.made(digest_of(request.video->bytes))) {
    const scenes::Clip clip = clip_of(*made, 0);
    order.continued_scene = clip.scene;
    order.continued_seed = clip.seed;
  }
  return order;
}

Outcome outcome_of(const Faults& faults) {
  if (faults.has(FaultKind::filtered)) return Outcome::filtered;
  if (faults.has(FaultKind::partial)) return Outcome::partial;
  if (faults.has(FaultKind::operation_error)) return Outcome::operation_error;
  if (faults.has(FaultKind::policy_error)) return Outcome::policy_error;
  if (faults.has(FaultKind::endless)) return Outcome::endless;
  return Outcome::clips;
}

ServerResponse Veo::submit(const Call& call) const {
  if (auto refused = refuse_caller(call, keys_, account_, Style::google, Credentials::required))
    return *std::move(refused);
  const std::string name = model_name(call);
  const VeoModel* model = find_veo_model(call.values["model"]);
  if (model == nullptr || model->retired) return unknown_model(name);
  const auto reader = [this](const std::string& bucket, const std::string& object) {
    return read_object(bucket, object);
  };
  const auto request = parse_veo_request(call.request.body.bytes(), *model, reader);
  if (!request) return error_answer(Style::google, 400, request.error().message);
  const auto order = order_of(*request);
  if (!order) return error_answer(Style::google, 400, order.error().message);

  const std::string id = new_id();
  JobRequest job;
  job.api = "veo";
  job.name = name + "/operations/" + id;
  job.model = call.values["model"];
  job.bucket = request->bucket;
  if (!job.bucket.empty()) job.prefix = request->prefix + id + "/";
  job.outcome = outcome_of(call.faults);
  job.damaged = call.faults.has(FaultKind::damaged);
  for (int i = 0; i < request->samples; ++i) {
    job.orders.push_back(*order);
    job.orders.back().seed += std::uint64_t(i);
  }
  if (const Status taken = jobs_.submit(job); !taken)
    return error_answer(Style::google, 500, taken.error().message);
  return json_answer({{"name", job.name}});
}

json operation_error(int code, std::string_view message) {
  return {{"code", code}, {"message", message}, {"details", json::array()}};
}

std::string filtered_reason(std::string_view codes) {
  return fmt::format(
      "Veo could not generate videos based on the prompt you provided: it appears to violate "
      "Google's Responsible AI practices. Try rephrasing the prompt. If you think this was an "
      "error, send feedback. Support codes: {}",
      codes);
}

// The response of an operation that ended well, if only in part.
Result<json> response_of(const Job& job) {
  json response{
      {"@type", "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"}};
  const std::size_t missing = job.request.asked - job.clips.size();
  response["raiMediaFilteredCount"] = missing;
  if (missing > 0) {
    response["raiMediaFilteredReasons"] = json::array();
    for (std::size_t i = 0; i < missing; ++i)
      response["raiMediaFilteredReasons"].push_back(filtered_reason("58061214, 29310472"));
  }
  json videos = json::array();
  for (const JobClip& clip : job.clips) {
    json video{{"mimeType", "video/mp4"}};
    if (clip.object.empty()) {
      VIDEOGEN_TRY(const std::string bytes, read_file(clip.file, kMostClip));
      video["bytesBase64Encoded"] = base64(bytes);
    } else {
      video["gcsUri"] = fmt::format("gs://{}/{}", job.request.bucket, clip.object);
    }
    videos.push_back(std::move(video));
  }
  // Filtered in whole, it is absent and not empty.
  if (!videos.empty()) response["videos"] = std::move(videos);
  return response;
}

ServerResponse Veo::poll(const Call& call) const {
  if (auto refused = refuse_caller(call, keys_, account_, Style::google, Credentials::required))
    return *std::move(refused);
  const auto document = json_body(call.request);
  if (!document) return error_answer(Style::google, 400, document.error().message);
  const json name_member = document->value("operationName", json());
  const std::string name = name_member.is_string() ? name_member.get<std::string>() : "";
  const auto at = name.find("/operations/");
  if (at == std::string::npos)
    return error_answer(Style::google, 400,
                        "operationName is missing or not projects/…/operations/ID.");
  if (name.substr(0, at) != model_name(call))
    return error_answer(Style::google, 400,
                        "operationName is of another project, location or model than the path.");
  const auto job = jobs_.find("veo", name);
  if (!job)
    return error_answer(Style::google, 404,
                        fmt::format("Operation {} was not found.", printable(name, 200)));
  json answer{{"name", name}};
  if (!job->done()) return json_answer(answer);
  answer["done"] = true;
  if (job->request.outcome == Outcome::operation_error) {
    answer["error"] = operation_error(13,
                                      "Video generation failed due to an internal issue. "
                                      "Please try again in a few minutes.");
  } else if (job->request.outcome == Outcome::policy_error) {
    answer["error"] = operation_error(
        3,
        "The prompt could not be submitted. This prompt contains sensitive words that violate "
        "Google's Responsible AI practices. Support codes: 62263041");
  } else if (!job->error.empty()) {
    answer["error"] = operation_error(13, job->error);
  } else {
    auto response = response_of(*job);
    if (!response) return error_answer(Style::google, 500, response.error().message);
    answer["response"] = *std::move(response);
  }
  return json_answer(answer);
}

}  // namespace

void mount_veo(Routes& routes, const Account& account, const Keys& keys, ClipJobs& jobs,
               const ObjectStore& objects, const std::filesystem::path& folder) {
  const auto veo = std::make_shared<const Veo>(account, keys, jobs, objects, folder);
  for (const std::string version : {"/v1", "/v1beta1"}) {
    for (const std::string scope : {"/projects/{project}/locations/{location}", ""}) {
      const std::string models = version + scope + "/publishers/google/models/{model}";
      routes.add("POST", models + ":predictLongRunning", Place::submit, Style::google,
                 [veo](const Call& call) { return veo->submit(call); });
      routes.add("POST", models + ":fetchPredictOperation", Place::poll, Style::google,
                 [veo](const Call& call) { return veo->poll(call); });
    }
  }
}

}  // namespace videogen::emulator
