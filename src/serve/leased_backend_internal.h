// A back end whose clips are fetched and judged in leased memory.
#pragma once

#include <filesystem>
#include <string>

#include "generate/backend.h"
#include "pool/lease.h"
#include "serve/resident.h"

namespace videogen::serve {

// What one clip of an order takes here: the buffers of its download, and what judging it takes,
// by the resolution that was ordered. What the model's machine has is none of this.
[[nodiscard]] std::uint64_t generation_memory(const generate::Order& order);

// Waits for the memory before a download, and keeps it until release(): a clip is judged, and
// repaired where that is on, right after it has come.
class LeasedBackend final : public generate::Backend {
 public:
  LeasedBackend(generate::Backend& inner, const Resident& resident, std::uint64_t bytes)
      : inner_(inner), resident_(resident), bytes_(bytes) {}

  std::string name() const override { return inner_.name(); }
  std::string place() const override { return inner_.place(); }
  int most_samples() const override { return inner_.most_samples(); }
  Status prepare(const generate::Order& order, const std::stop_token& stop) override {
    return inner_.prepare(order, stop);
  }
  generate::Submission submit(const generate::Order& order, const std::stop_token& stop,
                              const std::stop_token& cut) override {
    return inner_.submit(order, stop, cut);
  }
  generate::PollResult poll(const std::string& operation, int samples,
                            const std::stop_token& stop) override {
    return inner_.poll(operation, samples, stop);
  }
  // Errors: also interrupted (while it waits for memory), budget (too many wait).
  Status download(const generate::Clip& clip, const std::filesystem::path& path,
                  const generate::Fetched& progress, const std::stop_token& stop) override {
    if (!lease_) {
      VIDEOGEN_TRY(lease_, resident_.room(bytes_, stop));
    }
    return inner_.download(clip, path, progress, stop);
  }

  void release() { lease_.release(); }

 private:
  generate::Backend& inner_;
  const Resident& resident_;
  const std::uint64_t bytes_;
  pool::Lease lease_;
};

}  // namespace videogen::serve
