#include <array>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "serve/store_state_internal.h"

namespace videogen::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kBusy{2'000};
constexpr std::chrono::seconds kReaderBusy{20}, kLongestWait{60};

constexpr std::array<const char*, 10> kSchema{
    "CREATE TABLE jobs (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, skill TEXT NOT NULL, "
    "state TEXT NOT NULL, progress REAL NOT NULL, stage TEXT NOT NULL, request TEXT NOT NULL, "
    "input TEXT NOT NULL, input_name TEXT NOT NULL, result TEXT NOT NULL, output TEXT NOT NULL, "
    "error_code TEXT NOT NULL, error_message TEXT NOT NULL, context TEXT NOT NULL, "
    "traceparent TEXT NOT NULL, priority INTEGER NOT NULL, runs INTEGER NOT NULL, "
    "created_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, "
    "updated_ms INTEGER NOT NULL, last_event INTEGER NOT NULL, idempotency_key TEXT, "
    "digest TEXT NOT NULL, checkpoint TEXT NOT NULL, cancel_asked INTEGER NOT NULL, "
    "bytes INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX jobs_by_key ON jobs (tenant, idempotency_key)",
    "CREATE INDEX jobs_by_change ON jobs (tenant, last_event)",
    "CREATE INDEX jobs_by_state ON jobs (state, ended_ms)",
    "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL REFERENCES "
    "jobs(id) ON DELETE CASCADE, tenant TEXT NOT NULL, time_ms INTEGER NOT NULL, "
    "type TEXT NOT NULL, state TEXT NOT NULL, progress REAL NOT NULL, stage TEXT NOT NULL, "
    "message TEXT NOT NULL, artifact TEXT NOT NULL)",
    "CREATE INDEX events_by_job ON events (job, id)",
    "CREATE INDEX events_by_tenant ON events (tenant, id)",
    "CREATE TABLE messages (job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, "
    "number INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (job, number))",
    "CREATE TABLE kept (job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, "
    "key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (job, key))",
    "CREATE TABLE artifacts (job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, "
    "id TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL, "
    "parts TEXT NOT NULL, PRIMARY KEY (job, id))"};
constexpr database::Schema kJobs{.what = "the database of jobs",
                                 .way_out = "--data names another folder",
                                 .version = 1,
                                 .statements = kSchema};

Status check_sound(sqlite3* database, const fs::path& path) {
  Statement check(database, "PRAGMA quick_check(1)");
  VIDEOGEN_TRY(const bool row, check.step());
  if (row && check.text(0) == "ok") return {};
  return fail(ErrorCode::corrupt,
              fmt::format("the database {} is damaged: {}", printable(path.string()),
                          row ? printable(check.text(0), 100) : "no answer"));
}

// Somebody else holds the database while it is opened: a backup, or a person at a prompt.
struct Wait {
  const fs::path& path;
  const Store::Says& says;
  std::chrono::steady_clock::time_point began{};
  bool told = false;
};

// SQLite calls it while the database is locked; 0 gives up.
int wait_on(void* data, int tries) {
  constexpr std::chrono::milliseconds kStep{50}, kSilent{500};
  Wait& wait = *static_cast<Wait*>(data);
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) wait.began = now;
  if (now - wait.began >= kLongestWait) return 0;
  if (!wait.told && wait.says && now - wait.began >= kSilent) {
    wait.told = true;
    wait.says(fmt::format("another process holds the database {}: it is waited for, {} s at most",
                          printable(wait.path.string()), kLongestWait.count()));
  }
  std::this_thread::sleep_for(kStep);
  return 1;
}

Result<Database> open_sound(const fs::path& path, const Store::Says& says) {
  VIDEOGEN_TRY(Database database, database::open_durable(path, kBusy));
  Wait wait{path, says};
  sqlite3_busy_handler(database.get(), wait_on, &wait);
  VIDEOGEN_TRY(check_sound(database.get(), path));
  VIDEOGEN_TRY(database::prepare_schema(database.get(), kJobs));
  sqlite3_busy_timeout(database.get(), int(kBusy.count()));  // and no handler any more
  return database;
}

// The damaged database and what belongs to it get other names; nothing is deleted.
Result<std::string> put_aside(const fs::path& folder, const Error& why) {
  const std::string mark = fmt::format(".damaged-{}", unix_ms());
  for (const char* name : {"jobs.sqlite", "jobs.sqlite-wal", "jobs.sqlite-shm", "jobs"}) {
    std::error_code failed;
    fs::rename(folder / name, folder / (name + mark), failed);
    if (failed && failed != std::errc::no_such_file_or_directory)
      return tl::unexpected(file_error("rename", folder / name, failed.value()));
  }
  return fmt::format(
      "{}; it is kept as jobs.sqlite{}, with the files of its jobs in jobs{}, and an "
      "empty one was begun",
      why.message, mark, mark);
}

}  // namespace

std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

Result<Store::Opened> Store::open(const fs::path& folder, const Says& says) {
  auto state = std::make_unique<State>();
  state->folder = fs::absolute(folder);
  const fs::path path = state->folder / "jobs.sqlite";
  std::vector<std::string> notes;
  Result<Database> writer = open_sound(path, says);
  if (!writer && writer.error().code == ErrorCode::corrupt) {
    VIDEOGEN_TRY(std::string note, put_aside(state->folder, writer.error()));
    notes.push_back(std::move(note));
    writer = open_sound(path, says);
  }
  if (!writer) return tl::unexpected(writer.error());
  state->writer = *std::move(writer);
  VIDEOGEN_TRY(state->reader, database::open_durable(path, kReaderBusy));
  std::unique_ptr<Store> store(new Store(std::move(state)));
  return Opened{std::move(store), std::move(notes)};
}

std::string Store::State::inside(const fs::path& path) const {
  return path.empty() ? std::string() : path.lexically_relative(folder).string();
}

fs::path Store::State::whole(const std::string& path) const {
  return path.empty() ? fs::path() : folder / path;
}

}  // namespace videogen::serve
