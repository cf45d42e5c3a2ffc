#include "serve/job.h"

#include <algorithm>
#include <array>
#include <utility>

namespace videogen::serve {
namespace {

constexpr std::array<std::pair<Skill, std::string_view>, 3> kSkills{
    {{Skill::validate, "validate"}, {Skill::enhance, "enhance"}, {Skill::generate, "generate"}}};

constexpr std::array<std::pair<JobState, std::string_view>, 7> kStates{
    {{JobState::queued, "queued"},
     {JobState::running, "running"},
     {JobState::input_required, "input_required"},
     {JobState::completed, "completed"},
     {JobState::failed, "failed"},
     {JobState::cancelled, "cancelled"},
     {JobState::rejected, "rejected"}}};

template <class Table, class Value>
std::string_view word_of(const Table& table, Value value) {
  const auto* found =
      std::ranges::find_if(table, [value](const auto& row) { return row.first == value; });
  VIDEOGEN_CHECK(found != table.end(), "every value has a word");
  return found->second;
}

template <class Value, std::size_t N>
std::optional<Value> value_of(const std::array<std::pair<Value, std::string_view>, N>& table,
                              std::string_view word) {
  for (const auto& [value, known] : table)
    if (known == word) return value;
  return std::nullopt;
}

}  // namespace

std::string_view name(Skill skill) { return word_of(kSkills, skill); }
std::optional<Skill> skill_named(std::string_view word) { return value_of(kSkills, word); }
std::string_view name(JobState state) { return word_of(kStates, state); }
std::optional<JobState> job_state_named(std::string_view word) { return value_of(kStates, word); }

}  // namespace videogen::serve
