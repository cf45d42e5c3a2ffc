// For tests only: devices that keep books instead of memory, fail when told to, or take long.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pool/backend.h"

namespace videogen::pool {

// What a device's books say. Shared by the device, which the pool owns, and the test.
struct Books {
  std::mutex mutex;
  std::map<std::byte*, std::pair<std::size_t, bool>> ranges;  // bytes, committed
  std::size_t committed = 0, most_committed = 0;
  std::vector<std::string> misuse;
  std::size_t calls = 0;
  // Told the number of each call that may fail, from 1 on: true lets it fail.
  std::function<bool(std::size_t)> fails;
  std::function<void()> delay;  // before each call, without the lock

  [[nodiscard]] std::size_t open() {
    const std::lock_guard lock(mutex);
    return ranges.size();
  }
};

// Addresses that nothing lies at.
class BookBackend final : public Backend {
 public:
  BookBackend(std::shared_ptr<Books> books, std::size_t available)
      : books_(std::move(books)), available_(available) {}

  [[nodiscard]] std::string_view kind() const override { return "books"; }
  [[nodiscard]] std::size_t granularity() const override { return 1; }
  [[nodiscard]] std::size_t available() const override { return available_; }

  [[nodiscard]] Result<std::byte*> reserve(std::size_t bytes) override {
    VIDEOGEN_TRY(call("reserve"));
    const std::lock_guard lock(books_->mutex);
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    auto* const data = reinterpret_cast<std::byte*>(next_);
    next_ += bytes + 1;
    books_->ranges[data] = {bytes, false};
    return data;
  }
  [[nodiscard]] Status commit(std::byte* data, std::size_t bytes) override {
    VIDEOGEN_TRY(call("commit"));
    const std::lock_guard lock(books_->mutex);
    expect(data, bytes, false, "commit");
    books_->ranges[data].second = true;
    books_->committed += bytes;
    books_->most_committed = std::max(books_->most_committed, books_->committed);
    return {};
  }
  [[nodiscard]] Status quiesce(std::byte* data, std::size_t bytes) override {
    VIDEOGEN_TRY(call("quiesce"));
    const std::lock_guard lock(books_->mutex);
    expect(data, bytes, true, "quiesce");
    return {};
  }
  [[nodiscard]] Status decommit(std::byte* data, std::size_t bytes) override {
    VIDEOGEN_TRY(call("decommit"));
    const std::lock_guard lock(books_->mutex);
    expect(data, bytes, true, "decommit");
    books_->ranges[data].second = false;
    books_->committed -= bytes;
    return {};
  }
  [[nodiscard]] Status release(std::byte* data, std::size_t bytes) override {
    VIDEOGEN_TRY(call("release"));
    const std::lock_guard lock(books_->mutex);
    expect(data, bytes, false, "release");
    books_->ranges.erase(data);
    return {};
  }

 private:
  Status call(const char* what) {
    if (books_->delay) books_->delay();
    const std::lock_guard lock(books_->mutex);
    ++books_->calls;
    if (books_->fails && books_->fails(books_->calls))
      return fail(ErrorCode::unreachable, std::string("the device failed to ") + what);
    return {};
  }
  void expect(std::byte* data, std::size_t bytes, bool committed, const char* what) {
    const auto found = books_->ranges.find(data);
    if (found == books_->ranges.end() || found->second != std::pair(bytes, committed))
      books_->misuse.push_back(what);
  }

  std::shared_ptr<Books> books_;
  std::size_t available_;
  std::size_t next_ = std::size_t{1} << 40U;
};

}  // namespace videogen::pool
