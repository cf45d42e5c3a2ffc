#include "generate/judge_reply.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace videogen::generate {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostIssues = 20;
constexpr std::size_t kMostIssueBytes = 300;
constexpr std::size_t kMostCommentBytes = 2000;
// Candidates for an object; a reply of nothing but braces must not take long.
constexpr int kMostTries = 64;

std::string without_thoughts(std::string_view text) {
  constexpr std::string_view kBegin = "<think>", kEnd = "</think>";
  std::string rest;
  while (true) {
    const auto begin = text.find(kBegin);
    const auto end = text.find(kEnd);
    if (end != std::string_view::npos && (begin == std::string_view::npos || end < begin)) {
      // Templates that open the thought leave only its end to the model.
      rest.clear();
      text.remove_prefix(end + kEnd.size());
      continue;
    }
    rest += text.substr(0, begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return rest;
    text.remove_prefix(end + kEnd.size());
  }
}

// The text from a brace to the one that closes it; empty if none does.
std::string_view balanced(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return text.substr(0, i + 1);
    }
  }
  return {};
}

// Commas before a closing bracket, outside of strings.
std::string without_trailing_commas(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && (i == 0 || text[i - 1] != '\\')) quoted = !quoted;
    if (!quoted && c == ',') {
      const auto next = text.find_first_not_of(" \t\r\n", i + 1);
      if (next != std::string_view::npos && (text[next] == '}' || text[next] == ']')) continue;
    }
    out += c;
  }
  return out;
}

std::string with_double_quotes(std::string text) {
  for (char& c : text)
    if (c == '\'') c = '"';
  return text;
}

std::optional<Json> object_of(std::string_view text) {
  const std::string mended = without_trailing_commas(text);
  for (const std::string& candidate : {std::string(text), mended, with_double_quotes(mended)}) {
    Json json = Json::parse(candidate, nullptr, false, true);
    if (!json.is_discarded() && json.is_object()) return json;
  }
  return std::nullopt;
}

std::optional<Json> first_object(const std::string& text) {
  std::optional<Json> first;
  std::size_t at = text.find('{');
  for (int tries = 0; at != std::string::npos && tries < kMostTries; ++tries) {
    const std::string_view candidate = balanced(std::string_view(text).substr(at));
    std::optional<Json> json;
    if (!candidate.empty()) json = object_of(candidate);
    if (json && (json->contains("score") || json->contains("issues"))) return json;
    if (json && !first) first = std::move(json);
    at = text.find('{', at + 1);
  }
  return first;
}

std::optional<double> in_range(double score) {
  if (!std::isfinite(score) || score < 0 || score > 10) return std::nullopt;
  return score;
}

// 7, "7", "7.5/10"; of 100 or of 5 would be another scale.
std::optional<double> score_of(const Json& value) {
  if (value.is_number()) return in_range(value.get<double>());
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double score = 0;
  const char* const end_of_text = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), end_of_text, score);
  if (error != std::errc()) return std::nullopt;
  const std::string_view rest(end, static_cast<std::size_t>(end_of_text - end));
  if (!rest.empty() && rest != "/10" && rest != " / 10" && rest != " out of 10")
    return std::nullopt;
  return in_range(score);
}

void add_issue(const Json& value, std::vector<std::string>& issues) {
  if (issues.size() >= kMostIssues) return;
  const std::string text = value.is_string()
                               ? value.get<std::string>()
                               : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (!text.empty()) issues.push_back(printable(text, kMostIssueBytes));
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

JudgeReply read_judge_reply(std::string_view text) {
  JudgeReply reply;
  const std::string said = without_thoughts(text);
  const std::optional<Json> json = first_object(said);
  if (!json) {
    reply.comment = printable(trimmed(said), kMostCommentBytes);
    return reply;
  }
  if (const auto score = json->find("score"); score != json->end()) reply.score = score_of(*score);
  if (const auto issues = json->find("issues"); issues != json->end()) {
    if (issues->is_array()) {
      for (const Json& issue : *issues) add_issue(issue, reply.issues);
    } else if (!issues->is_null()) {
      add_issue(*issues, reply.issues);
    }
  }
  if (const auto comment = json->find("comment"); comment != json->end() && comment->is_string())
    reply.comment = printable(comment->get<std::string>(), kMostCommentBytes);
  return reply;
}

Result<std::string> completion_text(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  const auto none = [] {
    return fail(ErrorCode::corrupt,
                "the judge's answer is no chat completion (choices[0].message.content)");
  };
  try {
    const Json& content = json.at("choices").at(0).at("message").at("content");
    if (content.is_string()) return content.get<std::string>();
    std::string text;
    for (const Json& part : content)
      if (part.value("type", "") == "text") text += part.at("text").get<std::string>();
    if (!content.is_array()) return none();
    return text;
  } catch (const Json::exception&) {
    return none();
  }
}

}  // namespace videogen::generate
