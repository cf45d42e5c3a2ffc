// Memory of a device, on loan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace videogen::pool {

class Core;

// Move-only; destroying it gives the memory back. It may outlive the pool: the memory stays
// until the last lease has ended. Leases of one shared entry show the same bytes.
//
// Used by one thread at a time, as any value; different leases by different threads. Those that
// share an entry agree among themselves who writes: after publish() the pool expects nobody to.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  // False after a move or release().
  [[nodiscard]] explicit operator bool() const { return core_ != nullptr; }
  // As many bytes as were asked for, aligned to a page at least. Zero or what an earlier lease
  // of this process left there, unless it is an entry that was published.
  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  [[nodiscard]] int device() const { return device_; }  // its id
  // Names this filling of this memory; never used twice in a pool.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  // True for the one who got a shared entry first and has not published it: others of the same
  // id wait for that.
  [[nodiscard]] bool must_fill() const { return fills_; }
  // Lets the others have it. If the filler's lease ends without it, the next one who waits
  // fills; nothing half-filled is ever seen. No effect where must_fill() is false.
  void publish();
  // What the destructor does.
  void release();

 private:
  friend class Core;
  Lease(std::shared_ptr<Core> core, std::span<std::byte> bytes, int device,
        std::uint64_t generation, bool fills);

  std::shared_ptr<Core> core_;
  std::span<std::byte> bytes_;
  int device_ = 0;
  std::uint64_t generation_ = 0;
  bool fills_ = false;
};

}  // namespace videogen::pool
