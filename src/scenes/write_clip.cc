#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "media/frame_writer.h"
#include "scenes/scene.h"

namespace videogen::scenes {
namespace {

namespace fs = std::filesystem;

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::light:
      return "light";
    case Severity::medium:
      return "medium";
    case Severity::heavy:
      return "heavy";
  }
  return "";
}

std::string truth_json(const Clip& clip, std::span<const PlantedDefect> truth) {
  nlohmann::ordered_json defects = nlohmann::ordered_json::array();
  for (const PlantedDefect& defect : truth) {
    defects.push_back({{"kind", defect.kind},
                       {"severity", name(defect.severity)},
                       {"start_s", defect.start_s},
                       {"end_s", defect.end_s},
                       {"first_frame", defect.first_frame},
                       {"last_frame", defect.last_frame}});
    if (const auto& place = defect.place) {
      defects.back()["place"] = {{"x", place->x}, {"y", place->y}, {"radius", place->radius}};
    }
  }
  nlohmann::ordered_json document{{"schema", "videogen.truth/1"}};
  if (clip.from.empty()) {
    document["scene"] = clip.scene;
  } else {
    document["scene"] = nullptr;
    document["source"] = printable(clip.from.filename().string());
  }
  document["seed"] = clip.seed;
  document["defects"] = std::move(defects);
  return document.dump(2) + "\n";
}

// Frames rendered by several threads, handed out in order. At most `window` frames are
// finished and not yet taken; then the threads wait.
class Frames {
 public:
  Frames(const Renderer& renderer, int threads, std::int64_t window)
      : renderer_(renderer), window_(window) {
    for (int i = 0; i < threads; ++i) {
      workers_.emplace_back([this](std::stop_token stop) { work(stop); });
    }
  }

  // nullopt once a stop was requested.
  std::optional<media::Image> take(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    const bool ready =
        done_.wait(lock, stop, [this] { return finished_.contains(taken_) || error_; });
    if (!ready) return std::nullopt;
    if (error_) std::rethrow_exception(error_);
    auto node = finished_.extract(taken_++);
    room_.notify_all();
    return std::move(node.mapped());
  }

 private:
  void work(const std::stop_token& stop) {
    for (std::int64_t frame = next_++; frame < renderer_.frames(); frame = next_++) {
      {
        std::unique_lock lock(mutex_);
        if (!room_.wait(lock, stop, [&] { return frame < taken_ + window_; })) return;
      }
      try {
        media::Image image = renderer_.render(frame);
        const std::scoped_lock lock(mutex_);
        finished_.emplace(frame, std::move(image));
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        error_ = std::current_exception();
      }
      done_.notify_all();
      if (stop.stop_requested()) return;
    }
  }

  const Renderer& renderer_;
  const std::int64_t window_;
  std::atomic<std::int64_t> next_ = 0;
  std::mutex mutex_;
  std::condition_variable_any done_, room_;
  std::int64_t taken_ = 0;  // guarded by mutex_, as are those below
  std::map<std::int64_t, media::Image> finished_;
  std::exception_ptr error_;
  std::vector<std::jthread> workers_;  // last: they end before what they use
};

// One for each core, unless the frames are so large that their films would fill the memory.
int worker_count(const Clip& clip, int threads) {
  constexpr std::int64_t kBytesAPixel = 3 * 4 + 3 * 4, kMostBytes = 2LL << 30;
  const int cores = std::max(1, int(std::thread::hardware_concurrency()));
  const std::int64_t each = std::int64_t{clip.width} * clip.height * kBytesAPixel;
  return int(std::clamp<std::int64_t>(threads > 0 ? threads : cores, 1,
                                      std::max<std::int64_t>(1, kMostBytes / each)));
}

// The file that stands at a path, kept beside it under another name until what replaces it
// is known to be complete.
class Replaced {
 public:
  // Nothing may stand there. Errors: unwritable.
  static Result<Replaced> keep(const fs::path& path) {
    static std::atomic<unsigned> counter{0};
    Replaced old(path);
    std::error_code failed;
    if (!fs::exists(fs::symlink_status(path, failed))) return old;
    const fs::path beside =
        path.parent_path() / fmt::format(".{}.{}-{}.replaced{}", path.stem().string(), ::getpid(),
                                         counter++, path.extension().string());
    fs::create_hard_link(path, beside, failed);
    // FAT and some network shares have no hard links.
    if (failed) fs::copy_file(path, beside, failed);
    if (failed) return tl::unexpected(file_error("create", beside, failed.value()));
    old.kept_ = beside;
    return old;
  }
  Replaced(Replaced&& other) noexcept
      : path_(std::move(other.path_)), kept_(std::exchange(other.kept_, {})) {}
  Replaced& operator=(Replaced&&) = delete;
  ~Replaced() { discard(kept_); }

  // Everything is as it was.
  void put_back() {
    std::error_code failed;
    if (kept_.empty()) {
      discard(path_);
    } else {
      fs::rename(kept_, path_, failed);
      // Rather two names for what could not be put back than none.
      if (failed) kept_.clear();
    }
  }

 private:
  explicit Replaced(fs::path path) : path_(std::move(path)) {}
  static void discard(const fs::path& path) noexcept {
    std::error_code ignored;
    if (!path.empty()) fs::remove(path, ignored);
  }

  fs::path path_;
  fs::path kept_;  // empty if nothing stood there
};

}  // namespace

Status write_clip(const Clip& asked, const std::filesystem::path& path,
                  AtomicFile::Existing existing,
                  const std::function<void(std::int64_t, std::int64_t)>& progress,
                  std::stop_token stop, int threads) {
  VIDEOGEN_TRY(const Renderer renderer, Renderer::create(asked, stop));
  const Clip& clip = renderer.clip();
  // Both files are opened before the work, so that what cannot be written is said at once.
  fs::path truth_path = path;
  truth_path += ".json";
  VIDEOGEN_TRY(AtomicFile truth, AtomicFile::create(truth_path, existing));
  media::WriteOptions options;
  options.width = clip.width;
  options.height = clip.height;
  options.frame_rate = clip.frame_rate;
  options.existing = existing;
  VIDEOGEN_TRY(media::FrameWriter writer, media::FrameWriter::create(path, options));

  const int workers = worker_count(clip, threads);
  Frames frames(renderer, workers, 2 * workers + 2);
  for (std::int64_t frame = 0; frame < renderer.frames(); ++frame) {
    const std::optional<media::Image> image = frames.take(stop);
    if (!image) return fail(ErrorCode::interrupted, "interrupted while rendering");
    VIDEOGEN_TRY(writer.write(*image));
    if (progress) progress(frame + 1, renderer.frames());
  }
  VIDEOGEN_TRY(truth.write(truth_json(clip, renderer.truth())));
  VIDEOGEN_TRY(Replaced old, Replaced::keep(path));
  VIDEOGEN_TRY(writer.finish());
  Status committed = truth.commit();
  if (!committed) old.put_back();  // a clip without its truth would mislead
  return committed;
}

}  // namespace videogen::scenes
