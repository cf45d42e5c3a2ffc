#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "serve/store_state_internal.h"

namespace videogen::serve {
namespace {

using Json = nlohmann::ordered_json;

std::string_view word(JobEvent::Type type) {
  switch (type) {
    case JobEvent::Type::state:
      return "state";
    case JobEvent::Type::progress:
      return "progress";
    case JobEvent::Type::artifact:
      return "artifact";
    case JobEvent::Type::message:
      break;
  }
  return "message";
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json parts_of(const std::string& text) {
  Json parts = Json::parse(text, nullptr, false);
  return parts.is_array() ? parts : Json::array();
}

std::string artifact_json(const JobEvent& event) {
  if (event.type != JobEvent::Type::artifact) return {};
  return dump({{"id", event.artifact.id},
               {"name", event.artifact.name},
               {"description", event.artifact.description},
               {"parts", parts_of(event.artifact.parts)},
               {"append", event.append},
               {"last_chunk", event.last_chunk}});
}

Status insert_event(sqlite3* database, std::string_view tenant, JobEvent& event) {
  VIDEOGEN_TRY(Statement(database,
                         "INSERT INTO events (job, tenant, time_ms, type, state, progress, stage, "
                         "message, artifact) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                   .bind(event.job)
                   .bind(tenant)
                   .bind(event.time_ms)
                   .bind(word(event.type))
                   .bind(name(event.state))
                   .bind(event.progress)
                   .bind(event.stage)
                   .bind(event.message)
                   .bind(artifact_json(event))
                   .run());
  event.id = database::last_row(database);
  return {};
}

Status insert_message(sqlite3* database, std::string_view job, std::string_view json) {
  return Statement(database,
                   "INSERT INTO messages (job, number, json) VALUES (?1, (SELECT "
                   "COALESCE(MAX(number), 0) + 1 FROM messages WHERE job = ?1), ?2)")
      .bind(job)
      .bind(json)
      .run();
}

Status put_artifact(sqlite3* database, const JobEvent& event) {
  Json parts = parts_of(event.artifact.parts);
  if (event.append) {
    Statement select(database, "SELECT parts FROM artifacts WHERE job = ? AND id = ?");
    VIDEOGEN_TRY(const bool there, select.bind(event.job).bind(event.artifact.id).step());
    if (there) {
      Json whole = parts_of(select.text(0));
      for (Json& part : parts) whole.push_back(std::move(part));
      return Statement(database, "UPDATE artifacts SET parts = ? WHERE job = ? AND id = ?")
          .bind(dump(whole))
          .bind(event.job)
          .bind(event.artifact.id)
          .run();
    }
  }
  return Statement(database,
                   "INSERT OR REPLACE INTO artifacts (job, id, number, name, description, parts) "
                   "VALUES (?1, ?2, (SELECT COALESCE(MAX(number), 0) + 1 FROM artifacts WHERE "
                   "job = ?1), ?3, ?4, ?5)")
      .bind(event.job)
      .bind(event.artifact.id)
      .bind(event.artifact.name)
      .bind(event.artifact.description)
      .bind(dump(parts))
      .run();
}

Status insert_job(sqlite3* database, const StoredJob& stored) {
  const Job& job = stored.job;
  Statement insert(database,
                   "INSERT INTO jobs (id, tenant, skill, state, progress, stage, request, input, "
                   "input_name, result, output, error_code, error_message, context, traceparent, "
                   "priority, runs, created_ms, started_ms, ended_ms, updated_ms, last_event, "
                   "idempotency_key, digest, checkpoint, cancel_asked, bytes) VALUES (?, ?, ?, ?, "
                   "0, '', '', '', ?, '', '', '', '', ?, ?, ?, 0, ?, 0, 0, 0, 0, NULLIF(?, ''), "
                   "?, '', 0, 0)");
  return insert.bind(job.id)
      .bind(job.tenant)
      .bind(name(job.skill))
      .bind(name(job.state))
      .bind(job.input_name)
      .bind(job.context)
      .bind(job.traceparent)
      .bind(std::int64_t{job.priority})
      .bind(job.created_ms)
      .bind(stored.key)
      .bind(stored.digest)
      .run();
}

Status update_job(sqlite3* database, const StoredJob& stored, const std::string& input,
                  const std::string& output) {
  const Job& job = stored.job;
  Statement update(
      database,
      "UPDATE jobs SET skill = ?, state = ?, progress = ?, stage = ?, request = ?, input = ?, "
      "input_name = ?, result = ?, output = ?, error_code = ?, error_message = ?, "
      "runs = ?, started_ms = ?, ended_ms = ?, updated_ms = ?, last_event = ?, "
      "checkpoint = ?, cancel_asked = ?, bytes = ? WHERE id = ?");
  return update.bind(name(job.skill))
      .bind(name(job.state))
      .bind(job.progress)
      .bind(job.stage)
      .bind(job.request)
      .bind(input)
      .bind(job.input_name)
      .bind(job.result)
      .bind(output)
      .bind(job.error ? name(job.error->code) : std::string_view())
      .bind(job.error ? std::string_view(job.error->message) : std::string_view())
      .bind(std::int64_t{job.runs})
      .bind(job.started_ms)
      .bind(job.ended_ms)
      .bind(job.updated_ms)
      .bind(job.last_event)
      .bind(stored.checkpoint)
      .bind(std::int64_t{stored.cancel_asked ? 1 : 0})
      .bind(stored.bytes)
      .bind(job.id)
      .run();
}

void complete(const Job& job, JobEvent& event) {
  event.job = job.id;
  event.time_ms = unix_ms();
  event.state = job.state;
  event.progress = job.progress;
  event.stage = job.stage;
}

}  // namespace

Result<JobEvent> Store::add(StoredJob& stored, JobEvent event) {
  const std::lock_guard lock(state_->writing);
  sqlite3* database = state_->writer.get();
  complete(stored.job, event);
  Transaction transaction(database);
  VIDEOGEN_TRY(transaction.begin());
  VIDEOGEN_TRY(insert_job(database, stored));
  for (const std::string& message : stored.job.messages)
    VIDEOGEN_TRY(insert_message(database, stored.job.id, message));
  VIDEOGEN_TRY(insert_event(database, stored.job.tenant, event));
  StoredJob written = stored;
  written.job.last_event = event.id;
  written.job.updated_ms = event.time_ms;
  VIDEOGEN_TRY(update_job(database, written, state_->inside(written.job.input),
                          state_->inside(written.job.output)));
  VIDEOGEN_TRY(transaction.commit());
  stored = std::move(written);
  return event;
}

Result<JobEvent> Store::write(StoredJob& stored, JobEvent event) {
  const std::lock_guard lock(state_->writing);
  sqlite3* database = state_->writer.get();
  complete(stored.job, event);
  Transaction transaction(database);
  VIDEOGEN_TRY(transaction.begin());
  VIDEOGEN_TRY(insert_event(database, stored.job.tenant, event));
  if (event.type == JobEvent::Type::artifact) VIDEOGEN_TRY(put_artifact(database, event));
  if (event.type == JobEvent::Type::message)
    VIDEOGEN_TRY(insert_message(database, event.job, event.message));
  const auto last_event = std::exchange(stored.job.last_event, event.id);
  const auto updated_ms = std::exchange(stored.job.updated_ms, event.time_ms);
  Status done = update_job(database, stored, state_->inside(stored.job.input),
                           state_->inside(stored.job.output));
  if (done) done = transaction.commit();
  if (!done) {
    stored.job.last_event = last_event;
    stored.job.updated_ms = updated_ms;
    return tl::unexpected(done.error());
  }
  return event;
}

Status Store::write_quietly(const StoredJob& stored) {
  const std::lock_guard lock(state_->writing);
  return update_job(state_->writer.get(), stored, state_->inside(stored.job.input),
                    state_->inside(stored.job.output));
}

Status Store::add_message(std::string_view job, std::string_view json) {
  const std::lock_guard lock(state_->writing);
  return insert_message(state_->writer.get(), job, json);
}

Status Store::thin_out(std::string_view job) {
  const std::lock_guard lock(state_->writing);
  return Statement(state_->writer.get(),
                   "DELETE FROM events WHERE job = ?1 AND type = 'progress' AND id < (SELECT "
                   "MAX(id) FROM events WHERE job = ?1 AND type = 'progress')")
      .bind(job)
      .run();
}

Status Store::remove(std::string_view job) {
  const std::lock_guard lock(state_->writing);
  return Statement(state_->writer.get(), "DELETE FROM jobs WHERE id = ?").bind(job).run();
}

Result<std::int64_t> Store::set_bytes(std::string_view job, std::int64_t bytes) {
  const std::lock_guard lock(state_->writing);
  Transaction transaction(state_->writer.get());
  VIDEOGEN_TRY(transaction.begin());
  Statement before(state_->writer.get(), "SELECT bytes FROM jobs WHERE id = ?");
  VIDEOGEN_TRY(const bool there, before.bind(job).step());
  if (!there) return 0;
  const std::int64_t grown = bytes - before.whole(0);
  VIDEOGEN_TRY(before.run());
  VIDEOGEN_TRY(Statement(state_->writer.get(), "UPDATE jobs SET bytes = ? WHERE id = ?")
                   .bind(bytes)
                   .bind(job)
                   .run());
  VIDEOGEN_TRY(transaction.commit());
  return grown;
}

Status Store::check_writable() {
  const std::lock_guard lock(state_->writing);
  Transaction transaction(state_->writer.get());
  VIDEOGEN_TRY(transaction.begin());
  // SQLite writes no row that stays as it is, but this it does write.
  Statement version(state_->writer.get(), "PRAGMA user_version");
  VIDEOGEN_TRY([[maybe_unused]] const bool row, version.step());
  const std::int64_t same = version.whole(0);
  VIDEOGEN_TRY(version.run());
  VIDEOGEN_TRY(Statement(state_->writer.get(), fmt::format("PRAGMA user_version={}", same)).run());
  return transaction.commit();
}

Status Store::keep(std::string_view job, std::string_view key, std::string_view value) {
  const std::lock_guard lock(state_->writing);
  return Statement(state_->writer.get(),
                   "INSERT OR REPLACE INTO kept (job, key, value) VALUES (?, ?, ?)")
      .bind(job)
      .bind(key)
      .bind(value)
      .run();
}

Status Store::forget(std::string_view job, std::string_view key) {
  const std::lock_guard lock(state_->writing);
  return Statement(state_->writer.get(), "DELETE FROM kept WHERE job = ? AND key = ?")
      .bind(job)
      .bind(key)
      .run();
}

}  // namespace videogen::serve
