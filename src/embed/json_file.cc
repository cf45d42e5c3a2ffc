#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/file.h"
#include "embed/json_file_internal.h"

namespace videogen::embed {
namespace {

constexpr int kMaxDepth = 32;

// A tree of nothing but brackets costs a hundred times its text in memory, so depth is
// measured before anything is built.
int nesting_depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

Result<nlohmann::json> parse_json(std::string_view text, const std::filesystem::path& path) {
  const std::string name = printable(path.string());
  if (text.empty()) {
    return fail(ErrorCode::corrupt, fmt::format("{} is not JSON: the file is empty", name));
  }
  if (const int depth = nesting_depth(text); depth > kMaxDepth) {
    return fail(ErrorCode::corrupt, fmt::format("{} nests {} levels deep, at most {} are read",
                                                name, depth, kMaxDepth));
  }
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    if (error.byte > text.size()) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{} is not JSON: it breaks off after {} bytes", name, text.size()));
    }
    return fail(ErrorCode::corrupt, fmt::format("{} is not JSON: it goes wrong at byte {} of {}",
                                                name, error.byte, text.size()));
  } catch (const nlohmann::json::out_of_range&) {
    return fail(ErrorCode::corrupt,
                fmt::format("{} holds a number outside the range of a double", name));
  }
}

Result<nlohmann::json> read_json(const std::filesystem::path& path, std::size_t limit_bytes) {
  VIDEOGEN_TRY(const std::string text, read_file(path, limit_bytes));
  return parse_json(text, path);
}

}  // namespace videogen::embed
