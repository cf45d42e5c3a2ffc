#include "pool/embedding_cache.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "pool/embedding_file_internal.h"

namespace videogen::pool {
namespace {

// Of a row in memory, beside its numbers: its key, twice, and its places in list and table.
constexpr std::size_t kOverhead = 256;

}  // namespace

EmbeddingKey embedding_key(const EmbeddingScope& scope, std::span<const std::size_t> shape,
                           std::span<const std::byte> content) {
  Sha256 sha;
  // Each with its length, so that no two scopes run together to the same text.
  std::string head = "videogen embedding/1";
  for (const std::string* part :
       {&scope.kind, &scope.model_digest, &scope.preprocessing, &scope.precision})
    head += fmt::format(";{}:{}", part->size(), *part);
  head += ";";
  for (const std::size_t side : shape) head += fmt::format("{},", side);
  head += fmt::format(";{}:", content.size());
  sha.update(head);
  sha.update(content);
  return {sha.hex()};
}

struct EmbeddingCache::State {
  struct Kept {
    std::string key;
    std::vector<float> numbers;
  };

  explicit State(const EmbeddingCacheOptions& how) : options(how) {}

  // With `memory` held.
  void keep(const std::string& key, std::span<const float> numbers) {
    const std::size_t bytes = numbers.size_bytes() + kOverhead;
    if (bytes > options.memory_bytes) return;
    if (const auto found = places.find(key); found != places.end()) remove(found->second);
    while (held + bytes > options.memory_bytes) {
      remove(std::prev(newest_first.end()));
      ++statistics.memory_evictions;
    }
    newest_first.push_front({key, {numbers.begin(), numbers.end()}});
    places.emplace(key, newest_first.begin());
    held += bytes;
  }
  void remove(std::list<Kept>::iterator which) {
    held -= which->numbers.size() * sizeof(float) + kOverhead;
    places.erase(which->key);
    newest_first.erase(which);
  }

  const EmbeddingCacheOptions options;
  mutable std::mutex memory;  // guards what follows
  std::list<Kept> newest_first;
  std::unordered_map<std::string, std::list<Kept>::iterator> places;
  std::size_t held = 0;
  EmbeddingCacheStatistics statistics;
  mutable std::mutex disk;  // guards the file; never taken with the other
  std::optional<EmbeddingFile> file;
};

EmbeddingCache::EmbeddingCache(std::unique_ptr<State> state) : state_(std::move(state)) {}
EmbeddingCache::~EmbeddingCache() = default;

Result<std::unique_ptr<EmbeddingCache>> EmbeddingCache::open(const EmbeddingCacheOptions& options) {
  auto state = std::make_unique<State>(options);
  if (!options.file.empty()) {
    VIDEOGEN_TRY(EmbeddingFile file, EmbeddingFile::open(options.file, options.file_bytes));
    state->file.emplace(std::move(file));
  }
  return std::unique_ptr<EmbeddingCache>(new EmbeddingCache(std::move(state)));
}

std::optional<std::vector<float>> EmbeddingCache::find(const EmbeddingKey& key,
                                                       std::size_t dimensions) {
  {
    const std::lock_guard lock(state_->memory);
    const auto found = state_->places.find(key.digest);
    if (found != state_->places.end() && found->second->numbers.size() == dimensions) {
      auto& list = state_->newest_first;
      list.splice(list.begin(), list, found->second);
      ++state_->statistics.memory_hits;
      return found->second->numbers;
    }
  }
  std::optional<std::vector<float>> numbers;
  if (state_->file) {
    const std::lock_guard lock(state_->disk);
    numbers = state_->file->find(key, dimensions);
  }
  const std::lock_guard lock(state_->memory);
  if (numbers) state_->keep(key.digest, *numbers);
  ++(numbers ? state_->statistics.file_hits : state_->statistics.misses);
  return numbers;
}

void EmbeddingCache::insert(std::span<const Row> rows) {
  std::vector<Row> sound;
  std::ranges::copy_if(rows, std::back_inserter(sound), [](const Row& row) {
    return std::ranges::all_of(row.numbers, [](float x) { return std::isfinite(x); });
  });
  {
    const std::lock_guard lock(state_->memory);
    for (const Row& row : sound) state_->keep(row.key.digest, row.numbers);
    state_->statistics.inserted += sound.size();
  }
  if (!state_->file) return;
  const std::lock_guard lock(state_->disk);
  state_->file->insert(sound);
}

EmbeddingCacheStatistics EmbeddingCache::statistics() const {
  EmbeddingCacheStatistics all;
  {
    const std::lock_guard lock(state_->memory);
    all = state_->statistics;
    all.memory_rows = state_->newest_first.size();
    all.memory_bytes = state_->held;
  }
  if (state_->file) {
    const std::lock_guard lock(state_->disk);
    state_->file->report(all);
  }
  return all;
}

std::vector<std::string> EmbeddingCache::notes() const {
  if (!state_->file) return {};
  const std::lock_guard lock(state_->disk);
  return state_->file->notes();
}

}  // namespace videogen::pool
