#include "generate/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "database/sqlite_internal.h"
#include "generate/order_json_internal.h"

namespace videogen::generate {
namespace {

namespace fs = std::filesystem;
using database::Database;
using database::Statement;
using database::Transaction;
using nlohmann::json;
using State = SubmitRecord::State;

constexpr std::chrono::seconds kBusy{20};
constexpr std::int64_t kMinute_ms = 60'000;

constexpr std::array<const char*, 4> kSchema{
    "CREATE TABLE runs (id TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, backend TEXT NOT NULL, "
    "place TEXT NOT NULL, settings TEXT NOT NULL, output TEXT NOT NULL, "
    "outcome TEXT NOT NULL DEFAULT '')",
    "CREATE TABLE submits (id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs(id), "
    "number INTEGER NOT NULL, state TEXT NOT NULL, place TEXT NOT NULL, model TEXT NOT NULL, "
    "wanted TEXT NOT NULL, operation TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', "
    "cost_usd REAL NOT NULL, submitted_ms INTEGER NOT NULL, clips TEXT NOT NULL DEFAULT '[]')",
    "CREATE INDEX submits_by_time ON submits (place, model, submitted_ms)",
    "CREATE INDEX submits_by_operation ON submits (operation)"};

constexpr database::Schema kOrders{.what = "the journal",
                                   .way_out = "VIDEOGEN_DATA names another folder",
                                   .version = 1,
                                   .statements = kSchema};

constexpr std::array<std::pair<State, std::string_view>, 5> kStates{
    {{State::submitting, "submitting"},
     {State::running, "running"},
     {State::fetched, "fetched"},
     {State::ended, "ended"},
     {State::lost, "lost"}}};

State state_of(std::string_view word) {
  for (const auto& [state, known] : kStates)
    if (known == word) return state;
  return State::lost;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string new_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

Status make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!failed) return {};
  return fail(ErrorCode::unwritable,
              fmt::format("cannot make the folder {} for the journal of orders: {} (VIDEOGEN_DATA "
                          "names another)",
                          printable(folder.string()), failed.message()));
}

constexpr std::string_view kRunColumns = "id, created_ms, backend, place, settings, output";
RunRecord run_at(const Statement& row) {
  return {row.text(0), row.whole(1), row.text(2), row.text(3), row.text(4), row.text(5)};
}

Result<SubmitRecord> submit_at(const Statement& row) {
  SubmitRecord submit;
  submit.id = row.whole(0);
  submit.run = row.text(1);
  submit.number = static_cast<int>(row.whole(2));
  submit.state = state_of(row.text(3));
  VIDEOGEN_TRY(submit.order, order_from_json(row.text(4)));
  submit.operation = row.text(5);
  submit.note = row.text(6);
  submit.cost_usd = row.number(7);
  submit.submitted_ms = row.whole(8);
  for (const json& path : json::parse(row.text(9), nullptr, false))
    if (path.is_string()) submit.clips.emplace_back(path.get<std::string>());
  return submit;
}

}  // namespace

std::string_view name(SubmitRecord::State state) {
  for (const auto& [known, word] : kStates)
    if (known == state) return word;
  return "";
}

RunLock::RunLock(int descriptor, fs::path path) : descriptor_(descriptor), path_(std::move(path)) {}
RunLock::RunLock(RunLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
RunLock& RunLock::operator=(RunLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}
RunLock::~RunLock() {
  // The file stays until its run has ended: to remove it here would let two others hold a lock
  // each, one of the old file and one of the new.
  if (descriptor_ >= 0) ::close(descriptor_);
}

struct Journal::State {
  fs::path folder;
  Database database;
  [[nodiscard]] sqlite3* get() const { return database.get(); }
  [[nodiscard]] fs::path lock_path(std::string_view run) const {
    return folder / "runs" / fmt::format("{}.lock", run);
  }
};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Result<fs::path> Journal::data_folder() {
  if (const std::string named = variable("VIDEOGEN_DATA"); !named.empty()) return fs::path(named);
  if (const std::string data = variable("XDG_DATA_HOME"); data.starts_with('/'))
    return fs::path(data) / "videogen";
  if (const std::string home = variable("HOME"); home.starts_with('/'))
    return fs::path(home) / ".local" / "share" / "videogen";
  return fail(ErrorCode::usage,
              "no folder for the journal of orders: set VIDEOGEN_DATA (HOME is not set either)");
}

Result<Journal> Journal::open(const fs::path& folder) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(folder, failed);
  if (failed) return tl::unexpected(file_error("find", folder, failed.value()));
  VIDEOGEN_TRY(make_folder(absolute / "runs"));
  const fs::path path = absolute / "journal.db";
  VIDEOGEN_TRY(Database database, database::open_durable(path, kBusy));
  VIDEOGEN_TRY(database::prepare_schema(database.get(), kOrders));
  return Journal(std::make_unique<State>(State{absolute, std::move(database)}));
}

Result<std::optional<RunLock>> Journal::lock(std::string_view run) const {
  const fs::path path = state_->lock_path(run);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return tl::unexpected(file_error("create", path, errno));
  RunLock lock(descriptor, path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return std::optional<RunLock>();
  return std::optional<RunLock>(std::move(lock));
}

Result<Journal::OwnRun> Journal::begin_run(RunRecord record) {
  record.id = new_id();
  record.created_ms = now_ms();
  VIDEOGEN_TRY(std::optional<RunLock> own, lock(record.id));
  if (!own) return fail(ErrorCode::internal, "a new run is locked");
  Statement insert(state_->get(),
                   fmt::format("INSERT INTO runs ({}) VALUES (?, ?, ?, ?, ?, ?)", kRunColumns));
  VIDEOGEN_TRY(insert.bind(record.id)
                   .bind(record.created_ms)
                   .bind(record.backend)
                   .bind(record.place)
                   .bind(record.settings)
                   .bind(record.output.string())
                   .run());
  return OwnRun{std::move(record), *std::move(own)};
}

Result<Journal::Begun> Journal::begin_submit(const RunRecord& run, const SubmitRecord& submit,
                                             int per_minute) {
  Transaction transaction(state_->get());
  VIDEOGEN_TRY(transaction.begin());
  const std::int64_t now = now_ms();
  if (per_minute > 0) {
    // The oldest of the last `per_minute` ones: once it is a minute old, there is room.
    // What lies in the future was written under a clock that has been set back since.
    Statement oldest(state_->get(),
                     "SELECT submitted_ms FROM submits WHERE place = ? AND model = ? AND "
                     "submitted_ms > ? AND submitted_ms <= ? ORDER BY submitted_ms DESC LIMIT 1 "
                     "OFFSET ?");
    oldest.bind(run.place).bind(submit.order.model).bind(now - kMinute_ms).bind(now);
    VIDEOGEN_TRY(const bool full, oldest.bind(std::int64_t{per_minute} - 1).step());
    if (full) return Begun{0, std::chrono::milliseconds(oldest.whole(0) + kMinute_ms - now + 1)};
  }
  Statement insert(state_->get(),
                   "INSERT INTO submits (run, number, state, place, model, wanted, note, cost_usd, "
                   "submitted_ms) VALUES (?, ?, 'submitting', ?, ?, ?, ?, ?, ?)");
  VIDEOGEN_TRY(insert.bind(run.id)
                   .bind(std::int64_t{submit.number})
                   .bind(run.place)
                   .bind(submit.order.model)
                   .bind(order_json(submit.order))
                   .bind(submit.note)
                   .bind(submit.cost_usd)
                   .bind(now)
                   .run());
  const std::int64_t id = database::last_row(state_->get());
  VIDEOGEN_TRY(transaction.commit());
  return Begun{id, {}};
}

Status Journal::accepted(std::int64_t submit, std::string_view operation) {
  return Statement(state_->get(),
                   "UPDATE submits SET state = 'running', operation = ? WHERE id = ?")
      .bind(operation)
      .bind(submit)
      .run();
}

Status Journal::fetched(std::int64_t submit, const std::vector<fs::path>& clips) {
  json list = json::array();
  for (const fs::path& clip : clips) list.push_back(clip.string());
  return Statement(state_->get(), "UPDATE submits SET state = 'fetched', clips = ? WHERE id = ?")
      .bind(list.dump(-1, ' ', false, json::error_handler_t::replace))
      .bind(submit)
      .run();
}

Status Journal::ended(std::int64_t submit, SubmitRecord::State state, std::string_view outcome,
                      double cost_usd) {
  return Statement(state_->get(),
                   "UPDATE submits SET state = ?, note = ?, cost_usd = ? WHERE id = ?")
      .bind(generate::name(state))
      .bind(outcome)
      .bind(cost_usd)
      .bind(submit)
      .run();
}

Status Journal::end_run(std::string_view run, std::string_view outcome) {
  VIDEOGEN_TRY(Statement(state_->get(), "UPDATE runs SET outcome = ? WHERE id = ?")
                   .bind(outcome)
                   .bind(run)
                   .run());
  std::error_code ignored;
  fs::remove(state_->lock_path(run), ignored);
  return {};
}

Result<std::vector<RunRecord>> Journal::open_runs() const {
  Statement select(state_->get(),
                   fmt::format("SELECT {} FROM runs WHERE outcome = '' AND EXISTS (SELECT 1 "
                               "FROM submits WHERE run = runs.id) ORDER BY "
                               "created_ms DESC, rowid DESC",
                               kRunColumns));
  std::vector<RunRecord> runs;
  for (;;) {
    VIDEOGEN_TRY(const bool row, select.step());
    if (!row) return runs;
    runs.push_back(run_at(select));
  }
}

Result<std::optional<RunRecord>> Journal::run_of(std::string_view operation) const {
  Statement select(state_->get(),
                   fmt::format("SELECT {} FROM runs WHERE id = (SELECT run FROM submits WHERE "
                               "operation = ? ORDER BY id DESC LIMIT 1)",
                               kRunColumns));
  VIDEOGEN_TRY(const bool row, select.bind(operation).step());
  return row ? std::optional(run_at(select)) : std::nullopt;
}

Result<std::optional<RunRecord>> Journal::run_to(std::string_view end_of_output) const {
  Statement select(
      state_->get(),
      fmt::format(
          "SELECT {} FROM runs WHERE substr(output, -length(?1)) = ?1 AND EXISTS "
          "(SELECT 1 FROM submits WHERE run = runs.id) ORDER BY created_ms DESC, rowid DESC "
          "LIMIT 1",
          kRunColumns));
  VIDEOGEN_TRY(const bool row, select.bind(end_of_output).step());
  return row ? std::optional(run_at(select)) : std::nullopt;
}

Result<std::vector<SubmitRecord>> Journal::submits(std::string_view run) const {
  Statement select(state_->get(),
                   "SELECT id, run, number, state, wanted, operation, note, cost_usd, "
                   "submitted_ms, clips FROM submits WHERE run = ? ORDER BY id");
  select.bind(run);
  std::vector<SubmitRecord> found;
  for (;;) {
    VIDEOGEN_TRY(const bool row, select.step());
    if (!row) return found;
    VIDEOGEN_TRY(SubmitRecord submit, submit_at(select));
    found.push_back(std::move(submit));
  }
}

fs::path Journal::clip_path(std::string_view run, int submit, int clip) const {
  return state_->folder / "runs" / fmt::format("{}-{}-{}.mp4", run, submit, clip);
}

}  // namespace videogen::generate
