#include "pool/cache_pool.h"

#include <thread>
#include <utility>

#include "pool/core_internal.h"
#include "pool/host_backend.h"

namespace videogen::pool {
namespace {

// One of several devices that share the host's memory.
class Share final : public Backend {
 public:
  Share(std::unique_ptr<Backend> whole, std::size_t of) : whole_(std::move(whole)), of_(of) {}
  [[nodiscard]] std::string_view kind() const override { return whole_->kind(); }
  [[nodiscard]] std::size_t granularity() const override { return whole_->granularity(); }
  [[nodiscard]] Result<std::byte*> reserve(std::size_t bytes) override {
    return whole_->reserve(bytes);
  }
  [[nodiscard]] Status commit(std::byte* data, std::size_t bytes) override {
    return whole_->commit(data, bytes);
  }
  [[nodiscard]] Status quiesce(std::byte* data, std::size_t bytes) override {
    return whole_->quiesce(data, bytes);
  }
  [[nodiscard]] Status decommit(std::byte* data, std::size_t bytes) override {
    return whole_->decommit(data, bytes);
  }
  [[nodiscard]] Status release(std::byte* data, std::size_t bytes) override {
    return whole_->release(data, bytes);
  }
  [[nodiscard]] std::size_t available() const override { return whole_->available() / of_; }

 private:
  std::unique_ptr<Backend> whole_;
  std::size_t of_;
};

}  // namespace

struct CachePool::Keeper {
  explicit Keeper(std::shared_ptr<Core> what)
      : core(std::move(what)),
        thread([core = core](const std::stop_token& stop) { core->keep(stop); }) {}
  std::shared_ptr<Core> core;
  std::jthread thread;
};

CachePool::CachePool(std::unique_ptr<Keeper> keeper) : keeper_(std::move(keeper)) {}
CachePool::CachePool(CachePool&& other) noexcept = default;
CachePool& CachePool::operator=(CachePool&& other) noexcept {
  if (this == &other) return *this;
  if (keeper_ != nullptr) shutdown({});
  keeper_ = std::move(other.keeper_);
  return *this;
}

CachePool::~CachePool() {
  if (keeper_ != nullptr) shutdown({});
}

Result<CachePool> CachePool::create(const PoolConfig& config) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (std::size_t i = 0; i < config.device_ids.size(); ++i)
    backends.push_back(std::make_unique<Share>(make_host_backend(), config.device_ids.size()));
  return create(config, std::move(backends));
}

Result<CachePool> CachePool::create(const PoolConfig& config,
                                    std::vector<std::unique_ptr<Backend>> backends) {
  VIDEOGEN_TRY(std::shared_ptr<Core> core,
               Core::create(config, std::move(backends), &std::chrono::steady_clock::now));
  return CachePool(std::make_unique<Keeper>(std::move(core)));
}

PoolResult<Lease> CachePool::request_cache(CacheRequest request) {
  const std::shared_ptr<Waiter> waiter =
      keeper_->core->submit(std::move(request), Core::Patience::waits);
  keeper_->core->wait(*waiter);
  return keeper_->core->collect(*waiter);
}

PoolResult<Lease> CachePool::try_request(CacheRequest request) {
  const std::shared_ptr<Waiter> waiter =
      keeper_->core->submit(std::move(request), Core::Patience::tries);
  return keeper_->core->collect(*waiter);
}

PoolResult<void> CachePool::release_cache(std::string_view cache_id) {
  return keeper_->core->release_cache(cache_id);
}

std::size_t CachePool::trim() { return keeper_->core->trim(); }

PoolResult<CachePool::Resized> CachePool::resize(int device, std::size_t capacity_bytes) {
  return keeper_->core->resize(device, capacity_bytes);
}

Snapshot CachePool::snapshot() const { return keeper_->core->snapshot(); }

ExternalEntry CachePool::note_external(ExternalSnapshot entry) {
  return {keeper_->core, keeper_->core->note_external(std::move(entry))};
}

PoolResult<void> CachePool::shutdown(std::chrono::milliseconds deadline) {
  return keeper_->core->shutdown(deadline);
}

ExternalEntry::ExternalEntry(std::shared_ptr<Core> core, std::uint64_t number)
    : core_(std::move(core)), number_(number) {}

ExternalEntry& ExternalEntry::operator=(ExternalEntry&& other) noexcept {
  if (this == &other) return *this;
  if (core_ != nullptr) core_->forget_external(number_);
  core_ = std::move(other.core_);
  number_ = other.number_;
  return *this;
}

ExternalEntry::~ExternalEntry() {
  if (core_ != nullptr) core_->forget_external(number_);
}

}  // namespace videogen::pool
