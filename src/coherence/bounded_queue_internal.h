// A queue of bounded length between one producing and one consuming thread. Full: push()
// waits; empty: pop() waits. Both give up when a stop is requested.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace videogen::coherence {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // False if a stop was requested; the item is dropped then.
  bool push(T item, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return items_.size() < capacity_; })) return false;
    items_.push_back(std::move(item));
    ++open_;
    changed_.notify_all();
    return true;
  }

  // The consumer is through with an item that it popped.
  void done() {
    const std::scoped_lock lock(mutex_);
    --open_;
    changed_.notify_all();
  }

  // For the producer: waits until the consumer is through with all. False if a stop was requested.
  bool wait_until_done(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, [&] { return open_ == 0; });
  }

  // No more pushes: pop() returns what is left, then nullopt.
  void close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  // nullopt when closed and empty, or when a stop was requested.
  std::optional<T> pop(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return !items_.empty() || closed_; }) || items_.empty())
      return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_.
  std::deque<T> items_;
  std::size_t open_ = 0;  // pushed and not done()
  bool closed_ = false;
};

}  // namespace videogen::coherence
