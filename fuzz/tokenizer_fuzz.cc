// The files of a tokenizer of any content, and texts of any bytes.
//
// The first byte says which: '1' tokenizer.json; '2' vocab.json, a zero byte, merges.txt; 'p'
// preprocessor_config.json; anything else is a text for CLIP's own vocabulary. What loads must
// keep its promises: between 2 and 77 ids, from start to end, none above the largest.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "embed/preprocess.h"
#include "embed/tokenizer.h"

namespace {

namespace fs = std::filesystem;
using videogen::embed::ProcessorConfig;
using videogen::embed::Tokenizer;

class Folder {
 public:
  Folder()
      : path_(fs::temp_directory_path() /
              ("videogen-tokenizer-fuzz-" + std::to_string(::getpid()))) {
    fs::create_directories(path_ / "two");
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  fs::path write(const char* name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary)
        .write(text.data(), static_cast<std::streamsize>(text.size()));
    return path_ / name;
  }

 private:
  fs::path path_;
};

void check_texts(const Tokenizer& tokenizer, std::string_view text) {
  const auto ids = tokenizer.encode(text);
  if (ids.size() < 2 || ids.size() > 77) std::abort();
  if (ids.front() != tokenizer.start_id() || ids.back() != tokenizer.end_id()) std::abort();
  if (std::ranges::any_of(ids, [&](auto id) { return id < 0 || id > tokenizer.largest_id(); })) {
    std::abort();
  }
}

void check_folder(const fs::path& folder, std::string_view text) {
  const auto tokenizer = Tokenizer::load(folder);
  if (!tokenizer) {
    if (tokenizer.error().message.find('\n') != std::string::npos) std::abort();
    return;
  }
  check_texts(*tokenizer, "Low, lower <|endoftext|> 'LL \xc4\xb0\xff");
  check_texts(*tokenizer, text);
}

void check_processor(const fs::path& file) {
  const auto config = ProcessorConfig::load(file);
  if (!config) return;
  const auto side = [](int value) { return value >= 1 && value <= 4096; };
  if (!side(config->crop_width) || !side(config->crop_height)) std::abort();
  if (config->exact_size && !side(config->exact_size->width)) std::abort();
  if (!config->exact_size && !side(config->shortest_edge)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  static const Tokenizer full =
      Tokenizer::load(VIDEOGEN_SOURCE_DIR "/tests/golden/tokenizer").value();
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view tail = rest.substr(rest.size() / 2);
  if (data[0] == '1') {
    folder.write("tokenizer.json", rest);
    check_folder(folder.path(), tail);
  } else if (data[0] == '2') {
    const std::size_t zero = std::min(rest.find('\0'), rest.size());
    folder.write("two/vocab.json", rest.substr(0, zero));
    folder.write("two/merges.txt", rest.substr(std::min(zero + 1, rest.size())));
    check_folder(folder.path() / "two", tail);
  } else if (data[0] == 'p') {
    check_processor(folder.write("preprocessor_config.json", rest));
  } else {
    check_texts(full, rest);
  }
  return 0;
}
