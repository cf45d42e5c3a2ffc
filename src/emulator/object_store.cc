#include "emulator/object_store.h"

#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "emulator/draft_json_internal.h"

namespace videogen::emulator {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

json as_json(const StoredObject& object) {
  json document = draft_json(object.draft);
  document.update(json{{"generation", object.generation},
                       {"created", object.created},
                       {"crc32c", object.sums.crc32c},
                       {"md5", object.sums.md5},
                       {"sha256", object.sums.sha256},
                       {"bytes", object.sums.bytes}});
  return document;
}

StoredObject from_json(const json& document) {
  StoredObject object;
  object.draft = draft_of(document);
  object.generation = document.at("generation");
  object.created = document.at("created");
  object.sums = {document.at("crc32c"), document.at("md5"), document.at("sha256"),
                 document.at("bytes")};
  return object;
}

}  // namespace

std::string rfc3339(std::int64_t microseconds) {
  const std::time_t seconds = microseconds / 1'000'000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds),
                     microseconds / 1000 % 1000);
}

Result<std::unique_ptr<ObjectStore>> ObjectStore::open(const fs::path& folder) {
  std::unique_ptr<ObjectStore> store(new ObjectStore(folder));
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return tl::unexpected(file_error("create", folder, failed.value()));
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json" || entry.path().filename().string().starts_with('.'))
      continue;
    VIDEOGEN_TRY(const std::string text, read_file(entry.path(), 1 << 20));
    try {
      StoredObject object = from_json(json::parse(text));
      store->last_generation_ = std::max(store->last_generation_, object.generation);
      // A crash between two generations leaves both; the later one counts.
      StoredObject& place = store->objects_[{object.draft.bucket, object.draft.name}];
      if (object.generation > place.generation) std::swap(place, object);
      if (object.generation != 0) store->forget(object.generation);
    } catch (const json::exception& broken) {
      return fail(ErrorCode::corrupt, fmt::format("{} is not what the emulator wrote: {}",
                                                  printable(entry.path().string()), broken.what()));
    }
  }
  return store;
}

fs::path ObjectStore::file(std::int64_t generation, std::string_view kind) const {
  return folder_ / fmt::format("{}.{}", generation, kind);
}

fs::path ObjectStore::path(const StoredObject& object) const {
  return file(object.generation, "data");
}

std::int64_t ObjectStore::next_generation() {
  last_generation_ = std::max(last_generation_ + 1, now_us());
  return last_generation_;
}

Status ObjectStore::check(const ObjectDraft& draft, const Preconditions& preconditions) const {
  const auto at = objects_.find({draft.bucket, draft.name});
  const std::int64_t current = at == objects_.end() ? 0 : at->second.generation;
  const bool holds = preconditions.generation_match.value_or(current) == current &&
                     preconditions.generation_not_match != current;
  if (holds) return {};
  return fail(ErrorCode::usage, "At least one of the pre-conditions you specified did not hold.");
}

Result<StoredObject> ObjectStore::enter(StoredObject object) {
  object.created = rfc3339(object.generation);
  VIDEOGEN_TRY(AtomicFile facts,
               AtomicFile::create(file(object.generation, "json"), AtomicFile::Existing::replace));
  VIDEOGEN_TRY(facts.write(
      std::string_view(as_json(object).dump(-1, ' ', false, json::error_handler_t::replace))));
  VIDEOGEN_TRY(facts.commit());
  StoredObject& place = objects_[{object.draft.bucket, object.draft.name}];
  if (place.generation != 0) forget(place.generation);
  place = object;
  return object;
}

void ObjectStore::forget(std::int64_t generation) const {
  std::error_code ignored;
  fs::remove(file(generation, "json"), ignored);
  fs::remove(file(generation, "data"), ignored);
}

Result<StoredObject> ObjectStore::put(const ObjectDraft& draft, std::string_view bytes,
                                      const Preconditions& preconditions) {
  StoredObject object;
  object.draft = draft;
  object.sums = checksums_of(bytes);
  const std::scoped_lock lock(mutex_);
  VIDEOGEN_TRY(check(draft, preconditions));
  object.generation = next_generation();
  VIDEOGEN_TRY(AtomicFile data, AtomicFile::create(path(object), AtomicFile::Existing::replace));
  VIDEOGEN_TRY(data.write(bytes));
  VIDEOGEN_TRY(data.commit());
  return enter(std::move(object));
}

Result<StoredObject> ObjectStore::put_file(const ObjectDraft& draft, const fs::path& source,
                                           const Preconditions& preconditions) {
  StoredObject object;
  object.draft = draft;
  VIDEOGEN_TRY(object.sums, checksums_of_file(source));
  const std::scoped_lock lock(mutex_);
  VIDEOGEN_TRY(check(draft, preconditions));
  object.generation = next_generation();
  std::error_code failed;
  fs::rename(source, path(object), failed);
  if (failed) return tl::unexpected(file_error("rename", source, failed.value()));
  return enter(std::move(object));
}

std::optional<StoredObject> ObjectStore::find(const std::string& bucket, const std::string& name,
                                              std::optional<std::int64_t> generation) const {
  const std::scoped_lock lock(mutex_);
  const auto at = objects_.find({bucket, name});
  if (at == objects_.end() || generation.value_or(at->second.generation) != at->second.generation)
    return std::nullopt;
  return at->second;
}

Result<bool> ObjectStore::remove(const std::string& bucket, const std::string& name,
                                 const Preconditions& preconditions) {
  const std::scoped_lock lock(mutex_);
  ObjectDraft draft;
  draft.bucket = bucket;
  draft.name = name;
  VIDEOGEN_TRY(check(draft, preconditions));
  const auto at = objects_.find({bucket, name});
  if (at == objects_.end()) return false;
  forget(at->second.generation);
  objects_.erase(at);
  return true;
}

std::vector<StoredObject> ObjectStore::list(const std::string& bucket,
                                            const std::string& prefix) const {
  const std::scoped_lock lock(mutex_);
  std::vector<StoredObject> found;
  for (auto at = objects_.lower_bound({bucket, prefix});
       at != objects_.end() && at->first.first == bucket && at->first.second.starts_with(prefix);
       ++at) {
    found.push_back(at->second);
  }
  return found;
}

}  // namespace videogen::emulator
