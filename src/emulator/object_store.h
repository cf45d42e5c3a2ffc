// Buckets and objects on disk: what Cloud Storage would remember.
//
// Any bucket name works; a bucket is there once something was put into it. For several threads
// at once. What was stored is there again after a restart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "emulator/digests.h"

namespace videogen::emulator {

// What the one who uploads says about an object.
struct ObjectDraft {
  std::string bucket, name;
  std::string content_type = "application/octet-stream";
  std::string content_encoding, cache_control, content_disposition, content_language;
  std::map<std::string, std::string> metadata;
};

struct StoredObject {
  ObjectDraft draft;
  std::int64_t generation = 0;  // microseconds since 1970, unique
  std::int64_t metageneration = 1;
  std::string created;  // RFC 3339
  Checksums sums;       // of the stored bytes
};

// The current generation that a caller insists on; 0: there must be no such object.
struct Preconditions {
  std::optional<std::int64_t> generation_match{}, generation_not_match{};
};

class ObjectStore {
 public:
  // Errors: as read_file and AtomicFile; corrupt, naming the file.
  static Result<std::unique_ptr<ObjectStore>> open(const std::filesystem::path& folder);

  // Errors: usage (a precondition fails), unwritable.
  Result<StoredObject> put(const ObjectDraft& draft, std::string_view bytes,
                           const Preconditions& preconditions = {});
  // Takes the file away from its place.
  Result<StoredObject> put_file(const ObjectDraft& draft, const std::filesystem::path& file,
                                const Preconditions& preconditions = {});
  [[nodiscard]] std::optional<StoredObject> find(const std::string& bucket, const std::string& name,
                                                 std::optional<std::int64_t> generation = {}) const;
  [[nodiscard]] std::filesystem::path path(const StoredObject& object) const;
  // False if there is none. Errors: usage (a precondition fails).
  Result<bool> remove(const std::string& bucket, const std::string& name,
                      const Preconditions& preconditions = {});
  // Of a bucket, in the order of names.
  [[nodiscard]] std::vector<StoredObject> list(const std::string& bucket,
                                               const std::string& prefix) const;

 private:
  explicit ObjectStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::filesystem::path file(std::int64_t generation, std::string_view kind) const;
  [[nodiscard]] Status check(const ObjectDraft& draft, const Preconditions& preconditions) const;
  std::int64_t next_generation();
  Result<StoredObject> enter(StoredObject object);
  void forget(std::int64_t generation) const;

  std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::int64_t last_generation_ = 0;  // guarded by mutex_, as is what follows
  std::map<std::pair<std::string, std::string>, StoredObject> objects_;
};

// "2026-11-26T08:00:00.000Z"
[[nodiscard]] std::string rfc3339(std::int64_t microseconds);

}  // namespace videogen::emulator
