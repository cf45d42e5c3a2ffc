// Answers that come piece by piece, and never fall silent: clients give up after 5 s without a
// byte (Python's, 5 s).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "net/http_exchange.h"

namespace videogen::serve {

// Where pieces come from. Asked again and again, never by two threads at once.
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  struct Piece {
    std::string text;   // empty: nothing yet
    bool last = false;  // and then the answer is over
  };
  // Must not wait. Errors: the connection is broken off.
  [[nodiscard]] virtual Result<Piece> next() = 0;
};

inline constexpr std::chrono::milliseconds kKeepAlive{2500};

// A body that holds no thread while there is nothing to say. `filler` is sent whenever
// `keep_alive` has passed without a byte.
[[nodiscard]] net::ResponseBody stream_body(
    std::unique_ptr<StreamSource> source, std::string filler,
    std::chrono::steady_clock::duration keep_alive = kKeepAlive);

// One server-sent event without a name.
[[nodiscard]] std::string sse_event(const nlohmann::json& data);
// An answer of server-sent events.
[[nodiscard]] net::ServerResponse sse_answer(std::unique_ptr<StreamSource> source);
// A JSON document that is not known yet: white space keeps the connection alive before it.
[[nodiscard]] net::ServerResponse late_json_answer(std::unique_ptr<StreamSource> source,
                                                   std::string_view content_type);

}  // namespace videogen::serve
