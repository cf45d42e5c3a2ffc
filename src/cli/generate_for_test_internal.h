// An emulator in this process and what generation needs beside it: for tests only.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/folder_for_test_internal.h"
#include "emulator/emulator.h"
#include "generate/loop.h"
#include "generate/veo.h"
#include "generate/videos.h"

namespace videogen::cli {

class EmulatorForTest {
 public:
  // Faults as --fault takes them; a stall ends after a fifth of a second.
  explicit EmulatorForTest(const std::vector<std::string>& faults = {}, int broken_every = 0,
                           const std::filesystem::path& data = {}) {
    emulator::Options options;
    options.data = data;
    options.jobs.latency = std::chrono::milliseconds(30);
    options.jobs.broken_every = broken_every;
    options.jobs.shrink = 16;
    options.slow_poll = std::chrono::milliseconds(300);
    for (const std::string& text : faults) {
      auto rule = emulator::parse_fault(text);
      EXPECT_TRUE(rule) << text;
      rule->fault.stall = std::chrono::milliseconds(200);
      options.faults.push_back(*rule);
    }
    auto opened = emulator::Emulator::open(options);
    EXPECT_TRUE(opened) << opened.error().message;
    emulator_ = std::make_unique<emulator::Emulator>(*std::move(opened));
    for (const auto& [name, value] : emulator_->environment())
      ::setenv(name.c_str(), value.c_str(), 1);
    serving_ = std::jthread([this](const std::stop_token& stop) { emulator_->run(stop); });
  }
  EmulatorForTest(const EmulatorForTest&) = delete;
  EmulatorForTest& operator=(const EmulatorForTest&) = delete;
  ~EmulatorForTest() {
    serving_.request_stop();
    serving_.join();
    for (const auto& [name, value] : emulator_->environment()) ::unsetenv(name.c_str());
  }

  [[nodiscard]] std::string url() const { return emulator_->url(); }

  // Digests of the orders that were taken, or whose senders cannot know that they were not.
  [[nodiscard]] std::vector<std::string> taken() const {
    const net::HttpClient client;
    const auto response = client.send(net::Request{.url = url() + "/_emulator/log"});
    EXPECT_TRUE(response);
    std::vector<std::string> found;
    const auto log = nlohmann::json::parse(response->body);
    for (const auto& request : log["requests"]) {
      const auto path = request["path"].get<std::string>();
      const bool order = path.ends_with(":predictLongRunning") || path == "/v1/videos";
      const int status = request["status"];
      const bool unknown = status == 200 || (status >= 500 && status != 503);
      if (order && request["method"] == "POST" && unknown) found.push_back(request["body_sha256"]);
    }
    return found;
  }

 private:
  std::unique_ptr<emulator::Emulator> emulator_;
  std::jthread serving_;
};

// Pauses of a fiftieth of a second at most: nobody waits for politeness to this machine.
inline const net::Timing& hurried() {
  static const net::Timing timing{std::chrono::steady_clock::now, std::chrono::system_clock::now,
                                  [](std::chrono::milliseconds pause, const std::stop_token& stop) {
                                    return net::Timing::real().sleep(
                                        std::min(pause, std::chrono::milliseconds(20)), stop);
                                  },
                                  [] { return 0.5; }};
  return timing;
}

enum class Way { veo_inline, veo_bucket, videos_form, videos_json };

inline std::unique_ptr<generate::Backend> backend_for_test(const net::HttpClient& client, Way way,
                                                           const std::string& url) {
  if (way == Way::veo_inline || way == Way::veo_bucket) {
    generate::VeoOptions options = generate::veo_options_from_environment();
    options.base_url = url;
    options.first_byte = std::chrono::milliseconds(1500);
    if (way == Way::veo_bucket) options.storage_uri = "gs://clips/from tests/";
    return generate::make_veo(client, options, hurried());
  }
  generate::VideosOptions options;
  options.base_url = url + "/v1/";
  options.first_byte = std::chrono::milliseconds(1500);
  if (way == Way::videos_json) options.body = generate::VideosOptions::Body::json;
  return generate::make_videos(client, options, hurried());
}

inline const embed::Chosen& gist_for_test() {
  static const embed::Chosen chosen = *embed::choose({.kind = embed::Kind::gist});
  return chosen;
}

inline generate::RunOptions order_for_test(Way way, const std::filesystem::path& output) {
  generate::RunOptions options;
  const bool veo = way == Way::veo_inline || way == Way::veo_bucket;
  options.order.backend = veo ? "veo" : "videos";
  options.order.model = veo ? "veo-3.1-fast-generate-001" : "Wan2.2";
  options.order.prompt = "mountains in the morning";
  options.order.seconds = 4;
  options.order.seed = 7;
  options.order.usd_per_second = 0.15;
  options.output = output;
  options.poll = std::chrono::milliseconds(50);
  options.deadline = std::chrono::seconds(60);
  options.patience = std::chrono::seconds(2);
  options.validation.profile = coherence::Profile::quick;
  options.validation.threshold = 0.2;  // what is tested here is not the verdict
  return options;
}

}  // namespace videogen::cli
