// Resumable uploads: what came so far, on disk, so that it goes on after a restart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "emulator/object_store.h"
#include "net/byte_range.h"

namespace videogen::emulator {

// A step of an upload, as a client asks for it.
struct UploadStep {
  std::uint64_t received = 0;            // bytes after it
  std::optional<StoredObject> object{};  // once it is complete
};

class UploadSessions {
 public:
  UploadSessions(std::filesystem::path folder, ObjectStore& objects)
      : folder_(std::move(folder)), objects_(objects) {}

  // The session's id. Errors: unwritable.
  Result<std::string> begin(const ObjectDraft& draft, const Preconditions& preconditions);

  // Puts the bytes where `range` says; a range without a first byte only asks. Bytes that are
  // there already are skipped.
  // Errors: not_found (no such session), corrupt (a gap, a length that is not the body's, a
  // piece before the last that is no multiple of 256 KiB), usage (a precondition fails),
  // unwritable.
  Result<UploadStep> put(const std::string& id, const net::ContentRange& range,
                         std::string_view bytes);
  // False if there is none.
  bool cancel(const std::string& id);

 private:
  std::filesystem::path folder_;
  ObjectStore& objects_;
  std::mutex mutex_;  // one step at a time
};

}  // namespace videogen::emulator
