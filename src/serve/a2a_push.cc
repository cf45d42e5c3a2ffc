#include <algorithm>

#include <fmt/format.h>

#include "net/address.h"
#include "net/retry.h"
#include "net/trace_context.h"
#include "serve/a2a_legacy_internal.h"
#include "serve/a2a_message_internal.h"
#include "serve/a2a_push_internal.h"
#include "serve/a2a_task_internal.h"
#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using Kind = A2aError::Kind;
using nlohmann::json;

constexpr std::string_view kPrefix = "push/";
constexpr std::size_t kMostBodies = 256;  // of one address; older ones give way
constexpr std::size_t kMostFieldBytes = 4096;

// What may stand in a header.
bool is_plain(std::string_view text) {
  return text.size() <= kMostFieldBytes && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
         });
}

net::HttpClient::Options client_options(const net::AddressGuard& guard) {
  net::HttpClient::Options options;
  options.guard = guard;
  options.environment_proxy = false;
  return options;
}

}  // namespace

A2aPush::A2aPush(Jobs& jobs, PushOptions options)
    : jobs_(jobs), options_(std::move(options)), client_(client_options(options_.guard)) {
  for (int i = 0; i < options_.threads; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

A2aPush::~A2aPush() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

A2aResult<json> A2aPush::check(const json& config) const {
  const std::string url = text_member(config, "url");
  if (url.empty())
    return a2a_fail(Kind::invalid_params, "url of the push notification config is missing");
  if (const Status allowed = options_.guard.check(url); !allowed)
    return a2a_fail(Kind::invalid_params, allowed.error().message);
  // Names are looked at when they are dialled; what is written in digits can be said now.
  if (const auto address = net::parse_address(url)) {
    std::string_view host = address->host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    const auto ip = net::parse_ip(host);
    if (const auto what = ip ? options_.guard.refuses(*ip) : std::nullopt)
      return a2a_fail(Kind::invalid_params,
                      fmt::format("{} is refused: {} is {}", net::shown_address(url), host, *what));
  }
  json out{{"url", url}};
  for (const char* name : {"id", "token"}) {
    const std::string value = text_member(config, name);
    if (!is_plain(value))
      return a2a_fail(Kind::invalid_params,
                      fmt::format("{} of the push notification config must be at most {} bytes "
                                  "without control characters",
                                  name, kMostFieldBytes));
    if (!value.empty()) out[name] = value;
  }
  if (!out.contains("id")) out["id"] = net::random_hex(32);
  const json& how = member(config, "authentication");
  if (how.is_object()) {
    const std::string scheme = text_member(how, "scheme"), secret = text_member(how, "credentials");
    const bool is_word =
        !scheme.empty() && scheme.size() <= 64 && std::ranges::all_of(scheme, [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
        });
    if (!is_word || !is_plain(secret))
      return a2a_fail(Kind::invalid_params,
                      "authentication needs a scheme such as Bearer, and credentials without "
                      "control characters");
    out["authentication"] = {{"scheme", scheme}};
    if (!secret.empty()) out["authentication"]["credentials"] = secret;
  }
  return out;
}

A2aResult<json> A2aPush::add(const Job& job, json config, std::string_view root, bool legacy) {
  const std::string id = config["id"];
  const auto known = jobs_.kept(job.id, kPrefix);
  const bool is_new = std::ranges::none_of(
      known, [&id](const auto& kept) { return kept.first == std::string(kPrefix) + id; });
  if (is_new && known.size() >= std::size_t(options_.most_for_a_task))
    return a2a_fail(
        Kind::invalid_params,
        fmt::format("a task may have {} push notification configs", options_.most_for_a_task));
  const json kept{{"config", config}, {"root", root}, {"legacy", legacy}};
  if (const Status written = jobs_.keep(job.id, std::string(kPrefix) + id, text_of(kept)); !written)
    return tl::unexpected(a2a_error(written.error()));
  {
    const std::lock_guard lock(mutex_);
    load(job.id);
    Target& target = targets_[{job.id, id}];
    target.config = config;
    target.root = root;
    target.legacy = legacy;
    target.removed = target.ended = false;
  }
  // What ended meanwhile has told nobody.
  if (const auto now = jobs_.find(job.tenant, job.id); now && is_end(now->state)) {
    JobEvent end;
    end.id = now->last_event;
    end.time_ms = now->updated_ms;
    end.state = now->state;
    const std::lock_guard lock(mutex_);
    if (const auto at = targets_.find({job.id, id}); at != targets_.end() && !at->second.ended)
      queue(*now, end, at->second);
  }
  config["taskId"] = job.id;
  return config;
}

std::vector<json> A2aPush::all(std::string_view job) const {
  std::vector<json> configs;
  for (const auto& [key, value] : jobs_.kept(job, kPrefix)) {
    auto kept = parse_json(value);
    if (!kept || !kept->contains("config")) continue;
    json config = (*kept)["config"];
    config["taskId"] = job;
    configs.push_back(std::move(config));
  }
  return configs;
}

std::optional<json> A2aPush::find(std::string_view job, std::string_view id) const {
  for (json& config : all(job))
    if (config["id"] == id) return std::move(config);
  return std::nullopt;
}

Status A2aPush::remove(std::string_view job, std::string_view id) {
  VIDEOGEN_TRY(jobs_.forget(job, std::string(kPrefix) + std::string(id)));
  const std::lock_guard lock(mutex_);
  if (const auto at = targets_.find({std::string(job), std::string(id)}); at != targets_.end()) {
    at->second.bodies.clear();
    at->second.removed = at->second.ended = true;  // what is on its way is waited for
    if (!at->second.busy) targets_.erase(at);
  }
  return {};
}

void A2aPush::load(const std::string& job) {
  if (!looked_up_.emplace(job, true).second) return;
  for (const auto& [key, value] : jobs_.kept(job, kPrefix)) {
    const auto kept = parse_json(value);
    if (!kept || !kept->contains("config")) continue;
    Target& target = targets_[{job, key.substr(kPrefix.size())}];
    target.config = (*kept)["config"];
    target.root = kept->value("root", "");
    target.legacy = kept->value("legacy", false);
  }
}

void A2aPush::told(const Job& job, const JobEvent& event) {
  if (event.type == JobEvent::Type::progress) return;  // too many to call somebody for each
  const std::lock_guard lock(mutex_);
  load(job.id);
  const auto first = targets_.lower_bound({job.id, ""});
  for (auto at = first; at != targets_.end() && at->first.first == job.id; ++at)
    queue(job, event, at->second);
  if (event.type == JobEvent::Type::state && is_end(event.state)) looked_up_.erase(job.id);
}

void A2aPush::queue(const Job& job, const JobEvent& event, Target& target) {
  if (target.removed) return;
  const bool ends = event.type == JobEvent::Type::state && is_end(event.state);
  const auto add = [&target](const json& body) { target.bodies.push_back(text_of(body)); };
  if (target.legacy) {
    add(legacy_task(task_of(job, {target.root, std::nullopt, true})));
  } else {
    if (ends) {
      for (const Artifact& artifact : artifacts_of(job)) {
        const bool told_before = std::ranges::any_of(
            job.artifacts, [&artifact](const Artifact& known) { return known.id == artifact.id; });
        if (!told_before) add(artifact_update(job, artifact, target.root));
      }
    }
    add(update_of(job, event, target.root));
  }
  while (target.bodies.size() > kMostBodies) {
    target.bodies.pop_front();
    ++counts_.lost;
  }
  target.ended = target.ended || ends;
  ++changes_;
  changed_.notify_all();
}

A2aPush::Counts A2aPush::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void A2aPush::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::uint64_t seen = changes_;
    const auto now = Clock::now();
    auto wake = now + std::chrono::minutes(1);
    auto chosen = targets_.end();
    for (auto at = targets_.begin(); at != targets_.end(); ++at) {
      const Target& target = at->second;
      if (target.busy || target.bodies.empty()) continue;
      wake = std::min(wake, target.due);
      if (target.due <= now && (chosen == targets_.end() || target.due < chosen->second.due))
        chosen = at;
    }
    if (chosen == targets_.end()) {
      changed_.wait_until(lock, stop, wake, [&] { return changes_ != seen; });
      continue;
    }
    Target& target = chosen->second;
    target.busy = true;
    const json config = target.config;
    const std::string body = target.bodies.front();
    lock.unlock();
    bool repeat = false;
    const bool delivered = send(config, body, repeat, stop);
    lock.lock();
    target.busy = false;
    ++target.attempt;
    if (!delivered && repeat && target.attempt < options_.attempts) {
      target.due = Clock::now() + options_.first_pause * (1 << (target.attempt - 1));
    } else {
      ++(delivered ? counts_.delivered : counts_.lost);
      target.attempt = 0;
      if (!target.bodies.empty()) target.bodies.pop_front();
    }
    if (target.bodies.empty() && target.ended) targets_.erase(chosen);
    ++changes_;
    changed_.notify_all();
  }
}

bool A2aPush::send(const json& config, const std::string& body, bool& repeat,
                   const std::stop_token& stop) const {
  net::Request request;
  request.method = "POST";
  request.url = config["url"];
  request.body = body;
  request.headers.add("Content-Type", "application/json");
  request.deadlines.connect = std::chrono::milliseconds(5'000);
  request.deadlines.first_byte = std::chrono::milliseconds(10'000);
  request.deadlines.whole = std::chrono::milliseconds(15'000);
  request.most_bytes = 64 << 10;
  if (const std::string token = text_member(config, "token"); !token.empty()) {
    // Clients in Python and JavaScript look for the first, those in Go for the second.
    for (const char* name : {"X-A2A-Notification-Token", "A2A-Notification-Token"})
      request.secret_headers.push_back({name, "", net::Secret(token)});
  }
  if (const json& how = member(config, "authentication"); how.is_object())
    request.secret_headers.push_back({"Authorization", text_member(how, "scheme") + " ",
                                      net::Secret(text_member(how, "credentials"))});
  const net::HttpResult result = client_.send(request, stop);
  if (result && result->status / 100 == 2) return true;
  // A notification that comes twice does no harm.
  repeat = net::worth_repeating(result, net::Repeat::harmless);
  return false;
}

}  // namespace videogen::serve
