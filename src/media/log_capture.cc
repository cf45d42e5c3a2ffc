#include <array>
#include <cstdarg>
#include <cstdio>
#include <set>
#include <utility>

#include "base/error.h"
#include "media/libav_internal.h"
#include "media/log_capture_internal.h"

extern "C" {
#include <libavutil/log.h>
}

namespace videogen::media {
namespace {

thread_local LogSink* sink_of_thread = nullptr;

// Every living sink: a codec context of somebody else in this process may carry any `opaque`.
struct Registry {
  std::mutex mutex;
  std::set<const void*> sinks;  // guarded by mutex
};

Registry& registry() {
  static auto* const instance = new Registry;  // outlives every thread that may still log
  return *instance;
}

void receive(void* context, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  std::array<char, 512> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  std::string line = text.data();
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  if (line.empty()) return;

  void* owner = nullptr;
  if (context != nullptr && *static_cast<const AVClass**>(context) == avcodec_get_class())
    owner = static_cast<AVCodecContext*>(context)->opaque;
  const std::lock_guard lock(registry().mutex);
  if (registry().sinks.contains(owner)) {
    static_cast<LogSink*>(owner)->add(std::move(line));
  } else if (sink_of_thread != nullptr) {
    sink_of_thread->add(std::move(line));
  }
}

}  // namespace

LogSink::LogSink() {
  static const bool installed = (av_log_set_callback(receive), true);
  static_cast<void>(installed);
  const std::lock_guard lock(registry().mutex);
  registry().sinks.insert(this);
}

LogSink::~LogSink() {
  const std::lock_guard lock(registry().mutex);
  registry().sinks.erase(this);
}

void LogSink::add(std::string line) {
  const std::lock_guard lock(mutex_);
  last_ = printable(line, 200);
}

std::string LogSink::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(last_, {});
}

LogScope::LogScope(LogSink& sink) : outer_(std::exchange(sink_of_thread, &sink)) {}
LogScope::~LogScope() { sink_of_thread = outer_; }

}  // namespace videogen::media
