#include <array>
#include <atomic>
#include <charconv>
#include <map>
#include <random>

#include <fmt/format.h>

#include "emulator/services_internal.h"
#include "net/byte_range.h"
#include "net/form.h"
#include "net/multipart.h"

namespace videogen::emulator {
namespace {

using net::ServerResponse;
using nlohmann::json;

// What a create request holds: a form's fields or a document's members, as text.
struct Fields {
  std::map<std::string, std::string> values;
  std::string reference;  // digest of the picture that came along

  [[nodiscard]] std::string_view operator[](const std::string& name) const {
    const auto at = values.find(name);
    return at == values.end() ? std::string_view() : std::string_view(at->second);
  }
};

Result<Fields> read_fields(const net::ServerRequest& request) {
  const auto header = request.headers.find("Content-Type");
  const std::string type = header ? net::media_type(*header) : "";
  Fields fields;
  if (type == "multipart/form-data") {
    VIDEOGEN_TRY(const auto parts, net::parse_multipart(*header, request.body.bytes()));
    for (const net::BodyPart& part : parts) {
      if (part.name() == "input_reference")
        fields.reference = checksums_of(part.bytes).sha256;
      else
        fields.values[part.name()] = std::string(part.bytes);
    }
    return fields;
  }
  if (type != "application/json")
    return fail(ErrorCode::unsupported,
                fmt::format("Content-Type must be multipart/form-data or application/json, not "
                            "\"{}\"",
                            printable(type, 60)));
  VIDEOGEN_TRY(const json document, json_body(request));
  for (const auto& [name, value] : document.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (name == "input_reference" || name == "image_reference")
      fields.reference = checksums_of(text).sha256;
    else if (!value.is_null())
      fields.values[name] = text;
  }
  return fields;
}

Result<double> number(const Fields& fields, const std::string& name, double low, double high,
                      double otherwise) {
  const std::string_view text = fields[name];
  if (text.empty()) return otherwise;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= low && value <= high))
    return fail(ErrorCode::corrupt, fmt::format("{} must lie in {} to {}, not \"{}\"", name, low,
                                                high, printable(text, 40)));
  return value;
}

Result<int> count(const Fields& fields, const std::string& name, int low, int high, int otherwise) {
  VIDEOGEN_TRY(const double value, number(fields, name, low, high, otherwise));
  if (value != int(value))
    return fail(ErrorCode::corrupt, fmt::format("{} must be a whole number", name));
  return int(value);
}

Result<ClipOrder> read_order(const Fields& fields) {
  ClipOrder order;
  order.prompt = fields["prompt"];
  order.negative_prompt = fields["negative_prompt"];
  order.pictures = fields.reference;
  if (order.prompt.empty()) return fail(ErrorCode::corrupt, "prompt is missing");
  order.width = 832;  // Wan's
  order.height = 480;
  if (const std::string_view size = fields["size"]; !size.empty()) {
    const auto cross = size.find('x');
    Fields sides;
    sides.values = {
        {"width", std::string(size.substr(0, cross))},
        {"height", cross == std::string_view::npos ? "none" : std::string(size.substr(cross + 1))}};
    VIDEOGEN_TRY(order.width, count(sides, "width", 64, 4096, 0));
    VIDEOGEN_TRY(order.height, count(sides, "height", 64, 4096, 0));
  }
  VIDEOGEN_TRY(order.width, count(fields, "width", 64, 4096, order.width));
  VIDEOGEN_TRY(order.height, count(fields, "height", 64, 4096, order.height));
  if (order.width % 2 != 0 || order.height % 2 != 0)
    return fail(ErrorCode::corrupt, "width and height must be even");
  VIDEOGEN_TRY(order.frames_per_second, count(fields, "fps", 1, 120, 24));
  VIDEOGEN_TRY(order.seconds, number(fields, "seconds", 0.25, 60, 4));
  VIDEOGEN_TRY(const int frames, count(fields, "num_frames", 2, 7200, 0));
  if (frames > 0) order.seconds = double(frames) / order.frames_per_second;
  VIDEOGEN_TRY(const double seed,
               number(fields, "seed", 0, 9007199254740992.0, double(std::random_device()())));
  order.seed = std::uint64_t(seed);
  return order;
}

std::string new_id() {
  static std::atomic<unsigned> counter{0};
  std::random_device random;
  return fmt::format("video_{:08x}{:08x}{:04x}", random(), random(), counter++ & 0xffffU);
}

json resource(const Job& job) {
  json video = json::parse(job.request.echo);
  video["id"] = job.request.name;
  video["object"] = "video";
  video["model"] = job.request.model;
  video["created_at"] = job.created_ms / 1000;
  video["completed_at"] = nullptr;
  video["expires_at"] = nullptr;
  video["error"] = nullptr;
  video["progress"] = job.done() ? 100 : std::min(job.progress, 99);
  if (!job.done()) {
    video["status"] = job.progress > 0 ? "in_progress" : "queued";
    return video;
  }
  video["completed_at"] = std::max(job.finished_ms, job.ready_ms) / 1000;
  video["expires_at"] = job.created_ms / 1000 + 86400;
  const auto failed = [&video](std::string_view code, std::string_view message) {
    video["status"] = "failed";
    video["error"] = {{"code", code}, {"message", message}};
  };
  if (!job.clips.empty() && job.error.empty())
    video["status"] = "completed";
  else if (job.request.outcome == Outcome::filtered || job.request.outcome == Outcome::partial ||
           job.request.outcome == Outcome::policy_error)
    failed("moderation_blocked", "Your request was blocked by our moderation system.");
  else
    failed("server_error", job.error.empty() ? "The generation failed on a worker." : job.error);
  return video;
}

ServerResponse no_such_video(const Call& call) {
  return error_answer(Style::videos, 404,
                      fmt::format("Video {} not found", printable(call.values["id"], 80)));
}

Outcome outcome_of(const Faults& faults) {
  using enum FaultKind;
  constexpr std::array<std::pair<FaultKind, Outcome>, 5> kTable{
      {{filtered, Outcome::filtered},
       {partial, Outcome::partial},
       {operation_error, Outcome::operation_error},
       {policy_error, Outcome::policy_error},
       {endless, Outcome::endless}}};
  for (const auto& [kind, outcome] : kTable)
    if (faults.has(kind)) return outcome;
  return Outcome::clips;
}

ServerResponse create(const Call& call, ClipJobs& jobs) {
  const auto fields = read_fields(call.request);
  if (!fields)
    return error_answer(Style::videos, fields.error().code == ErrorCode::unsupported ? 415 : 400,
                        fields.error().message);
  const auto order = read_order(*fields);
  if (!order) return error_answer(Style::videos, 400, order.error().message);
  JobRequest job;
  job.api = "videos";
  job.name = new_id();
  job.model = (*fields)["model"].empty() ? "emulated" : (*fields)["model"];
  job.echo = json{{"prompt", order->prompt},
                  {"seconds", fmt::format("{:g}", order->seconds)},
                  {"size", fmt::format("{}x{}", order->width, order->height)},
                  {"seed", order->seed}}
                 .dump(-1, ' ', false, json::error_handler_t::replace);
  job.orders = {*order};
  job.outcome = outcome_of(call.faults);
  job.damaged = call.faults.has(FaultKind::damaged);
  if (const Status taken = jobs.submit(job); !taken)
    return error_answer(Style::videos, 500, taken.error().message);
  const auto taken = jobs.find("videos", job.name);
  return json_answer(resource(*taken));
}

ServerResponse content(const Call& call, const ClipJobs& jobs) {
  const auto job = jobs.find("videos", call.values["id"]);
  if (!job) return no_such_video(call);
  if (!job->done() || job->clips.empty())
    return error_answer(Style::videos, job->done() ? 404 : 409,
                        fmt::format("Video {} has no content: its status is {}", job->request.name,
                                    resource(*job)["status"].get<std::string>()));
  const auto sums = checksums_of_file(job->clips.front().file);
  if (!sums) return error_answer(Style::videos, 500, sums.error().message);
  auto response = net::serve_file(call.request, job->clips.front().file,
                                  {"video/mp4", fmt::format("\"{}\"", sums->sha256)});
  if (!response) return error_answer(Style::videos, 500, response.error().message);
  return *std::move(response);
}

ServerResponse list(const Call& call, const ClipJobs& jobs) {
  std::vector<Job> all = jobs.list("videos");
  const bool ascending = net::find(call.request.query, "order") == "asc";
  if (!ascending) std::ranges::reverse(all);
  std::size_t limit = 20;
  if (const auto text = net::find(call.request.query, "limit")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc() || end != text->data() + text->size() || limit > 100)
      return error_answer(Style::videos, 400, "limit must lie in 0 to 100");
  }
  const auto after = net::find(call.request.query, "after");
  json data = json::array();
  bool skipping = after.has_value(), more = false;
  for (const Job& job : all) {
    if (skipping) {
      skipping = job.request.name != *after;
    } else if (data.size() == limit) {
      more = true;
      break;
    } else {
      data.push_back(resource(job));
    }
  }
  json document{{"object", "list"}, {"data", data}, {"has_more", more}};
  document["first_id"] = data.empty() ? json() : data.front()["id"];
  document["last_id"] = data.empty() ? json() : data.back()["id"];
  return json_answer(document);
}

}  // namespace

void mount_videos(Routes& routes, ClipJobs& jobs) {
  routes.add("POST", "/v1/videos", Place::submit, Style::videos,
             [&jobs](const Call& call) { return create(call, jobs); });
  routes.add("GET", "/v1/videos", Place::other, Style::videos,
             [&jobs](const Call& call) { return list(call, jobs); });
  routes.add("GET", "/v1/videos/{id}", Place::poll, Style::videos, [&jobs](const Call& call) {
    const auto job = jobs.find("videos", call.values["id"]);
    return job ? json_answer(resource(*job)) : no_such_video(call);
  });
  routes.add("DELETE", "/v1/videos/{id}", Place::other, Style::videos, [&jobs](const Call& call) {
    if (!jobs.remove("videos", call.values["id"])) return no_such_video(call);
    return json_answer({{"id", call.values["id"]}, {"object", "video.deleted"}, {"deleted", true}});
  });
  routes.add("GET", "/v1/videos/{id}/content", Place::download, Style::videos,
             [&jobs](const Call& call) { return content(call, jobs); });
}

}  // namespace videogen::emulator
