#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "net/address.h"
#include "net/form.h"
#include "net/telemetry.h"

namespace videogen::net {
namespace {

using Variable = std::function<std::optional<std::string>(const char*)>;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

std::vector<std::string> listed(std::string_view text) {
  std::vector<std::string> items;
  while (true) {
    const auto comma = text.find(',');
    const std::string item = trimmed(text.substr(0, comma));
    if (!item.empty()) items.push_back(item);
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

class Reader {
 public:
  Reader(const Variable& variable, TelemetryOptions& options)
      : variable_(variable), options_(options) {}

  // An empty value counts as none (specification, "Parsing empty value").
  std::optional<std::string> text(const char* name) const {
    auto value = variable_(name);
    if (value && trimmed(*value).empty()) value.reset();
    return value;
  }
  // The first of these that is set.
  std::optional<std::string> text(const char* own, const char* common) const {
    auto value = text(own);
    return value ? value : text(common);
  }
  // Once, though several signals read it.
  void warn(std::string_view name, std::string_view value, std::string_view what) {
    std::string line = fmt::format("{}={}: {}", name, printable(value, 60), what);
    if (std::ranges::find(options_.warnings, line) == options_.warnings.end())
      options_.warnings.push_back(std::move(line));
  }
  template <class Number>
  void number(const char* name, Number low, Number high, const std::function<void(Number)>& take) {
    const auto value = text(name);
    if (!value) return;
    const std::string typed = trimmed(*value);
    Number parsed{};
    const auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), parsed);
    if (error != std::errc() || end != typed.data() + typed.size() || parsed < low || parsed > high)
      return warn(name, *value, fmt::format("must be a number from {} to {}", low, high));
    take(parsed);
  }
  // "a=b,c=d", values percent-encoded.
  std::vector<std::pair<std::string, std::string>> pairs(const std::string& text,
                                                         const char* name) {
    std::vector<std::pair<std::string, std::string>> found;
    for (const std::string& item : listed(text)) {
      const auto equals = item.find('=');
      if (equals == 0 || equals == std::string::npos) {
        // It may be a secret: its text stays here.
        warn(name, "…", "every item must be NAME=VALUE");
        continue;
      }
      found.emplace_back(trimmed(item.substr(0, equals)),
                         percent_decoded(trimmed(item.substr(equals + 1))));
    }
    return found;
  }

 private:
  const Variable& variable_;
  TelemetryOptions& options_;
};

struct Signal {
  const char *endpoint, *exporter, *protocol, *headers;
  std::string_view path;
};
constexpr Signal kTraces{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER",
                         "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
                         "v1/traces"};
constexpr Signal kLogs{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_LOGS_EXPORTER",
                       "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
                       "v1/logs"};

// Where a signal goes; empty: nowhere.
std::string endpoint(Reader& reader, const Signal& signal) {
  const auto exporter = reader.text(signal.exporter);
  if (exporter && trimmed(*exporter) == "none") return "";
  if (exporter && trimmed(*exporter) != "otlp")
    reader.warn(signal.exporter, *exporter, "only otlp and none are known here");
  std::string url;
  if (const auto own = reader.text(signal.endpoint)) {
    url = trimmed(*own);
  } else if (const auto common = reader.text("OTEL_EXPORTER_OTLP_ENDPOINT")) {
    url = trimmed(*common);
    url += fmt::format("{}{}", url.ends_with('/') ? "" : "/", signal.path);
  } else {
    return "";
  }
  const auto protocol = reader.text(signal.protocol, "OTEL_EXPORTER_OTLP_PROTOCOL");
  if (protocol && trimmed(*protocol) == "grpc") {
    reader.warn("OTEL_EXPORTER_OTLP_PROTOCOL", *protocol,
                "not spoken here, nothing is sent: use http/json");
    return "";
  }
  if (protocol && trimmed(*protocol) != "http/json")
    reader.warn("OTEL_EXPORTER_OTLP_PROTOCOL", *protocol, "http/json is sent");
  if (parse_address(url)) return url;
  reader.warn("OTEL_EXPORTER_OTLP_ENDPOINT", shown_address(url), "no http or https address");
  return "";
}

std::vector<std::pair<std::string, Secret>> headers(Reader& reader, const Signal& signal) {
  std::vector<std::pair<std::string, Secret>> found;
  const auto text = reader.text(signal.headers, "OTEL_EXPORTER_OTLP_HEADERS");
  if (!text) return found;
  for (auto& [name, value] : reader.pairs(*text, "OTEL_EXPORTER_OTLP_HEADERS")) {
    const bool clean = name.find_first_of(" :\r\n") == std::string::npos &&
                       value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
    if (clean)
      found.emplace_back(name, Secret::taken_from(value));
    else
      reader.warn("OTEL_EXPORTER_OTLP_HEADERS", name, "no header field");
  }
  return found;
}

void read_resource(Reader& reader, TelemetryOptions& options) {
  std::map<std::string, std::string> resource{{"service.name", "videogen"},
                                              {"service.version", VIDEOGEN_VERSION},
                                              {"telemetry.sdk.language", "cpp"},
                                              {"telemetry.sdk.name", "videogen"},
                                              {"telemetry.sdk.version", VIDEOGEN_VERSION}};
  if (const auto text = reader.text("OTEL_RESOURCE_ATTRIBUTES"))
    for (auto& [name, value] : reader.pairs(*text, "OTEL_RESOURCE_ATTRIBUTES"))
      resource[name] = value;
  if (const auto name = reader.text("OTEL_SERVICE_NAME")) resource["service.name"] = *name;
  for (auto& [name, value] : resource) options.resource.push_back({name, value});
}

void read_sampler(Reader& reader, TelemetryOptions& options) {
  const auto text = reader.text("OTEL_TRACES_SAMPLER");
  if (!text) return;
  std::string sampler = lower(trimmed(*text));
  constexpr std::string_view kParentBased = "parentbased_";
  const bool parent_based = sampler.starts_with(kParentBased);
  if (parent_based) sampler.erase(0, kParentBased.size());
  if (sampler == "always_on") {
    options.sampled_share = 1;
  } else if (sampler == "always_off") {
    options.sampled_share = 0;
  } else if (sampler == "traceidratio") {
    reader.number<double>("OTEL_TRACES_SAMPLER_ARG", 0, 1,
                          [&](double share) { options.sampled_share = share; });
  } else {
    return reader.warn("OTEL_TRACES_SAMPLER", *text, "not known here, all traces are taken");
  }
  options.ignore_parent = !parent_based;
}

void read_limits(Reader& reader, TelemetryOptions& options) {
  using Milliseconds = std::chrono::milliseconds;
  constexpr int kDay = 86'400'000, kMost = 1'000'000;
  const auto time = [&reader](const char* name, Milliseconds& value) {
    reader.number<int>(name, 0, kDay, [&value](int ms) { value = Milliseconds(ms); });
  };
  const auto size = [&reader](const char* name, std::size_t& value) {
    reader.number<int>(name, 1, kMost, [&value](int n) { value = static_cast<std::size_t>(n); });
  };
  time("OTEL_EXPORTER_OTLP_TIMEOUT", options.timeout);
  time("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", options.timeout);
  time("OTEL_BSP_SCHEDULE_DELAY", options.delay);
  size("OTEL_BSP_MAX_QUEUE_SIZE", options.queue);
  size("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", options.batch);
  options.batch = std::min(options.batch, options.queue);
  if (const auto how =
          reader.text("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION")) {
    options.gzip = trimmed(*how) == "gzip";
    if (!options.gzip && trimmed(*how) != "none")
      reader.warn("OTEL_EXPORTER_OTLP_COMPRESSION", *how, "only gzip and none are known here");
  }
}

void read_context(Reader& reader, TelemetryOptions& options) {
  if (const auto text = reader.text("OTEL_PROPAGATORS")) {
    const auto names = listed(*text);
    options.propagate = std::ranges::find(names, "tracecontext") != names.end();
  }
  if (const auto text = reader.text("TRACEPARENT"); text && options.propagate) {
    options.parent = parse_traceparent(trimmed(*text));
    if (!options.parent) reader.warn("TRACEPARENT", *text, "not valid, a new trace begins");
    if (const auto state = reader.text("TRACESTATE"); state && options.parent)
      if (printable(*state, state->size()) == *state) options.parent->trace_state = *state;
  }
  if (const auto text = reader.text("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT")) {
    const std::string word = lower(trimmed(*text));
    options.content = word == "true" || word == "span_only" || word == "span_and_event";
  }
}

}  // namespace

TelemetryOptions telemetry_from_environment(const Variable& variable) {
  TelemetryOptions options;
  Reader reader(variable, options);
  const auto disabled = reader.text("OTEL_SDK_DISABLED");
  read_context(reader, options);
  if (disabled && lower(trimmed(*disabled)) == "true") return options;
  options.traces_url = endpoint(reader, kTraces);
  options.logs_url = endpoint(reader, kLogs);
  if (options.traces_url.empty() && options.logs_url.empty()) return options;
  options.trace_headers = headers(reader, kTraces);
  options.log_headers = headers(reader, kLogs);
  read_resource(reader, options);
  read_sampler(reader, options);
  read_limits(reader, options);
  return options;
}

TelemetryOptions telemetry_from_environment() {
  return telemetry_from_environment([](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  });
}

}  // namespace videogen::net
