// Reads tokenizer.json, the one-file layout of Hugging Face's tokenizers. The file can describe
// many pipelines; anything but CLIP's is refused by name rather than imitated in part.
#include <array>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "embed/json_file_internal.h"
#include "embed/tokenizer_parts_internal.h"
#include "embed/vocabulary_internal.h"

namespace videogen::embed {
namespace {

using nlohmann::json;

// The same words come out of both: what the longer one adds is taken out as special tokens
// before.
constexpr std::array<std::string_view, 2> kPatterns{
    R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)",
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)"};
constexpr std::size_t kMaxAddedTokens = 1000;

// A member at a path such as {"model", "vocab"}; null where a step is missing.
const json& at(const json& value, std::initializer_list<std::string_view> path) {
  static const json kNull;
  const json* here = &value;
  for (const std::string_view step : path) {
    if (!here->is_object()) return kNull;
    const auto found = here->find(step);
    if (found == here->end()) return kNull;
    here = &*found;
  }
  return *here;
}

// An element of an array, or null.
const json& element(const json& value, std::size_t index) {
  static const json kNull;
  return value.is_array() && index < value.size() ? value[index] : kNull;
}

bool is_off(const json& value) { return value.is_null() || value == false || value == 0; }
bool is_empty(const json& value) { return value.is_null() || value == ""; }

class TokenizerJson {
 public:
  TokenizerJson(const json& root, const std::filesystem::path& file)
      : root_(root), file_(file), name_(printable(file.string())) {}

  Result<TokenizerParts> read() {
    VIDEOGEN_TRY(check_pipeline());
    VIDEOGEN_TRY(check_model());
    VIDEOGEN_TRY(parts_.vocabulary, parse_vocabulary(at(root_, {"model", "vocab"}), file_));
    VIDEOGEN_TRY(read_merges());
    VIDEOGEN_TRY(read_added_tokens());
    VIDEOGEN_TRY(read_post_processor());
    return std::move(parts_);
  }

 private:
  [[nodiscard]] tl::unexpected<Error> error(ErrorCode code, std::string_view fact) const {
    return fail(code, fmt::format("{}: {}", name_, fact));
  }

  [[nodiscard]] Status check_pipeline() const {
    const json& steps = at(root_, {"normalizer", "normalizers"});
    const json& replace = element(steps, 1);
    if (steps.size() != 3 || at(element(steps, 0), {"type"}) != "NFC" ||
        at(replace, {"type"}) != "Replace" || at(replace, {"pattern", "Regex"}) != R"(\s+)" ||
        at(replace, {"content"}) != " " || at(element(steps, 2), {"type"}) != "Lowercase") {
      return error(ErrorCode::unsupported,
                   R"(the normalizer is not CLIP's (NFC, Replace \s+ by a space, Lowercase))");
    }
    const json& splits = at(root_, {"pre_tokenizer", "pretokenizers"});
    const json& split = element(splits, 0);
    const json& bytes = element(splits, 1);
    const json& pattern = at(split, {"pattern", "Regex"});
    const bool known_pattern = pattern == kPatterns[0] || pattern == kPatterns[1];
    if (splits.size() != 2 || at(split, {"type"}) != "Split" || !known_pattern ||
        at(split, {"behavior"}) != "Removed" || at(split, {"invert"}) != true ||
        at(bytes, {"type"}) != "ByteLevel" || at(bytes, {"add_prefix_space"}) != false) {
      return error(ErrorCode::unsupported,
                   "the pre_tokenizer is not CLIP's (Split by its pattern, ByteLevel)");
    }
    return {};
  }

  Status check_model() {
    const json& model = at(root_, {"model"});
    if (at(model, {"type"}) != "BPE" || at(model, {"end_of_word_suffix"}) != "</w>" ||
        !is_empty(at(model, {"continuing_subword_prefix"})) || !is_off(at(model, {"dropout"})) ||
        !is_off(at(model, {"byte_fallback"})) || !is_off(at(model, {"ignore_merges"}))) {
      return error(ErrorCode::unsupported,
                   "the model is not CLIP's (BPE with </w>, without dropout, byte_fallback, "
                   "ignore_merges or a prefix)");
    }
    if (const json& unknown = at(model, {"unk_token"}); unknown.is_string()) {
      parts_.options.unknown = unknown.get<std::string>();
    }
    parts_.options.fuse_unknown = at(model, {"fuse_unk"}) == true;
    return {};
  }

  // Each merge is "left right", or ["left", "right"] in files since tokenizers 0.20.
  Status read_merges() {
    const json& merges = at(root_, {"model", "merges"});
    if (!merges.is_array() || merges.empty()) {
      return error(ErrorCode::corrupt, "model.merges is not a list, or is empty");
    }
    parts_.rules.reserve(merges.size());
    for (std::size_t i = 0; i < merges.size(); ++i) {
      const json& merge = merges[i];
      if (merge.is_string()) {
        VIDEOGEN_TRY(MergeRule rule, parse_merge(merge.get_ref<const std::string&>(), file_,
                                                 fmt::format("model.merges[{}]", i)));
        parts_.rules.push_back(std::move(rule));
      } else if (merge.size() == 2 && element(merge, 0).is_string() &&
                 element(merge, 1).is_string()) {
        parts_.rules.push_back({merge[0].get<std::string>(), merge[1].get<std::string>()});
      } else {
        return error(ErrorCode::corrupt,
                     fmt::format("model.merges[{}] is neither a string nor two strings", i));
      }
    }
    return {};
  }

  Status read_added_tokens() {
    const json& tokens = at(root_, {"added_tokens"});
    if (tokens.size() > kMaxAddedTokens) {
      return error(ErrorCode::limit, fmt::format("{} added_tokens, at most {} are read",
                                                 tokens.size(), kMaxAddedTokens));
    }
    std::unordered_set<std::int32_t> ids;
    for (const auto& [token, id] : parts_.vocabulary) ids.insert(id);
    for (const json& token : tokens) {
      const json& content = at(token, {"content"});
      const json& id = at(token, {"id"});
      if (!content.is_string() || !id.is_number_integer() || id < 0 || id > INT32_MAX) {
        return error(ErrorCode::corrupt, "an entry of added_tokens has no content or no id");
      }
      AddedToken added{content.get<std::string>(), id.get<std::int32_t>(),
                       at(token, {"normalized"}) != false};
      if (at(token, {"single_word"}) == true) {
        return error(ErrorCode::unsupported,
                     fmt::format("the added token '{}' is marked single_word",
                                 printable(added.content, 60)));
      }
      const auto known = parts_.vocabulary.find(added.content);
      const bool agrees = known != parts_.vocabulary.end() ? known->second == added.id
                                                           : ids.insert(added.id).second;
      if (!agrees) {
        return error(ErrorCode::corrupt,
                     fmt::format("the added token '{}' has the id {}, which the vocabulary gives "
                                 "to another or gives it differently",
                                 printable(added.content, 60), added.id));
      }
      if (!added.content.empty()) parts_.added.push_back(std::move(added));
    }
    return {};
  }

  // The ids put before and after the text: by RobertaProcessing, or by a TemplateProcessing
  // whose single form is START $A END.
  Status read_post_processor() {
    const json& post = at(root_, {"post_processor"});
    if (at(post, {"type"}) == "RobertaProcessing") {
      VIDEOGEN_TRY(read_id(element(at(post, {"cls"}), 1), "cls", parts_.start_id));
      return read_id(element(at(post, {"sep"}), 1), "sep", parts_.end_id);
    }
    const json& form = at(post, {"single"});
    const json& start = at(element(form, 0), {"SpecialToken", "id"});
    const json& end = at(element(form, 2), {"SpecialToken", "id"});
    if (at(post, {"type"}) != "TemplateProcessing" || form.size() != 3 || !start.is_string() ||
        at(element(form, 1), {"Sequence", "id"}) != "A" || !end.is_string()) {
      return error(ErrorCode::unsupported,
                   "the post_processor is not CLIP's (a start token, the text, an end token)");
    }
    const auto id_of = [&](const json& token) -> const json& {
      return element(at(post, {"special_tokens", token.get_ref<const std::string&>(), "ids"}), 0);
    };
    VIDEOGEN_TRY(read_id(id_of(start), "start", parts_.start_id));
    return read_id(id_of(end), "end", parts_.end_id);
  }

  Status read_id(const json& value, std::string_view role, std::int32_t& id) const {
    if (!value.is_number_integer() || value < 0 || value > INT32_MAX) {
      return error(ErrorCode::corrupt,
                   fmt::format("the post_processor's {} token has no id", role));
    }
    id = value.get<std::int32_t>();
    for (const AddedToken& token : parts_.added) {
      if (token.id == id) return {};
    }
    for (const auto& [token, known] : parts_.vocabulary) {
      if (known == id) return {};
    }
    return error(
        ErrorCode::corrupt,
        fmt::format("the post_processor's {} token has the id {}, which no token has", role, id));
  }

  const json& root_;
  const std::filesystem::path& file_;
  std::string name_;
  TokenizerParts parts_;
};

}  // namespace

Result<TokenizerParts> read_tokenizer_json(const std::filesystem::path& file) {
  VIDEOGEN_TRY(const json root, read_json(file, kMaxTokenizerFileBytes));
  return TokenizerJson(root, file).read();
}

}  // namespace videogen::embed
