#include "emulator/request_log.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace videogen::emulator {

void RequestLog::add(LoggedRequest request) {
  constexpr std::size_t kMost = 100'000;
  const std::scoped_lock lock(mutex_);
  requests_.push_back(std::move(request));
  if (requests_.size() > kMost) requests_.pop_front();
}

std::string RequestLog::json() const {
  using nlohmann::ordered_json;
  ordered_json list = ordered_json::array();
  {
    const std::scoped_lock lock(mutex_);
    for (const LoggedRequest& request : requests_) {
      ordered_json one{{"method", request.method},
                       {"path", request.path},
                       {"status", request.status},
                       {"body_sha256", request.body_sha256}};
      if (!request.faults.empty()) one["faults"] = request.faults;
      list.push_back(std::move(one));
    }
  }
  return ordered_json{{"requests", std::move(list)}}.dump(-1, ' ', false,
                                                          ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace videogen::emulator
