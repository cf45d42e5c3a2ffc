// What agents send, over any bytes: JSON-RPC, A2A's messages of both versions, plain words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "serve/a2a_legacy_internal.h"
#include "serve/a2a_message_internal.h"
#include "serve/a2a_task_internal.h"
#include "serve/json_rpc_internal.h"
#include "serve/json_text_internal.h"
#include "serve/plain_words.h"
#include "serve/understand.h"

namespace {

using namespace videogen::serve;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_rpc(std::string_view text) {
  const auto call = parse_rpc_call(text);
  const json answer =
      call ? rpc_result(call->id, call->params) : rpc_error(call.error().id, call.error().error);
  // Whatever came, the answer can be read, and has the id that was sent.
  const auto read = parse_json(text_of(answer["id"]));
  require(read && (call ? *read == call->id : true));
}

void check_message(std::string_view text, bool legacy) {
  auto document = parse_json(text);
  if (!document) return;
  if (legacy) {
    *document = modern_params("message/send", std::move(*document));
    if (document->is_object() && document->contains("message"))
      *document = json((*document)["message"]);
  }
  const std::vector<std::string> modes{"text/plain", "application/json", "video/*"};
  const MessageLimits limits{[](std::string_view) -> videogen::Result<std::filesystem::path> {
                               return std::filesystem::path("/nonexistent/videogen-fuzz");
                             },
                             modes};
  const auto inbound = read_message(*document, limits);
  if (!inbound) return;
  require(inbound->message["role"] == "ROLE_USER" && !inbound->message["parts"].empty());
  for (const json& part : inbound->message["parts"]) require(!part.contains("raw"));
  Job job;
  job.id = "j";
  job.messages = {text_of(inbound->message)};
  const json task = task_of(job, {"http://h", std::nullopt, true});
  require(task["history"].size() == 1 && legacy_task(task)["kind"] == "task");
  const auto understood = understand(job.messages, !inbound->file.path().empty());
  if (understood) require(parse_json(understood->request).has_value());
}

void check_words(std::string_view text) {
  const Wish wish = read_words(text);
  for (const std::string& address : wish.addresses)
    require(text.find(address) != std::string_view::npos &&
            address.find("://") != std::string::npos && address.find(' ') == std::string::npos);
  require(text.find(wish.prompt) != std::string_view::npos || wish.skill != Skill::generate);
  require(!wish.seconds || *wish.seconds > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);  // NOLINT
  switch (data[0] % 5) {
    case 0:
      check_rpc(text);
      break;
    case 1:
    case 2:
      check_message(text, data[0] % 5 == 2);
      break;
    case 3:
      check_words(text);
      break;
    default:
      if (const auto time = unix_ms(text)) {
        // Years of four digits; an offset may lead out of them.
        const std::string written = timestamp(*time);
        require(written.size() != 24 || written[0] == '-' || unix_ms(written) == time);
      }
  }
  return 0;
}
