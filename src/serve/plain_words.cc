#include "serve/plain_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace videogen::serve {
namespace {

// A word of the message, and where it stands.
struct Word {
  std::string text;                // letters, digits, - and ', in lower case
  std::size_t begin = 0, end = 0;  // in the message
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }
bool in_word(char c) {
  // Bytes of other scripts belong to words, too.
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '\'' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

bool in_host(char c) { return c == '[' || c == '_' || in_word(c); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Where an address begins in `text`, by its scheme in any case.
std::size_t address_at(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (i > 0 && in_word(text[i - 1])) continue;
    for (const std::string_view scheme : {"https://", "http://", "gs://"}) {
      if (text.size() - i > scheme.size() && in_host(text[i + scheme.size()]) &&
          std::equal(scheme.begin(), scheme.end(), text.begin() + std::ptrdiff_t(i),
                     [](char a, char b) { return a == lower(b); }))
        return i;
    }
  }
  return std::string_view::npos;
}

// Its end: the next space, quote or angle; punctuation that ends a sentence is not part of it.
std::size_t address_end(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  while (end < text.size() && !is_space(text[end]) &&
         std::string_view("\"<>`").find(text[end]) == std::string_view::npos)
    ++end;
  const auto address = [&] { return text.substr(begin, end - begin); };
  while (end > begin) {
    const char last = text[end - 1];
    const bool closes = (last == ')' && address().find('(') == std::string_view::npos) ||
                        (last == ']' && address().find('[') == std::string_view::npos);
    if (!closes && std::string_view(".,;:!?'").find(last) == std::string_view::npos) break;
    --end;
  }
  return end;
}

// The addresses, and the message with spaces in their places.
std::vector<std::string> take_addresses(std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = address_at(text, 0); at != std::string::npos; at = address_at(text, at)) {
    const std::size_t end = address_end(text, at);
    found.push_back(text.substr(at, end - at));
    std::fill(text.begin() + std::ptrdiff_t(at), text.begin() + std::ptrdiff_t(end), ' ');
    at = end;
  }
  return found;
}

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < text.size();) {
    if (!in_word(text[i])) {
      ++i;
      continue;
    }
    Word word{"", i, i};
    for (; i < text.size() && in_word(text[i]); ++i) word.text += lower(text[i]);
    word.end = i;
    while (!word.text.empty() && word.text.back() == '.') word.text.pop_back();
    if (!word.text.empty()) words.push_back(std::move(word));
  }
  return words;
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& list) {
  return std::ranges::find(list, word) != list.end();
}

constexpr std::array<std::string_view, 13> kValidate{
    "validate", "check",   "judge",    "assess", "verify", "inspect", "review",
    "analyse",  "analyze", "evaluate", "test",   "rate",   "score"};
constexpr std::array<std::string_view, 8> kEnhance{"enhance", "repair",  "fix",   "restore",
                                                   "denoise", "improve", "clean", "mend"};
constexpr std::array<std::string_view, 7> kGenerate{"generate", "make",  "create", "render",
                                                    "produce",  "shoot", "film"};
constexpr std::array<std::string_view, 9> kClip{"clip", "video", "film",    "movie",  "animation",
                                                "shot", "scene", "footage", "trailer"};
constexpr std::array<std::string_view, 10> kFiller{"a",   "an",   "me",    "us",  "the",
                                                   "one", "some", "short", "new", "please"};
constexpr std::array<std::string_view, 5> kOf{"of", "showing", "about", "where", "with"};
constexpr std::size_t kReach = 7;  // words from "make" to "clip"

// "6", "6s", "6-second", "2.5"
std::optional<double> number_at(std::string_view word, std::string_view& unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || !(value > 0 && value < 1e6)) return std::nullopt;
  unit = word.substr(std::size_t(end - word.data()));
  return value;
}
bool means_seconds(std::string_view unit) {
  if (unit.starts_with('-')) unit.remove_prefix(1);
  return unit == "s" || unit == "sec" || unit == "secs" || unit == "second" || unit == "seconds";
}

std::string after(std::string_view text, std::size_t at) {
  std::string_view rest = text.substr(std::min(at, text.size()));
  while (!rest.empty() && (is_space(rest.front()) ||
                           std::string_view(":,-").find(rest.front()) != std::string_view::npos))
    rest.remove_prefix(1);
  rest = trimmed(rest);
  // "make a clip of "a boat"": the quotes are not part of what is seen
  if (rest.size() >= 2 && rest.front() == '"' && rest.find('"', 1) == rest.size() - 1)
    rest = rest.substr(1, rest.size() - 2);
  return std::string(rest);
}

// From the word that asks for a clip on. False where no clip is asked for after all.
bool read_generation(std::string_view text, const std::vector<Word>& words, std::size_t verb,
                     Wish& wish) {
  std::size_t noun = verb + 1;
  bool described = false;  // something other than length stands before "clip"
  std::optional<double> seconds;
  for (; noun < words.size() && noun <= verb + kReach; ++noun) {
    const std::string& word = words[noun].text;
    if (is_one_of(word, kClip)) break;
    std::string_view unit;
    if (const auto value = number_at(word, unit)) {
      const bool split =
          unit.empty() && noun + 1 < words.size() && means_seconds(words[noun + 1].text);
      if (split || means_seconds(unit)) {
        seconds = value;
        noun += split ? 1 : 0;
        continue;
      }
    }
    described = described || !is_one_of(word, kFiller);
  }
  const bool names_clip = noun < words.size() && noun <= verb + kReach;
  if (!names_clip) {
    // "generate a boat in the rain" is plain enough; "make it better" is not.
    if (words[verb].text != "generate") return false;
    wish.prompt = after(text, words[verb].end);
    return true;
  }
  wish.seconds = seconds;
  std::size_t begin = noun + 1;
  if (described) {
    begin = verb + 1;
    while (is_one_of(words[begin].text, kFiller)) ++begin;
    wish.prompt = after(text, words[begin].begin);
    return true;
  }
  const bool shows = begin + 1 < words.size() && words[begin].text == "that" &&
                     (words[begin + 1].text == "shows" || words[begin + 1].text == "show");
  if (shows)
    begin += 2;
  else if (begin < words.size() && is_one_of(words[begin].text, kOf))
    begin += 1;
  wish.prompt = begin < words.size() ? after(text, words[begin - 1].end) : "";
  return true;
}

bool asks_for_help(const std::vector<Word>& words) {
  if (words.empty() || words.size() > 5) return false;
  if (words[0].text == "help") return true;
  return words.size() >= 4 && words[0].text == "what" && words[1].text == "can" &&
         words[2].text == "you" && words[3].text == "do";
}

std::string after_prompt_label(std::string_view text) {
  std::string low(text);
  std::ranges::transform(low, low.begin(), lower);
  const auto at = low.find("prompt:");
  if (at == std::string::npos) return "";
  const auto line = text.substr(at, std::min(text.find('\n', at), text.size()) - at);
  return after(line, std::string_view("prompt:").size());
}

}  // namespace

Wish read_words(std::string_view message) {
  Wish wish;
  std::string text(message);
  wish.addresses = take_addresses(text);
  const std::vector<Word> words = words_of(text);
  wish.asks_for_help = wish.addresses.empty() && asks_for_help(words);
  if (wish.asks_for_help) return wish;
  for (std::size_t i = 0; i < words.size() && !wish.skill; ++i) {
    const std::string& word = words[i].text;
    const bool makes_sure = word == "make" && i + 1 < words.size() && words[i + 1].text == "sure";
    if (makes_sure || is_one_of(word, kValidate)) {
      wish.skill = Skill::validate;
    } else if (is_one_of(word, kEnhance)) {
      wish.skill = Skill::enhance;
    } else if (is_one_of(word, kGenerate) && read_generation(message, words, i, wish)) {
      wish.skill = Skill::generate;
    }
  }
  if (wish.skill != Skill::generate) wish.prompt = after_prompt_label(text);
  return wish;
}

}  // namespace videogen::serve
