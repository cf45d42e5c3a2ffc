#include "serve/understand.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "serve/a2a_message_internal.h"
#include "serve/json_text_internal.h"
#include "serve/plain_words.h"

namespace videogen::serve {
namespace {

using nlohmann::json;

constexpr std::string_view kHelp =
    "I judge, repair and make video clips. Say \"check this clip: https://…\", \"repair "
    "https://…\" or \"make a clip of …\", or send a data part such as {\"skill\": \"validate\", "
    "\"uri\": \"https://…\"}; a clip may also come as a raw or url part.";

// What has been gathered so far.
struct Gathered {
  std::optional<Skill> skill;
  json request = json::object();
  std::vector<std::string> clips;  // addresses of the newest message that has any
  bool help = false;
};

// {"skill", "uri"?, options…} or {"skill", "uri"?, "options": {…}}
Status take_data(const json& data, Gathered& gathered) {
  if (!data.is_object()) return fail(ErrorCode::usage, "a data part must be an object");
  const auto take = [&gathered](const json& members) -> Status {
    for (const auto& [name, value] : members.items()) {
      if (name == "skill" || name == "options") continue;
      gathered.request[name] = value;
    }
    return {};
  };
  if (const auto skill = data.find("skill"); skill != data.end()) {
    const auto known = skill->is_string() ? skill_named(skill->get<std::string>()) : std::nullopt;
    if (!known)
      return fail(ErrorCode::usage, fmt::format("skill must be validate, enhance or generate, not "
                                                "{}",
                                                printable(text_of(*skill), 60)));
    gathered.skill = known;
  }
  VIDEOGEN_TRY(take(data));
  if (const auto options = data.find("options"); options != data.end()) {
    if (!options->is_object()) return fail(ErrorCode::usage, "options must be an object");
    for (const auto& [name, value] : options->items())
      if (data.contains(name))
        return fail(ErrorCode::usage, fmt::format("{} is given twice: beside options and in them",
                                                  printable(name, 60)));
    VIDEOGEN_TRY(take(*options));
  }
  return {};
}

void take_words(const std::string& text, Gathered& gathered, std::vector<std::string>& clips) {
  const Wish wish = read_words(text);
  gathered.help = wish.asks_for_help;
  for (const std::string& address : wish.addresses) clips.push_back(address);
  const bool answers_what_to_show =
      !wish.skill && gathered.skill == Skill::generate && !gathered.request.contains("prompt");
  if (wish.skill) gathered.skill = wish.skill;
  if (answers_what_to_show && !text.empty())
    gathered.request["prompt"] = text;
  else if (!wish.prompt.empty())
    gathered.request["prompt"] = wish.prompt;
  if (!wish.seconds) return;
  // Back ends count whole seconds.
  if (*wish.seconds == std::floor(*wish.seconds))
    gathered.request["seconds"] = std::int64_t(*wish.seconds);
  else
    gathered.request["seconds"] = *wish.seconds;
}

Status take_message(const json& message, Gathered& gathered) {
  std::vector<std::string> clips;
  std::string words;
  bool has_data = false;
  for (const json& part : message.value("parts", json::array())) {
    if (is_kept_file(part)) continue;
    if (const auto data = part.find("data"); data != part.end()) {
      VIDEOGEN_TRY(take_data(*data, gathered));
      has_data = true;
    } else if (const auto url = part.find("url"); url != part.end() && url->is_string()) {
      clips.push_back(url->get<std::string>());
    } else if (const auto text = part.find("text"); text != part.end() && text->is_string()) {
      words += (words.empty() ? "" : "\n") + text->get<std::string>();
    }
  }
  // Data says all; words beside it are for people.
  if (!has_data && !words.empty()) take_words(words, gathered, clips);
  if (!clips.empty()) gathered.clips = std::move(clips);
  return {};
}

std::string clip_question(Skill skill) {
  return fmt::format(
      "Which clip shall I {}? Send its address (https://…), or the file as a raw part.",
      skill == Skill::validate ? "check" : "repair");
}

}  // namespace

Result<Understood> understand(const std::vector<std::string>& messages, bool has_file) {
  Gathered gathered;
  for (const std::string& text : messages) {
    VIDEOGEN_TRY(const json message, parse_json(text));
    VIDEOGEN_TRY(take_message(message, gathered));
  }
  Understood understood;
  if (gathered.help && messages.size() == 1 && !has_file) {
    understood.reply = kHelp;
    return understood;
  }
  const auto named = gathered.request.find("uri");
  const std::string uri =
      named != gathered.request.end() && named->is_string() ? named->get<std::string>() : "";
  // An address in data and the same as a part is one.
  std::erase(gathered.clips, uri);
  const std::size_t clips = gathered.clips.size() + (uri.empty() ? 0 : 1) + (has_file ? 1 : 0);
  if (!gathered.skill) {
    understood.question =
        clips == 0 ? fmt::format("What shall I do? {}", kHelp)
                   : "What shall I do with the clip: check it (validate) or repair it (enhance)?";
    understood.request = text_of(gathered.request);
    return understood;
  }
  understood.skill = *gathered.skill;
  if (understood.skill == Skill::generate) {
    const auto prompt = gathered.request.find("prompt");
    if (prompt == gathered.request.end() || (prompt->is_string() && *prompt == ""))
      understood.question = "What shall the clip show?";
    if (!gathered.clips.empty())
      return fail(ErrorCode::usage,
                  "a generation takes no clip: to check or repair one, say so in a message of its "
                  "own");
  } else if (clips == 0) {
    understood.question = clip_question(understood.skill);
  } else if (clips > 1) {
    understood.question = "One clip at a time, please: which of them first?";
  } else if (uri.empty() && !has_file) {
    gathered.request["uri"] = gathered.clips.front();
  }
  understood.request = text_of(gathered.request);
  return understood;
}

}  // namespace videogen::serve
