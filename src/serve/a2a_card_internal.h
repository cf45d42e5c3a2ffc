// The agent card: who this is, where it listens, what it can do.
#pragma once

#include <string>
#include <string_view>

#include "net/http_exchange.h"
#include "serve/executor.h"

namespace videogen::serve {

struct CardFacts {
  std::string root;          // "https://clips.example"
  std::string version;       // of the program
  bool needs_token = false;  // bearer tokens are asked for
  bool pure = false;         // only what 1.0 has
};

// Hybrid: the members of 0.3 lie beside those of 1.0, so that one document serves both.
[[nodiscard]] std::string agent_card(const CardFacts& facts, const Executor& executor);

// With ETag, Cache-Control and Vary; 304 where the caller has it already.
[[nodiscard]] net::ServerResponse card_answer(const net::ServerRequest& request, std::string card);

// Media types of parts that are taken; "video/*" for all of a kind.
[[nodiscard]] const std::vector<std::string>& input_modes();

}  // namespace videogen::serve
