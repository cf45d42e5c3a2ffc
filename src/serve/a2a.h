// A2A, the protocol between agents: 1.0 by JSON-RPC (POST /a2a) and HTTP (/a2a/v1/…), 0.3 by
// JSON-RPC on the same address, and the agent card. Tasks are the service's jobs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/address_guard.h"
#include "serve/understand.h"

namespace videogen::serve {

class Routes;
struct ServiceParts;

struct A2aOptions {
  std::uint64_t most_message = std::uint64_t{48} << 20;  // bytes of a request, raw parts in Base64
  std::vector<net::IpRange>
      webhooks{};  // addresses that notifications may go to beside public ones
  // For the conformance kit: a card without the members of 0.3 for everybody, and answers by HTTP
  // as application/json.
  bool pure_card = false, plain_json = false;
  bool replays = true;  // a message that comes twice is one task; the kit's are other ones
  // How messages are read; empty: understand().
  std::function<Result<Understood>(const std::vector<std::string>& messages, bool has_file)>
      understand{};
};

void add_a2a_routes(Routes& routes, const ServiceParts& parts);

}  // namespace videogen::serve
