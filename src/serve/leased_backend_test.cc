#include "serve/leased_backend_internal.h"

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include "embed/gist.h"

namespace videogen::serve {
namespace {

using namespace std::chrono_literals;

// Downloads nothing, and looks at what is leased meanwhile.
class Looks final : public generate::Backend {
 public:
  std::function<void()> meanwhile;
  std::string name() const override { return "looks"; }
  std::string place() const override { return "here"; }
  int most_samples() const override { return 4; }
  Status prepare(const generate::Order&, const std::stop_token&) override { return {}; }
  generate::Submission submit(const generate::Order&, const std::stop_token&,
                              const std::stop_token&) override {
    return {};
  }
  generate::PollResult poll(const std::string&, int, const std::stop_token&) override {
    return generate::Poll{};
  }
  Status download(const generate::Clip&, const std::filesystem::path&, const generate::Fetched&,
                  const std::stop_token&) override {
    if (meanwhile) meanwhile();
    return {};
  }
};

class LeasedBackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    embed::Chosen model;
    model.embedder = embed::make_gist();
    ResidentOptions options;
    options.memory_bytes = std::uint64_t{512} << 20;
    options.cache_bytes = 0;
    auto opened = Resident::open(std::move(model), options);
    ASSERT_TRUE(opened) << opened.error().message;
    resident_.emplace(*std::move(opened));
    resident_->show(metrics_);
    before_ = leased();
  }

  [[nodiscard]] double leased() {
    const std::string text = metrics_.text({});
    const std::string name = "\nvideogen_pool_leased_bytes ";
    return std::stod(text.substr(text.find(name) + name.size()));
  }
  [[nodiscard]] Status fetch(LeasedBackend& backend, const std::stop_token& stop = {}) {
    return backend.download({}, "clip.mp4", {}, stop);
  }

  std::optional<Resident> resident_;
  Metrics metrics_;
  double before_ = 0;
};

TEST(GenerationMemory, FollowsTheResolution) {
  generate::Order order;
  order.resolution = "720p";
  EXPECT_EQ(generation_memory(order), (2U << 20) + working_memory(1280, 720, "yuv420p"));
  order.resolution = "4k";
  EXPECT_EQ(generation_memory(order), (2U << 20) + working_memory(3840, 2160, "yuv420p"));
  order.resolution = "large";
  EXPECT_EQ(generation_memory(order), (2U << 20) + working_memory(1920, 1080, "yuv420p"));
}

TEST_F(LeasedBackendTest, HoldsTheMemoryFromTheDownloadToTheRelease) {
  Looks inner;
  constexpr std::uint64_t kBytes = std::uint64_t{100} << 20;
  LeasedBackend backend(inner, *resident_, kBytes);
  EXPECT_EQ(leased(), before_);
  inner.meanwhile = [&] { EXPECT_GE(leased() - before_, double(kBytes)); };
  ASSERT_TRUE(fetch(backend));
  ASSERT_TRUE(fetch(backend));  // a second clip of the same order: the same lease
  EXPECT_LT(leased() - before_, 2.0 * double(kBytes));
  backend.release();
  EXPECT_EQ(leased(), before_);
  ASSERT_TRUE(fetch(backend));
  EXPECT_GT(leased(), before_);
}

TEST_F(LeasedBackendTest, WaitsForTheClipBeforeItAndNotWhenItIsCancelled) {
  Looks inner;
  constexpr std::uint64_t kMost = std::uint64_t{400} << 20;
  LeasedBackend first(inner, *resident_, kMost), second(inner, *resident_, kMost),
      third(inner, *resident_, kMost);
  ASSERT_TRUE(fetch(first));
  std::stop_source cancel;
  auto waits = std::async(std::launch::async, [&] { return fetch(second); });
  auto leaves = std::async(std::launch::async, [&] { return fetch(third, cancel.get_token()); });
  EXPECT_EQ(waits.wait_for(100ms), std::future_status::timeout);
  cancel.request_stop();
  const Status left = leaves.get();
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().code, ErrorCode::interrupted);
  first.release();
  EXPECT_TRUE(waits.get());
}

}  // namespace
}  // namespace videogen::serve
