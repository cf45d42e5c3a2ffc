#include "emulator/routes_internal.h"

#include <algorithm>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace videogen::emulator {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using net::WireFault;
using nlohmann::json;

// canonical codes of google.rpc.Code, by HTTP status
std::string_view rpc_status(int status) {
  switch (status) {
    case 400:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 409:
      return "ABORTED";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 499:
      return "CANCELLED";
    case 501:
      return "UNIMPLEMENTED";
    case 503:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return status >= 500 ? "INTERNAL" : "FAILED_PRECONDITION";
  }
}

// errors[].reason of the older JSON APIs
std::string_view storage_reason(int status) {
  switch (status) {
    case 400:
      return "invalid";
    case 401:
      return "authError";
    case 403:
      return "forbidden";
    case 404:
      return "notFound";
    case 405:
      return "methodNotAllowed";
    case 410:
      return "gone";
    case 412:
      return "conditionNotMet";
    case 416:
      return "requestedRangeNotSatisfiable";
    case 429:
      return "rateLimitExceeded";
    default:
      return status >= 500 ? "backendError" : "badRequest";
  }
}

std::string_view word_of(FaultKind kind) {
  using enum FaultKind;
  switch (kind) {
    case status:
      return "status";
    case timeout:
      return "timeout";
    case lost_reply:
      return "lost-reply";
    case reset:
      return "reset";
    case stall:
      return "stall";
    case truncated_download:
      return "truncated-download";
    case wrong_bytes:
      return "wrong-bytes";
    case slow_poll:
      return "slow-poll";
    case not_json:
      return "not-json";
    case expired_token:
      return "expired-token";
    case retired:
      return "retired";
    case filtered:
      return "filtered";
    case partial:
      return "partial";
    case operation_error:
      return "operation-error";
    case policy_error:
      return "policy-error";
    case endless:
      return "endless";
    case damaged:
      return "damaged";
  }
  return "";
}

std::string words_of(const Faults& faults) {
  std::vector<std::string> words;
  for (const Fault& fault : faults.all())
    words.push_back(fault.kind == FaultKind::status ? fmt::format("{}", fault.status)
                                                    : std::string(word_of(fault.kind)));
  return fmt::format("{}", fmt::join(words, " "));
}

ServerResponse status_answer(const Fault& fault, Style style) {
  const std::string_view why =
      fault.status == 429
          ? "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_"
            "model with base model: veo-3.1-generate. Please submit a quota increase request."
      : fault.status == 503 ? "The service is currently unavailable."
                            : "A fault that was asked for.";
  ServerResponse response = error_answer(style, fault.status, why);
  if (fault.retry_after && (fault.status == 429 || fault.status == 503))
    response.headers.add("Retry-After", "1");
  return response;
}

// What is answered in place of the work, if a fault wants that.
std::optional<ServerResponse> instead_of_work(const Faults& faults, Style style) {
  if (faults.has(FaultKind::reset)) {
    ServerResponse response;
    response.fault = WireFault{WireFault::Kind::reset, std::nullopt, {}};
    return response;
  }
  if (const Fault* fault = faults.find(FaultKind::status)) return status_answer(*fault, style);
  if (faults.has(FaultKind::expired_token))
    return error_answer(style, 401,
                        "Request had invalid authentication credentials. Expected OAuth 2 access "
                        "token, login cookie or other valid authentication credential.");
  if (faults.has(FaultKind::retired))
    return error_answer(style, 404,
                        "Publisher Model was not found or your project does not have access to "
                        "it. Please ensure you are using a valid model version.");
  if (faults.has(FaultKind::not_json)) {
    ServerResponse response;
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.body = std::string("<html><body><h1>Sign in to the network</h1></body></html>\n");
    return response;
  }
  return std::nullopt;
}

// The same body but for its middle byte.
net::ResponseBody with_wrong_byte(const net::ResponseBody& body) {
  const std::uint64_t where = body.length().value_or(0) / 2;
  if (const std::string* text = body.text()) {
    std::string wrong = *text;
    if (!wrong.empty()) wrong[where] = static_cast<char>(wrong[where] ^ 0x20);
    return wrong;
  }
  auto pull = [inner = body.pull(), where,
               at = std::uint64_t{0}](std::span<char> buffer) mutable -> Result<net::Pulled> {
    VIDEOGEN_TRY(const net::Pulled pulled, inner(buffer));
    if (where >= at && where < at + pulled.bytes)
      buffer[where - at] = static_cast<char>(buffer[where - at] ^ 0x20);
    at += pulled.bytes;
    return pulled;
  };
  return net::ResponseBody::stream(std::move(pull), body.length());
}

// Faults of the wire, once the work is done.
void spoil(ServerResponse& response, const Faults& faults) {
  const std::uint64_t half = response.body.length().value_or(0) / 2;
  if (faults.has(FaultKind::wrong_bytes)) response.body = with_wrong_byte(response.body);
  if (const Fault* fault = faults.find(FaultKind::truncated_download)) {
    response.fault = WireFault{WireFault::Kind::close, fault->after_bytes.value_or(half), {}};
    // Smaller answers than the fault waits for break, too.
    if (response.fault->after_bytes > 2 * half) response.fault->after_bytes = half;
  }
  if (const Fault* fault = faults.find(FaultKind::stall)) {
    response.fault =
        WireFault{WireFault::Kind::stall, fault->after_bytes.value_or(half), fault->stall};
    if (response.fault->after_bytes > 2 * half) response.fault->after_bytes = half;
    if (half == 0) response.fault->after_bytes.reset();
  }
  if (faults.has(FaultKind::timeout))
    response.fault = WireFault{WireFault::Kind::stall, std::nullopt, {}};
  if (faults.has(FaultKind::lost_reply))
    response.fault = WireFault{WireFault::Kind::close, std::nullopt, {}};
}

}  // namespace

void Routes::add(std::string_view method, std::string_view pattern, Place place, Style style,
                 Action action) {
  auto entry = std::make_shared<const Entry>(Entry{place, style, std::move(action)});
  router_.add(method, pattern,
              [this, entry = std::move(entry)](const ServerRequest& request,
                                               const net::PathValues& values) {
                return with_faults(*entry, request, values);
              });
}

ServerResponse Routes::with_faults(const Entry& entry, const ServerRequest& request,
                                   const net::PathValues& values) const {
  Faults faults = plan_.draw(entry.place);
  if (const auto header = request.headers.find("x-goog-emulator-instructions")) {
    const auto asked = parse_instructions(*header);
    if (!asked) return error_answer(entry.style, 400, asked.error().message);
    for (const Fault& fault : asked->all()) faults.add(fault);
  }
  auto response = instead_of_work(faults, entry.style);
  if (!response) {
    if (faults.has(FaultKind::slow_poll)) {
      const auto until = std::chrono::steady_clock::now() + slow_;
      while (std::chrono::steady_clock::now() < until && !request.gone.stop_requested())
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    response = entry.action({request, values, faults});
    spoil(*response, faults);
  }
  if (!faults.all().empty()) response->headers.add(std::string(kFaultHeader), words_of(faults));
  return *std::move(response);
}

ServerResponse Routes::answer(const ServerRequest& request) const {
  const net::Router::Match match = router_.find(request);
  if (match.action != nullptr) return (*match.action)(request, match.values);
  if (match.allowed.empty())
    return error_answer(Style::google, 404,
                        fmt::format("The requested URL {} was not found on this server.",
                                    printable(request.path, 200)));
  ServerResponse response = error_answer(
      Style::google, 405, fmt::format("{} is not possible here.", printable(request.method, 20)));
  response.headers.add("Allow", fmt::format("{}", fmt::join(match.allowed, ", ")));
  return response;
}

ServerResponse json_answer(const json& document, int status) {
  ServerResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json; charset=UTF-8");
  response.body = document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return response;
}

ServerResponse error_answer(Style style, int status, std::string_view message,
                            std::string_view reason) {
  const auto or_else = [reason](std::string_view usual) {
    return std::string(reason.empty() ? usual : reason);
  };
  const std::string text(message);
  switch (style) {
    case Style::google: {
      json error{{"code", status}, {"message", text}, {"status", or_else(rpc_status(status))}};
      return json_answer({{"error", error}}, status);
    }
    case Style::storage: {
      const std::string why = or_else(storage_reason(status));
      const json one{{"message", text}, {"domain", "global"}, {"reason", why}};
      const json error{{"code", status}, {"message", text}, {"errors", json::array({one})}};
      return json_answer({{"error", error}}, status);
    }
    case Style::oauth:
      return json_answer({{"error", or_else(status == 401   ? "invalid_client"
                                            : status >= 500 ? "internal_failure"
                                            : status == 429 ? "rate_limit_exceeded"
                                                            : "invalid_request")},
                          {"error_description", text}},
                         status);
    case Style::videos: {
      const json error{{"message", text},
                       {"type", or_else(status == 429   ? "rate_limit_error"
                                        : status >= 500 ? "server_error"
                                                        : "invalid_request_error")},
                       {"param", nullptr},
                       {"code", status}};
      return json_answer({{"error", error}}, status);
    }
    case Style::hub: {
      ServerResponse response = json_answer({{"error", text}}, status);
      if (!reason.empty()) response.headers.add("X-Error-Code", std::string(reason));
      response.headers.add("X-Error-Message", text);
      return response;
    }
  }
  return {};
}

Result<json> json_body(const ServerRequest& request) {
  const std::string_view text = request.body.bytes();
  json document = json::parse(text, nullptr, false);
  if (document.is_discarded())
    return fail(ErrorCode::corrupt,
                "Invalid JSON payload received. The body is not JSON (RFC 8259).");
  if (!document.is_object())
    return fail(ErrorCode::corrupt,
                "Invalid JSON payload received. Root element must be a message.");
  return document;
}

}  // namespace videogen::emulator
