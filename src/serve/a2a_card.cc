#include <array>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "serve/a2a_card_internal.h"
#include "serve/json_text_internal.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

constexpr std::string_view kDescription =
    "Judges video clips (coherence, flicker, freezes, cuts, corruption, whether they show what "
    "the prompt asked for), repairs what can be repaired, and makes clips with video models "
    "until one passes. Every number names how it was measured.";

json skill_card(Skill skill) {
  switch (skill) {
    case Skill::validate:
      return {
          {"id", "validate"},
          {"name", "Validate a clip"},
          {"description",
           "Measures a video clip and gives a verdict with reasons, events with their times, "
           "and the original coherence fields. Text, or data {\"skill\": \"validate\", "
           "\"uri\": address, options}; the clip may also come as a url or raw part."},
          {"tags", {"video", "quality", "coherence", "validation"}},
          {"examples",
           {"check this clip: https://example.com/clip.mp4",
            R"({"skill": "validate", "uri": "https://example.com/clip.mp4", "threshold": 0.9})"}},
          {"inputModes",
           {"text/plain", "application/json", "video/mp4", "video/webm", "video/quicktime"}},
          {"outputModes", {"application/json"}}};
    case Skill::enhance:
      return {{"id", "enhance"},
              {"name", "Repair a clip"},
              {"description",
               "Finds damaged places of a video clip and repairs only those; a clean clip comes "
               "back as it is. Text, or data {\"skill\": \"enhance\", \"uri\": address}."},
              {"tags", {"video", "repair", "denoising"}},
              {"examples",
               {"repair https://example.com/clip.mp4",
                R"({"skill": "enhance", "uri": "https://example.com/clip.mp4"})"}},
              {"inputModes",
               {"text/plain", "application/json", "video/mp4", "video/webm", "video/quicktime"}},
              {"outputModes", {"application/json", "video/mp4"}}};
    case Skill::generate:
      break;
  }
  return {
      {"id", "generate"},
      {"name", "Make a clip"},
      {"description",
       "Asks a video model for clips until one passes validation, within a budget, and gives "
       "the best with its report. Text, or data {\"skill\": \"generate\", \"prompt\": words, "
       "options}."},
      {"tags", {"video", "generation"}},
      {"examples",
       {"make a clip of a boat in the rain",
        R"({"skill": "generate", "prompt": "a boat in the rain", "seconds": 8, "aspect": "16:9"})"}},
      {"inputModes", {"text/plain", "application/json"}},
      {"outputModes", {"application/json", "video/mp4"}}};
}

json interface_of(std::string_view url, std::string_view binding, std::string_view version) {
  return {{"url", url}, {"protocolBinding", binding}, {"protocolVersion", version}};
}

void add_legacy(json& card, const CardFacts& facts, const std::string& rpc) {
  card["protocolVersion"] = "0.3.0";
  card["url"] = rpc;
  card["preferredTransport"] = "JSONRPC";
  // Without the HTTP+JSON of 1.0, which clients of 0.3 would take for theirs.
  card["additionalInterfaces"] = json::array({{{"url", rpc}, {"transport", "JSONRPC"}}});
  card["supportsAuthenticatedExtendedCard"] = false;
  if (!facts.needs_token) return;
  card["security"] = json::array({{{"bearer", json::array()}}});
  card["securitySchemes"]["bearer"]["type"] = "http";
  card["securitySchemes"]["bearer"]["scheme"] = "bearer";
}

}  // namespace

const std::vector<std::string>& input_modes() {
  static const std::vector<std::string> modes{"text/plain",       "text/markdown",
                                              "application/json", "video/*",
                                              "application/mp4",  "application/octet-stream"};
  return modes;
}

std::string agent_card(const CardFacts& facts, const Executor& executor) {
  const std::string rpc = facts.root + "/a2a";
  json card{{"name", "videogen"},
            {"description", kDescription},
            {"version", facts.version},
            {"capabilities",
             {{"streaming", true}, {"pushNotifications", true}, {"extendedAgentCard", false}}},
            {"defaultInputModes",
             {"text/plain", "application/json", "video/mp4", "video/webm", "video/quicktime"}},
            {"defaultOutputModes", {"application/json", "text/plain"}}};
  card["supportedInterfaces"] = json::array(
      {interface_of(rpc, "JSONRPC", "1.0"), interface_of(rpc + "/v1", "HTTP+JSON", "1.0")});
  if (!facts.pure) card["supportedInterfaces"].push_back(interface_of(rpc, "JSONRPC", "0.3"));
  card["skills"] = json::array();
  for (const Skill skill : {Skill::validate, Skill::enhance, Skill::generate})
    if (!executor.lacks(skill)) card["skills"].push_back(skill_card(skill));
  if (facts.needs_token) {
    card["securitySchemes"] = {{"bearer", {{"httpAuthSecurityScheme", {{"scheme", "Bearer"}}}}}};
    card["securityRequirements"] =
        json::array({{{"schemes", {{"bearer", {{"list", json::array()}}}}}}});
  }
  if (!facts.pure) add_legacy(card, facts, rpc);
  return card.dump(1);
}

net::ServerResponse card_answer(const net::ServerRequest& request, std::string card) {
  Sha256 sha;
  sha.update(card);
  const std::string tag = fmt::format("\"{}\"", sha.hex().substr(0, 32));
  net::ServerResponse response;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("ETag", tag);
  response.headers.add("Cache-Control", "public, max-age=300");
  response.headers.add("Vary", "A2A-Version");
  const auto known = request.headers.find("If-None-Match");
  if (known && (*known == "*" || known->find(tag) != std::string_view::npos))
    response.status = 304;
  else
    response.body = std::move(card);
  return response;
}

}  // namespace videogen::serve
