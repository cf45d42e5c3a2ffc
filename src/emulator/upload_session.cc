#include "emulator/upload_session.h"

#include <algorithm>
#include <fstream>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "emulator/draft_json_internal.h"

namespace videogen::emulator {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kUnit = 256 << 10;  // bytes

bool is_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

json optional_number(const std::optional<std::int64_t>& value) {
  return value ? json(*value) : json();
}
std::optional<std::int64_t> optional_number(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::int64_t>());
}

struct Session {
  ObjectDraft draft;
  Preconditions preconditions;
  std::int64_t generation = 0;  // once it is complete
};

json as_json(const Session& session) {
  json document = draft_json(session.draft);
  document.update(json{{"match", optional_number(session.preconditions.generation_match)},
                       {"not_match", optional_number(session.preconditions.generation_not_match)},
                       {"generation", session.generation}});
  return document;
}

Session from_json(const json& document) {
  Session session;
  session.draft = draft_of(document);
  session.preconditions = {optional_number(document.at("match")),
                           optional_number(document.at("not_match"))};
  session.generation = document.at("generation");
  return session;
}

Status save(const fs::path& path, const Session& session) {
  VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::replace));
  VIDEOGEN_TRY(file.write(
      std::string_view(as_json(session).dump(-1, ' ', false, json::error_handler_t::replace))));
  return file.commit();
}

Result<Session> load(const fs::path& path) {
  VIDEOGEN_TRY(const std::string text, read_file(path, 1 << 20));
  try {
    return from_json(json::parse(text));
  } catch (const json::exception& broken) {
    return fail(ErrorCode::corrupt, broken.what());
  }
}

Status append(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file.write(bytes.data(), std::streamsize(bytes.size()));
  file.flush();
  if (file) return {};
  return fail(ErrorCode::unwritable, fmt::format("cannot write {}", printable(path.string())));
}

}  // namespace

Result<std::string> UploadSessions::begin(const ObjectDraft& draft,
                                          const Preconditions& preconditions) {
  std::random_device random;
  const std::string id =
      fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (failed) return tl::unexpected(file_error("create", folder_, failed.value()));
  VIDEOGEN_TRY(save(folder_ / (id + ".json"), {draft, preconditions, 0}));
  VIDEOGEN_TRY(append(folder_ / (id + ".part"), ""));
  return id;
}

Result<UploadStep> UploadSessions::put(const std::string& id, const net::ContentRange& range,
                                       std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  const fs::path facts = folder_ / (id + ".json"), part = folder_ / (id + ".part");
  if (!is_id(id) || !fs::exists(facts))
    return fail(ErrorCode::not_found, "There is no such upload session; begin a new one.");
  VIDEOGEN_TRY(Session session, load(facts));
  if (session.generation != 0) {
    auto object = objects_.find(session.draft.bucket, session.draft.name, session.generation);
    if (!object) return fail(ErrorCode::not_found, "What was uploaded was removed again.");
    return UploadStep{object->sums.bytes, std::move(object)};
  }
  std::error_code failed;
  std::uint64_t received = fs::file_size(part, failed);
  if (failed) return tl::unexpected(file_error("read", part, failed.value()));
  if (range.first) {
    if (range.last && *range.last - *range.first + 1 != bytes.size())
      return fail(ErrorCode::corrupt, fmt::format("Content-Range speaks of {} bytes, {} came.",
                                                  *range.last - *range.first + 1, bytes.size()));
    if (*range.first > received)
      return fail(ErrorCode::corrupt,
                  fmt::format("Bytes from {} on came, but {} are there.", *range.first, received));
    const bool last = !range.last || range.size == *range.last + 1;
    if (!last && bytes.size() % kUnit != 0)
      return fail(ErrorCode::corrupt,
                  "Every piece but the last must be a multiple of 256 KiB (262144 bytes).");
    bytes.remove_prefix(std::min<std::uint64_t>(received - *range.first, bytes.size()));
    VIDEOGEN_TRY(append(part, bytes));
    received += bytes.size();
    if (!last) return UploadStep{received, {}};
    if (range.size && received != *range.size)
      return fail(ErrorCode::corrupt,
                  fmt::format("{} bytes were announced, {} came.", *range.size, received));
  } else if (range.size != received || received == 0) {
    return UploadStep{received, {}};
  }
  VIDEOGEN_TRY(StoredObject object, objects_.put_file(session.draft, part, session.preconditions));
  session.generation = object.generation;
  VIDEOGEN_TRY(save(facts, session));
  return UploadStep{received, std::move(object)};
}

bool UploadSessions::cancel(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  if (!is_id(id)) return false;
  std::error_code ignored;
  fs::remove(folder_ / (id + ".part"), ignored);
  return fs::remove(folder_ / (id + ".json"), ignored);
}

}  // namespace videogen::emulator
