#include "embed/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/json_file_internal.h"
#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Ids = std::vector<std::int32_t>;

fs::path golden() { return VIDEOGEN_SOURCE_DIR "/tests/golden/tokenizer"; }
json read(const fs::path& file) { return read_json(file, std::size_t{32} << 20).value(); }

// tokenizer.json as transformers 4.57 saves it, but for the vocabulary.
json one_file(json vocabulary, json merges) {
  json root = json::parse(R"({
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"},
      {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "}, {"type": "Lowercase"}]},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
      {"type": "Split", "pattern": {"Regex":
        "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},
       "behavior": "Removed", "invert": true},
      {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}]},
    "post_processor": {"type": "RobertaProcessing"},
    "model": {"type": "BPE", "dropout": null, "unk_token": "<|endoftext|>",
      "continuing_subword_prefix": "", "end_of_word_suffix": "</w>", "fuse_unk": false,
      "byte_fallback": false, "ignore_merges": false}})");
  const json start = vocabulary["<|startoftext|>"];
  const json end = vocabulary["<|endoftext|>"];
  root["added_tokens"] = {{{"id", start}, {"content", "<|startoftext|>"}, {"normalized", true}},
                          {{"id", end}, {"content", "<|endoftext|>"}, {"normalized", true}}};
  root["post_processor"]["cls"] = {"<|startoftext|>", start};
  root["post_processor"]["sep"] = {"<|endoftext|>", end};
  root["model"]["vocab"] = std::move(vocabulary);
  root["model"]["merges"] = std::move(merges);
  return root;
}

json merge_lines(const fs::path& file) {
  std::ifstream in(file);
  json lines = json::array();
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("#version")) lines.push_back(line);
  }
  return lines;
}

Tokenizer load(const fs::path& folder) {
  auto tokenizer = Tokenizer::load(folder);
  if (!tokenizer) throw std::runtime_error(tokenizer.error().message);
  return *std::move(tokenizer);
}

void expect_texts(const Tokenizer& tokenizer, const json& texts) {
  ASSERT_FALSE(texts.empty());
  for (const json& each : texts) {
    EXPECT_EQ(tokenizer.encode(each["text"].get<std::string>()), each["ids"].get<Ids>())
        << each["text"];
  }
}

TEST(Tokenizer, EqualsHuggingFaceFromVocabularyAndMerges) {
  const Tokenizer tokenizer = load(golden());
  EXPECT_EQ(tokenizer.start_id(), 49406);
  EXPECT_EQ(tokenizer.end_id(), 49407);
  EXPECT_EQ(tokenizer.largest_id(), 49407);
  expect_texts(tokenizer, read(golden() / "expected.json"));
}

TEST(Tokenizer, EqualsHuggingFaceFromOneFile) {
  const TemporaryFolder folder;
  const json root = one_file(read(golden() / "vocab.json"), merge_lines(golden() / "merges.txt"));
  write_text(folder.path() / "tokenizer.json", root.dump());
  expect_texts(load(folder.path()), read(golden() / "expected.json"));
}

TEST(Tokenizer, EqualsHuggingFaceFromTheFileThatItSaved) {
  const fs::path source = shared_clip() / "tokenizer";
  if (!fs::exists(source)) GTEST_SKIP() << "no ../shared/clip here";
  expect_texts(load(source), read(source / "expected.json"));
}

TEST(Tokenizer, EqualsHuggingFaceWithAShortenedVocabulary) {
  for (const char* name : {"tiny-quick-gelu", "tiny-gelu-sharded-bf16"}) {
    const fs::path folder = golden_clip() / name;
    expect_texts(load(folder), read(folder / "expected.json")["texts"]);
  }
}

TEST(Tokenizer, RecognisesSpecialTokensInAnyCase) {
  const Tokenizer tokenizer = load(golden());
  EXPECT_THAT(tokenizer.encode("<|StartOfText|>cat<|ENDOFTEXT|>"),
              ElementsAre(49406, 49406, 2368, 49407, 49407));
}

TEST(Tokenizer, CutsAndStillEndsWithTheEndToken) {
  const Tokenizer tokenizer = load(golden());
  EXPECT_THAT(tokenizer.encode("cat cat cat", 4), ElementsAre(49406, 2368, 2368, 49407));
  EXPECT_THAT(tokenizer.encode("cat cat", 4), ElementsAre(49406, 2368, 2368, 49407));
  EXPECT_THAT(tokenizer.encode("cat", 2), ElementsAre(49406, 49407));
  EXPECT_EQ(tokenizer.encode("supercalifragilistic", 5).size(), 5U);  // inside a word
  EXPECT_THROW((void)tokenizer.encode("cat", 1), std::logic_error);
}

TEST(Tokenizer, ReadsIllFormedTextAsReplacementCharacters) {
  const Tokenizer tokenizer = load(golden());
  EXPECT_EQ(tokenizer.encode("cat \xff\xc3 dog"), tokenizer.encode("cat \uFFFD\uFFFD dog"));
  EXPECT_EQ(tokenizer.encode("\xed\xa0\x80"), tokenizer.encode("\uFFFD\uFFFD\uFFFD"));
}

// Quadratic work on a million letters would take hours.
TEST(Tokenizer, EndsOnAWordOfAMillionLetters) {
  const Tokenizer tokenizer = load(golden());
  std::string word(1'000'000, 'a');
  for (std::size_t i = 0; i < word.size(); ++i) word[i] = static_cast<char>('a' + i * i % 17);
  EXPECT_EQ(tokenizer.encode(word).size(), 77U);
}

TEST(Tokenizer, ReadsAtMostTheFirstSixteenMebibytes) {
  const Tokenizer tokenizer = load(golden());
  std::string text((std::size_t{16} << 20) - 1, ' ');
  EXPECT_EQ(tokenizer.encode(text + "\u00e9 cat"), (Ids{49406, 49407}));  // é does not fit
  EXPECT_EQ(tokenizer.encode(text + "a cat").size(), 3U);
}

// A vocabulary to compute by hand: l o w, the merges lo and low at the end of a word.
class SmallTokenizer : public testing::Test {
 protected:
  SmallTokenizer()
      : vocabulary_(json::parse(R"({"l": 0, "o": 1, "w": 2, "w</w>": 3, "lo": 4, "low</w>": 5,
                                    "<|startoftext|>": 6, "<|endoftext|>": 7})")),
        merges_{"l o", "lo w</w>"} {}

  void write_two(std::string_view vocabulary, std::string_view merges) const {
    write_text(folder_.path() / "vocab.json", vocabulary);
    write_text(folder_.path() / "merges.txt", merges);
  }
  void write_one(const json& root) const {
    write_text(folder_.path() / "tokenizer.json", root.dump());
  }
  [[nodiscard]] json one() const { return one_file(vocabulary_, merges_); }

  // One line that names a file of the folder and holds `fact`.
  void expect_error(ErrorCode code, const std::string& fact) const {
    const auto tokenizer = Tokenizer::load(folder_.path());
    ASSERT_FALSE(tokenizer) << fact;
    EXPECT_EQ(name(tokenizer.error().code), name(code)) << tokenizer.error().message;
    EXPECT_THAT(tokenizer.error().message, HasSubstr(folder_.path().string()));
    EXPECT_THAT(tokenizer.error().message, HasSubstr(fact));
    EXPECT_THAT(tokenizer.error().message, Not(HasSubstr("\n")));
  }
  void expect_error_in_one(const json& root, ErrorCode code, const std::string& fact) const {
    write_one(root);
    expect_error(code, fact);
  }
  void expect_error_in_two(std::string_view vocabulary, std::string_view merges, ErrorCode code,
                           const std::string& fact) const {
    write_two(vocabulary, merges);
    expect_error(code, fact);
  }

  json vocabulary_;
  json merges_;
  const TemporaryFolder folder_;
};

TEST_F(SmallTokenizer, MergesByRank) {
  write_two(vocabulary_.dump(), "#version: 0.2\nl o\r\nlo w</w>\n");
  const Tokenizer tokenizer = load(folder_.path());
  EXPECT_THAT(tokenizer.encode("low"), ElementsAre(6, 5, 7));
  EXPECT_THAT(tokenizer.encode("LOLOW"), ElementsAre(6, 4, 5, 7));
  EXPECT_THAT(tokenizer.encode("wlow"), ElementsAre(6, 2, 5, 7));
  EXPECT_THAT(tokenizer.encode("w"), ElementsAre(6, 3, 7));
}

TEST_F(SmallTokenizer, WritesUnknownBytesAsTheUnknownToken) {
  write_one(one());
  EXPECT_THAT(load(folder_.path()).encode("x!low"), ElementsAre(6, 7, 7, 5, 7));
  EXPECT_THAT(load(folder_.path()).encode("xxlow"), ElementsAre(6, 7, 7, 5, 7));

  json fused = one();
  fused["model"]["fuse_unk"] = true;
  write_one(fused);
  EXPECT_THAT(load(folder_.path()).encode("xxlow"), ElementsAre(6, 7, 5, 7));

  json none = one();
  none["model"]["unk_token"] = nullptr;
  write_one(none);
  EXPECT_THAT(load(folder_.path()).encode("xxlow"), ElementsAre(6, 5, 7));
}

TEST_F(SmallTokenizer, ReadsMergesAsPairs) {
  merges_ = json::parse(R"([["l", "o"], ["lo", "w</w>"]])");
  write_one(one());
  EXPECT_THAT(load(folder_.path()).encode("low"), ElementsAre(6, 5, 7));
}

TEST_F(SmallTokenizer, ReadsATemplateAndTheLongerPattern) {
  json root = one();
  root["post_processor"] = json::parse(R"({"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<|startoftext|>", "type_id": 0}},
               {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}],
    "special_tokens": {"<|startoftext|>": {"ids": [6]}, "<|endoftext|>": {"ids": [7]}}})");
  root["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] =
      R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
  write_one(root);
  EXPECT_THAT(load(folder_.path()).encode("low<|endoftext|>low"), ElementsAre(6, 5, 7, 5, 7));
}

TEST_F(SmallTokenizer, LooksForUnnormalisedTokensInTheTextAsItCame) {
  json root = one();
  root["added_tokens"][1]["normalized"] = false;
  root["added_tokens"].push_back({{"id", 8}, {"content", "<|end"}, {"normalized", false}});
  root["model"]["unk_token"] = nullptr;
  write_one(root);
  const Tokenizer tokenizer = load(folder_.path());
  EXPECT_EQ(tokenizer.largest_id(), 8);
  EXPECT_THAT(tokenizer.encode("low<|endoftext|>low"), ElementsAre(6, 5, 7, 5, 7));  // longest
  EXPECT_THAT(tokenizer.encode("low<|end|>low"), ElementsAre(6, 5, 8, 5, 7));
  EXPECT_THAT(tokenizer.encode("w<|ENDOFTEXT|>w"), ElementsAre(6, 3, 1, 3, 7));  // just letters
}

TEST_F(SmallTokenizer, NamesTheFileThatIsMissing) {
  expect_error(ErrorCode::not_found, "neither tokenizer.json nor vocab.json");
  write_text(folder_.path() / "vocab.json", vocabulary_.dump());
  expect_error(ErrorCode::not_found, "merges.txt");
  fs::create_symlink("nowhere", folder_.path() / "tokenizer.json");
  expect_error(ErrorCode::not_found, "tokenizer.json");
}

TEST_F(SmallTokenizer, NamesWhatIsWrongWithAVocabulary) {
  constexpr auto kCorrupt = ErrorCode::corrupt;
  expect_error_in_two("", "l o\n", kCorrupt, "vocab.json is not JSON: the file is empty");
  expect_error_in_two("{\"a\": 1", "l o\n", kCorrupt, "vocab.json is not JSON");
  expect_error_in_two("[1]", "l o\n", kCorrupt, "not a JSON object");
  expect_error_in_two("\xff", "l o\n", kCorrupt, "vocab.json is not JSON");
  expect_error_in_two(R"({"a": 1, "b": 1})", "l o\n", kCorrupt, "'a' and 'b' have the same id 1");
  expect_error_in_two(R"({"a": -1})", "l o\n", kCorrupt, "the id of 'a'");
  expect_error_in_two(R"({"a": 2147483648})", "l o\n", kCorrupt, "the id of 'a'");
  expect_error_in_two(R"({"a": 18446744073709551615})", "l o\n", kCorrupt, "the id of 'a'");
  expect_error_in_two(R"({"a": 1.0})", "l o\n", kCorrupt, "the id of 'a'");
  expect_error_in_two(R"({"a\u001b[2J": "x"})", "l o\n", kCorrupt, "the id of 'a\\x1b[2J'");
  expect_error_in_two(R"({"l": 0})", "#version\n", kCorrupt, "lacks <|startoftext|>");
  expect_error_in_two(R"({"<|startoftext|>": 0})", "#version\n", kCorrupt, "lacks <|endoftext|>");
  expect_error_in_two(std::string(1000, '['), "l o\n", kCorrupt, "1000 levels deep");
  expect_error_in_two(std::string(std::size_t{33} << 20, ' '), "l o\n", ErrorCode::limit,
                      "vocab.json");
}

TEST_F(SmallTokenizer, NamesWhatIsWrongWithMerges) {
  const std::string vocabulary = vocabulary_.dump();
  constexpr auto kCorrupt = ErrorCode::corrupt;
  expect_error_in_two(vocabulary, "", kCorrupt, "merges.txt is empty");
  expect_error_in_two(vocabulary, "#version\nlo\n", kCorrupt, "line 2 is 'lo'");
  expect_error_in_two(vocabulary, "l o w\n", kCorrupt, "line 1 is 'l o w'");
  expect_error_in_two(vocabulary, "l o\n\nlo w</w>\n", kCorrupt, "line 2 is ''");
  expect_error_in_two(vocabulary, "l o\nl x\n", kCorrupt, "merge 2 ('l x') needs the token 'x'");
  expect_error_in_two(vocabulary, "l w\n", kCorrupt, "needs the token 'lw'");
}

TEST_F(SmallTokenizer, NamesAnotherPipelineThanClips) {
  constexpr auto kUnsupported = ErrorCode::unsupported;
  const auto changed = [&](const char* pointer, json value) {
    json root = one();
    root[json::json_pointer(pointer)] = std::move(value);
    return root;
  };
  expect_error_in_one(changed("/normalizer", nullptr), kUnsupported, "normalizer");
  expect_error_in_one(changed("/normalizer/normalizers/0/type", "NFKC"), kUnsupported,
                      "normalizer");
  expect_error_in_one(changed("/pre_tokenizer/pretokenizers/0/pattern/Regex", "a+"), kUnsupported,
                      "pre_tokenizer");
  expect_error_in_one(changed("/pre_tokenizer/pretokenizers/1/add_prefix_space", true),
                      kUnsupported, "pre_tokenizer");
  expect_error_in_one(changed("/model/type", "WordPiece"), kUnsupported, "the model");
  expect_error_in_one(changed("/model/dropout", 0.1), kUnsupported, "the model");
  expect_error_in_one(changed("/model/byte_fallback", true), kUnsupported, "the model");
  expect_error_in_one(changed("/model/end_of_word_suffix", nullptr), kUnsupported, "the model");
  expect_error_in_one(changed("/post_processor", nullptr), kUnsupported, "post_processor");
  expect_error_in_one(changed("/added_tokens/0/single_word", true), kUnsupported, "single_word");
  expect_error_in_one(json::array(), kUnsupported, "normalizer");
}

TEST_F(SmallTokenizer, NamesWhatIsWrongWithOneFile) {
  constexpr auto kCorrupt = ErrorCode::corrupt;
  const auto changed = [&](const char* pointer, json value) {
    json root = one();
    root[json::json_pointer(pointer)] = std::move(value);
    return root;
  };
  expect_error_in_one(changed("/model/vocab", nullptr), kCorrupt, "not a JSON object");
  expect_error_in_one(changed("/model/vocab/x", 3), kCorrupt, "the same id 3");
  expect_error_in_one(changed("/model/merges", nullptr), kCorrupt, "model.merges");
  expect_error_in_one(changed("/model/merges/1", "lo"), kCorrupt, "model.merges[1] is 'lo'");
  expect_error_in_one(changed("/model/merges/1", 5), kCorrupt, "model.merges[1] is neither");
  expect_error_in_one(changed("/model/merges/1", {"lo", "x"}), kCorrupt, "needs the token 'x'");
  expect_error_in_one(changed("/model/unk_token", "<unk>"), kCorrupt, "unknown token '<unk>'");
  expect_error_in_one(changed("/added_tokens/0/id", 3), kCorrupt, "'<|startoftext|>' has the id 3");
  expect_error_in_one(changed("/added_tokens/0/content", "<new>"), kCorrupt, "'<new>'");
  expect_error_in_one(changed("/added_tokens/0", 1), kCorrupt, "an entry of added_tokens");
  expect_error_in_one(changed("/post_processor/cls", "x"), kCorrupt, "has no id");
  expect_error_in_one(changed("/post_processor/sep/1", 99), kCorrupt, "the id 99");
  expect_error_in_one(changed("/added_tokens", json(std::vector<int>(1001))), ErrorCode::limit,
                      "1001 added_tokens");
}

}  // namespace
}  // namespace videogen::embed
