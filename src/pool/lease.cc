#include "pool/lease.h"

#include <utility>

#include "pool/core_internal.h"

namespace videogen::pool {

Lease::Lease(std::shared_ptr<Core> core, std::span<std::byte> bytes, int device,
             std::uint64_t generation, bool fills)
    : core_(std::move(core)),
      bytes_(bytes),
      device_(device),
      generation_(generation),
      fills_(fills) {}

Lease::Lease(Lease&& other) noexcept
    : core_(std::move(other.core_)),
      bytes_(std::exchange(other.bytes_, {})),
      device_(other.device_),
      generation_(other.generation_),
      fills_(std::exchange(other.fills_, false)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  release();
  core_ = std::move(other.core_);
  bytes_ = std::exchange(other.bytes_, {});
  device_ = other.device_;
  generation_ = other.generation_;
  fills_ = std::exchange(other.fills_, false);
  return *this;
}

Lease::~Lease() { release(); }

void Lease::publish() {
  if (core_ != nullptr && std::exchange(fills_, false)) core_->publish(generation_);
}

void Lease::release() {
  bytes_ = {};
  fills_ = false;
  if (const std::shared_ptr<Core> core = std::move(core_)) core->release(generation_);
}

}  // namespace videogen::pool
