// Push notifications: what becomes of a task, sent to addresses that its owner named.
//
// The addresses are strangers': every connection passes the guard. Configurations lie with their
// job (Jobs::keep); what is on its way is in memory, so a notification that could not be
// delivered before the service ended is lost, the task is not.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "net/http_client.h"
#include "serve/a2a_error_internal.h"
#include "serve/jobs.h"

namespace videogen::serve {

struct PushOptions {
  net::AddressGuard guard{};
  int attempts = 6;
  std::chrono::milliseconds first_pause{1'000};  // doubled each time
  int most_for_a_task = 16;
  int threads = 8;  // one for each address that is being called
};

class A2aPush {
 public:
  A2aPush(Jobs& jobs, PushOptions options);
  A2aPush(const A2aPush&) = delete;
  A2aPush& operator=(const A2aPush&) = delete;
  ~A2aPush();

  // A TaskPushNotificationConfig as it will be kept, with an id. Errors: invalid_params (no
  // address, one that the guard refuses, control characters in what becomes a header).
  [[nodiscard]] A2aResult<nlohmann::json> check(const nlohmann::json& config) const;

  // `config`: as check() gives it; `root`: before the service's own paths in what is sent;
  // `legacy`: bodies of 0.3. A task that has ended already is told about. Errors: invalid_params
  // (too many), internal.
  [[nodiscard]] A2aResult<nlohmann::json> add(const Job& job, nlohmann::json config,
                                              std::string_view root, bool legacy);
  // Those of a job in the order of their ids, each with its taskId.
  [[nodiscard]] std::vector<nlohmann::json> all(std::string_view job) const;
  [[nodiscard]] std::optional<nlohmann::json> find(std::string_view job, std::string_view id) const;
  [[nodiscard]] Status remove(std::string_view job, std::string_view id);

  // For Jobs::on_event().
  void told(const Job& job, const JobEvent& event);

  struct Counts {
    std::int64_t delivered = 0, lost = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Key = std::pair<std::string, std::string>;  // job, id
  struct Target {
    nlohmann::json config;
    std::string root;
    bool legacy = false;
    std::deque<std::string> bodies;
    bool busy = false, ended = false, removed = false;
    int attempt = 0;
    Clock::time_point due{};
  };

  void load(const std::string& job);  // with the lock held
  void queue(const Job& job, const JobEvent& event, Target& target);
  void work(const std::stop_token& stop);
  [[nodiscard]] bool send(const nlohmann::json& config, const std::string& body, bool& repeat,
                          const std::stop_token& stop) const;

  Jobs& jobs_;
  PushOptions options_;
  net::HttpClient client_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Key, Target> targets_;          // of jobs that go on, or with bodies to send
  std::map<std::string, bool> looked_up_;  // jobs whose configurations were read
  Counts counts_;
  std::uint64_t changes_ = 0;
  std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace videogen::serve
