// Routes of the emulator: each knows what it is for, so that faults can strike it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "emulator/fault.h"
#include "net/router.h"

namespace videogen::emulator {

// Whose errors a route speaks.
enum class Style { google, storage, oauth, videos, hub };

struct Call {
  const net::ServerRequest& request;
  const net::PathValues& values;
  const Faults& faults;  // those that the route itself has to commit
};

class Routes {
 public:
  using Action = std::function<net::ServerResponse(const Call&)>;

  // `slow`: how long FaultKind::slow_poll waits.
  Routes(FaultPlan& plan, std::chrono::milliseconds slow) : plan_(plan), slow_(slow) {}

  void add(std::string_view method, std::string_view pattern, Place place, Style style,
           Action action);
  [[nodiscard]] net::ServerResponse answer(const net::ServerRequest& request) const;

 private:
  struct Entry {
    Place place;
    Style style;
    Action action;
  };
  [[nodiscard]] net::ServerResponse with_faults(const Entry& entry, const net::ServerRequest&,
                                                const net::PathValues&) const;

  FaultPlan& plan_;
  std::chrono::milliseconds slow_;
  net::Router router_;
};

[[nodiscard]] net::ServerResponse json_answer(const nlohmann::json& document, int status = 200);

// An error as the service of that style would say it. `reason`: Google's word for it, else the
// one that belongs to the status.
[[nodiscard]] net::ServerResponse error_answer(Style style, int status, std::string_view message,
                                               std::string_view reason = {});

// The answer in place of a status that a fault asks for, and the like, and which faults struck:
// x-emulator-faults, for the log and for whoever looks at the wire.
inline constexpr std::string_view kFaultHeader = "x-emulator-faults";

// The body as a JSON object. Errors: corrupt, in Google's words.
[[nodiscard]] Result<nlohmann::json> json_body(const net::ServerRequest& request);

}  // namespace videogen::emulator
