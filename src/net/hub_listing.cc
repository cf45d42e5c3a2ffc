#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "net/hub.h"

namespace videogen::net {
namespace {

using Json = nlohmann::json;

bool is_hexadecimal(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

// A plain name in the model's own folder.
bool is_plain(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.size() <= 200 &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

std::string text_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::uint64_t> size_at(const Json& json) {
  const auto found = json.find("size");
  if (found == json.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

HubFile read_file_entry(const Json& json) {
  HubFile file{.name = text_at(json, "rfilename"), .size = size_at(json), .digest = ""};
  const auto lfs = json.find("lfs");
  if (lfs != json.end() && lfs->is_object()) {
    const std::string digest = text_at(*lfs, "sha256");
    if (is_hexadecimal(digest, 64)) file.digest = digest;
    if (const auto size = size_at(*lfs)) file.size = size;
  } else if (const std::string digest = text_at(json, "blobId"); is_hexadecimal(digest, 40)) {
    file.digest = digest;
  }
  return file;
}

const HubFile* find(const HubListing& listing, std::string_view name) {
  const auto found = std::ranges::find(listing.files, name, &HubFile::name);
  return found == listing.files.end() ? nullptr : &*found;
}

}  // namespace

Result<HubListing> parse_hub_listing(std::string_view json, std::string_view of) {
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorCode::corrupt, fmt::format("{}: the hub's answer {}", of, what));
  };
  const Json parsed = Json::parse(json, nullptr, false);
  if (!parsed.is_object()) return wrong("is no JSON object");
  HubListing listing{.commit = text_at(parsed, "sha"), .files = {}};
  if (!is_hexadecimal(listing.commit, 40)) return wrong("names no commit");
  const auto files = parsed.find("siblings");
  if (files == parsed.end() || !files->is_array()) return wrong("lists no files");
  for (const Json& each : *files) {
    if (!each.is_object()) return wrong("lists a file that is no object");
    HubFile file = read_file_entry(each);
    if (is_plain(file.name)) listing.files.push_back(std::move(file));
  }
  return listing;
}

Result<std::vector<HubFile>> files_of_clip(const HubListing& listing, std::string_view of) {
  const auto lacks = [&](std::string_view what) {
    return fail(ErrorCode::unsupported, fmt::format("{} is no CLIP model that can be used here: it "
                                                    "has {}",
                                                    of, what));
  };
  std::vector<HubFile> files;
  for (const char* needed : {"config.json", "preprocessor_config.json"}) {
    const HubFile* file = find(listing, needed);
    if (file == nullptr) return lacks(fmt::format("no {}", needed));
    files.push_back(*file);
  }
  if (find(listing, "tokenizer.json") == nullptr &&
      (find(listing, "vocab.json") == nullptr || find(listing, "merges.txt") == nullptr))
    return lacks("neither tokenizer.json nor vocab.json with merges.txt");
  for (const char* wanted : {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json",
                             "special_tokens_map.json"})
    if (const HubFile* file = find(listing, wanted)) files.push_back(*file);
  for (const char* weights :
       {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"}) {
    const HubFile* file = find(listing, weights);
    if (file == nullptr) continue;
    files.push_back(*file);
    return files;
  }
  return lacks("weights neither as safetensors nor as pytorch_model.bin");
}

Result<std::vector<HubFile>> shards_of(std::string_view index_json, const HubListing& listing,
                                       std::string_view of) {
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorCode::corrupt, fmt::format("{}: model.safetensors.index.json {}", of, what));
  };
  const Json parsed = Json::parse(index_json, nullptr, false);
  const auto map = parsed.is_object() ? parsed.find("weight_map") : parsed.end();
  if (!parsed.is_object() || map == parsed.end() || !map->is_object() || map->empty())
    return wrong("has no weight_map");
  std::set<std::string> names;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string()) return wrong("names a file that is no text");
    names.insert(file.get<std::string>());
  }
  std::vector<HubFile> files;
  for (const std::string& name : names) {
    const HubFile* file = find(listing, name);
    if (file == nullptr)
      return wrong(fmt::format("names {}, which the model does not have", printable(name, 100)));
    files.push_back(*file);
  }
  return files;
}

}  // namespace videogen::net
