#include "embed/gist.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/file.h"
#include "embed/area_luma_internal.h"
#include "embed/gist_transform_internal.h"

namespace videogen::embed {
namespace {

// What the digest stands for: whoever changes the arithmetic changes this text.
constexpr std::string_view kDefinition =
    "gist-512/1: area to 256x256; g=ln(1+(R+G+B)/3); L: periodic exp(-(u^2+v^2)/fc^2), "
    "fc=4/sqrt(ln 2); h=g-L(g); h/=0.2+sqrt|L(h^2)|; G=exp(-3.5(f/f0-1)^2-8t^2), "
    "f0=0.3/1.85^i, i=0..3, t=theta+pi*o/8, o=0..7, 0 below 1e-5; |ifft(fft(h)G)| at the "
    "centres of 2x2 pixels; mean over 4x4 cells; unit length; zero where g spans < 0.001";

class Gist final : public Embedder {
 public:
  Gist() {
    Sha256 sha;
    sha.update(kDefinition);
    identity_ = {"gist", "gist-512", "sha256:" + sha.hex(), "f32",
                 static_cast<int>(GistTransform::kDimensions)};
  }

  [[nodiscard]] const Identity& identity() const override { return identity_; }
  [[nodiscard]] std::size_t input_size() const override { return GistTransform::kPixels; }
  [[nodiscard]] std::optional<PictureSize> area_size() const override {
    return PictureSize{GistTransform::kSide, GistTransform::kSide};
  }
  [[nodiscard]] int preferred_batch() const override { return 8; }

  void prepare(const media::Image& picture, std::span<float> out) const override {
    area_log_luma(picture, GistTransform::kSide, out);
  }

  [[nodiscard]] Result<std::vector<float>> embed(std::span<const float> inputs,
                                                 std::stop_token stop) const override;

 private:
  using Scratch = GistTransform::Scratch;

  // Scratch is 1.8 MB that the kernel would have to zero for every call, so it is kept.
  [[nodiscard]] std::unique_ptr<Scratch> take_scratch() const {
    {
      const std::lock_guard lock(idle_mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Scratch> scratch = std::move(idle_.back());
        idle_.pop_back();
        return scratch;
      }
    }
    return std::make_unique<Scratch>(transform_.fft());
  }
  void give_back(std::unique_ptr<Scratch> scratch) const {
    const std::lock_guard lock(idle_mutex_);
    idle_.push_back(std::move(scratch));
  }

  Identity identity_;
  GistTransform transform_;
  mutable std::mutex idle_mutex_;
  mutable std::vector<std::unique_ptr<Scratch>> idle_;  // guarded by idle_mutex_
};

Result<std::vector<float>> Gist::embed(std::span<const float> inputs, std::stop_token stop) const {
  constexpr std::size_t kIn = GistTransform::kPixels;
  constexpr std::size_t kOut = GistTransform::kDimensions;
  VIDEOGEN_CHECK(inputs.size() % kIn == 0, "inputs are not whole pictures");
  const std::size_t count = inputs.size() / kIn;
  std::vector<float> rows(count * kOut);

  const std::size_t workers =
      std::min<std::size_t>(count, std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::unique_ptr<Scratch>> scratch(std::max<std::size_t>(workers, 1));
  for (auto& each : scratch) each = take_scratch();
  std::atomic<std::size_t> next = 0;
  const auto work = [&](Scratch& own) {
    for (std::size_t i = next++; i < count && !stop.stop_requested(); i = next++) {
      transform_.describe(inputs.subspan(i * kIn, kIn), own,
                          std::span(rows).subspan(i * kOut, kOut));
    }
  };
  {
    std::vector<std::jthread> threads;
    try {
      for (std::size_t i = 1; i < workers; ++i) {
        threads.emplace_back([&work, &own = *scratch[i]] { work(own); });
      }
    } catch (const std::system_error&) {
      // Without a further thread this one does the rest.
    }
    work(*scratch.front());
  }
  for (auto& each : scratch) give_back(std::move(each));
  if (stop.stop_requested()) return fail(ErrorCode::interrupted, "interrupted while embedding");
  return rows;
}

}  // namespace

std::shared_ptr<const Embedder> make_gist() { return std::make_shared<const Gist>(); }

}  // namespace videogen::embed
