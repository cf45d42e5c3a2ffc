#include "emulator/job_json_internal.h"

namespace videogen::emulator {

using nlohmann::json;

json as_json(const ClipOrder& order) {
  return {{"prompt", order.prompt},
          {"pictures", order.pictures},
          {"negative_prompt", order.negative_prompt},
          {"seed", order.seed},
          {"size", {order.width, order.height}},
          {"fps", order.frames_per_second},
          {"seconds", order.seconds},
          {"continued", {order.continued_scene, order.continued_seed}}};
}

ClipOrder order_from_json(const json& document) {
  ClipOrder order;
  order.prompt = document.at("prompt");
  order.pictures = document.at("pictures");
  order.negative_prompt = document.at("negative_prompt");
  order.seed = document.at("seed");
  order.width = document.at("size").at(0);
  order.height = document.at("size").at(1);
  order.frames_per_second = document.at("fps");
  order.seconds = document.at("seconds");
  order.continued_scene = document.at("continued").at(0);
  order.continued_seed = document.at("continued").at(1);
  return order;
}

json as_json(const Job& job) {
  const JobRequest& request = job.request;
  json orders = json::array(), clips = json::array();
  for (const ClipOrder& order : request.orders) orders.push_back(as_json(order));
  for (const JobClip& clip : job.clips)
    clips.push_back({{"file", clip.file.filename().string()}, {"object", clip.object}});
  return {{"api", request.api},
          {"name", request.name},
          {"model", request.model},
          {"echo", request.echo},
          {"bucket", request.bucket},
          {"prefix", request.prefix},
          {"orders", orders},
          {"outcome", static_cast<int>(request.outcome)},
          {"asked", request.asked},
          {"damaged", request.damaged},
          {"created_ms", job.created_ms},
          {"ready_ms", job.ready_ms},
          {"finished_ms", job.finished_ms},
          {"error", job.error},
          {"clips", clips}};
}

Job job_from_json(const json& document) {
  Job job;
  JobRequest& request = job.request;
  request.api = document.at("api");
  request.name = document.at("name");
  request.model = document.at("model");
  request.echo = document.at("echo");
  request.bucket = document.at("bucket");
  request.prefix = document.at("prefix");
  for (const json& order : document.at("orders")) request.orders.push_back(order_from_json(order));
  request.outcome = static_cast<Outcome>(document.at("outcome").get<int>());
  request.asked = document.at("asked");
  request.damaged = document.at("damaged");
  job.created_ms = document.at("created_ms");
  job.ready_ms = document.at("ready_ms");
  job.finished_ms = document.at("finished_ms");
  job.error = document.at("error");
  for (const json& clip : document.at("clips"))
    job.clips.push_back({clip.at("file").get<std::string>(), clip.at("object")});
  job.progress = job.finished_ms != 0 ? 100 : 0;
  return job;
}

}  // namespace videogen::emulator
