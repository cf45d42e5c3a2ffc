// The connections of a Store, and how its rows become jobs.
#pragma once

#include <filesystem>
#include <mutex>
#include <string_view>
#include <utility>

#include "database/sqlite_internal.h"
#include "serve/store_internal.h"

namespace videogen::serve {

using database::Database;
using database::Statement;
using database::Transaction;

struct Store::State {
  std::filesystem::path folder;  // absolute
  mutable std::mutex writing;    // guards writer
  Database writer;
  mutable std::mutex reading;  // guards reader
  Database reader;

  // Paths are stored below the folder, so that it can be moved.
  [[nodiscard]] std::string inside(const std::filesystem::path& path) const;
  [[nodiscard]] std::filesystem::path whole(const std::string& path) const;
  [[nodiscard]] StoredJob job_at(const Statement& row) const;
};

// Of job_at(), in its order.
inline constexpr std::string_view kJobColumns =
    "id, tenant, skill, state, progress, stage, request, input, input_name, result, output, "
    "error_code, error_message, context, traceparent, priority, runs, created_ms, started_ms, "
    "ended_ms, updated_ms, last_event, idempotency_key, digest, checkpoint, cancel_asked, bytes";

}  // namespace videogen::serve
