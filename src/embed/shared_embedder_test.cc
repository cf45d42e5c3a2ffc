#include "embed/shared_embedder.h"

#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "embed/clip.h"
#include "embed/gist.h"
#include "embed/test_folder_internal.h"

namespace videogen::embed {
namespace {

namespace fs = std::filesystem;

media::Image picture_of(unsigned seed) {
  media::Image picture(97, 61);
  std::mt19937 random(seed);
  // Large shapes and noise: every seed looks different to both models.
  const auto step = static_cast<unsigned>(3 + random() % 20);
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width * 3; ++x)
      picture.row(y)[x] = static_cast<std::uint8_t>(
          unsigned(x / 3 + 2 * y) / step * 53 * (seed + 1) + unsigned(random() % 9));
  return picture;
}

std::vector<float> prepared(const Embedder& embedder, std::span<const unsigned> seeds) {
  const std::size_t size = embedder.input_size();
  std::vector<float> inputs(seeds.size() * size);
  for (std::size_t i = 0; i < seeds.size(); ++i)
    embedder.prepare(picture_of(seeds[i]), std::span(inputs).subspan(i * size, size));
  return inputs;
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    largest = std::max(largest, double(std::abs(a[i] - b[i])));
  return largest;
}

std::shared_ptr<pool::EmbeddingCache> cache_in_memory() {
  return pool::EmbeddingCache::open({.memory_bytes = 1U << 24U}).value();
}

class SharedBy : public testing::TestWithParam<const char*> {
 protected:
  std::shared_ptr<const Embedder> model() const {
    const std::string which = GetParam();
    if (which == "gist") return make_gist();
    return Clip::load(golden_clip() / which, Precision::f32).value();
  }
  const TemporaryCache weights_;
};

TEST_P(SharedBy, ManyThreadsGetWhatEachWouldGetAlone) {
  constexpr unsigned kThreads = 16;
  const auto model = this->model();
  for (const bool cached : {false, true}) {
    SharingOptions options;
    options.max_queue_size = 24;
    if (cached) options.cache = cache_in_memory();
    const auto shared = SharedEmbedder::share(model, options).value();
    std::vector<double> differences(kThreads, 1);
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        double largest = 0;
        for (unsigned round = 0; round < 3; ++round) {
          std::vector<unsigned> seeds;
          for (unsigned i = 0; i <= (t + round) % 7; ++i) seeds.push_back((t * 3 + i * 5) % 20);
          const std::vector<float> inputs = prepared(*shared, seeds);
          const auto rows = shared->embed(inputs);
          ASSERT_TRUE(rows) << rows.error().message;
          for (std::size_t i = 0; i < seeds.size(); ++i) {
            // By itself, in a batch of one.
            const auto alone = model->embed(
                std::span(inputs).subspan(i * model->input_size(), model->input_size()));
            const auto dimensions = std::size_t(model->identity().dimensions);
            largest = std::max(
                largest,
                largest_difference(std::span(*rows).subspan(i * dimensions, dimensions), *alone));
          }
        }
        differences[t] = largest;
      });
    threads.clear();
    EXPECT_THAT(differences, testing::Each(testing::Le(1e-5)));
    const pool::BatcherStatistics statistics = shared->statistics();
    EXPECT_LE(statistics.deepest_queue, 24U);
    if (cached) {
      const auto seen = options.cache->statistics();
      EXPECT_GT(seen.memory_hits, 0U);
      EXPECT_LT(statistics.items, seen.memory_hits + seen.misses);
    }
  }
}

TEST_P(SharedBy, IsTheModelToWhoeverLooks) {
  const auto model = this->model();
  const auto shared = SharedEmbedder::share(model, {}).value();
  EXPECT_EQ(&shared->identity(), &model->identity());
  EXPECT_EQ(shared->recipe(), model->recipe());
  EXPECT_EQ(shared->input_size(), model->input_size());
  EXPECT_EQ(shared->preferred_batch(), model->preferred_batch());
  EXPECT_EQ(shared->area_size().has_value(), model->area_size().has_value());
  EXPECT_EQ(&shared->model(), model.get());
  EXPECT_EQ(shared->texts() == nullptr, model->texts() == nullptr);
  EXPECT_TRUE(shared->embed({})->empty());
}

TEST_P(SharedBy, StopsWhenAsked) {
  const auto model = this->model();
  std::stop_source stop;
  stop.request_stop();
  for (const bool cached : {false, true}) {
    SharingOptions options;
    if (cached) options.cache = cache_in_memory();
    const auto shared = SharedEmbedder::share(model, options).value();
    const std::vector<unsigned> seeds{1};
    const std::vector<float> inputs = prepared(*shared, seeds);
    const auto stopped = shared->embed(inputs, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::interrupted);
    shared->stop();
    const auto closed = shared->embed(inputs);
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, ErrorCode::interrupted);
  }
}

TEST_P(SharedBy, EmbedsAPictureOnce) {
  const auto model = this->model();
  SharingOptions options;
  options.cache = cache_in_memory();
  const auto shared = SharedEmbedder::share(model, options).value();
  const std::vector<unsigned> seeds{4, 5, 4, 4, 6};
  const std::vector<float> inputs = prepared(*shared, seeds);
  const auto first = shared->embed(inputs), second = shared->embed(inputs);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(shared->statistics().items, 3U) << "4, 5 and 6";
  EXPECT_LE(largest_difference(*first, *model->embed(inputs)), 1e-5);
  // One value of one picture changed by its last bit is another picture.
  std::vector<float> other = inputs;
  other.back() = std::nextafter(other.back(), 10.0F);
  EXPECT_TRUE(shared->embed(other));
  EXPECT_EQ(shared->statistics().items, 4U);
}

INSTANTIATE_TEST_SUITE_P(Models, SharedBy,
                         testing::Values("gist", "tiny-quick-gelu", "tiny-gelu-sharded-bf16"));

class SharedClip : public testing::Test {
 protected:
  const TemporaryCache weights_;
  const TemporaryFolder folder_;
  const fs::path golden_ = golden_clip() / "tiny-quick-gelu";
};

TEST_F(SharedClip, EmbedsATextOnceWhoeverAsks) {
  const std::shared_ptr<const Clip> clip = Clip::load(golden_, Precision::f32).value();
  SharingOptions options;
  options.cache = cache_in_memory();
  const auto shared = SharedEmbedder::share(clip, options).value();
  const auto expected = clip->embed_text("a photo of a cat").value();
  std::atomic<int> equal = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back(
          [&] { equal += shared->texts()->embed_text("a photo of a cat") == expected; });
  }
  EXPECT_EQ(equal, 8);
  // The same tokens, so the same row.
  EXPECT_EQ(shared->embed_text("A  photo of a CAT").value(), expected);
  EXPECT_NE(shared->embed_text("a photo of a dog").value(), expected);
  EXPECT_GT(options.cache->statistics().memory_hits, 0U);
  EXPECT_EQ(shared->text_length("a cat")->tokens, clip->text_length("a cat")->tokens);
  EXPECT_EQ(*shared->logit_scale(), *clip->logit_scale());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(shared->embed_text("a bird", stop.get_token()).error().code, ErrorCode::interrupted);
}

// Weights alone do not make a model: another activation gives other numbers from the same file.
TEST_F(SharedClip, ACacheIsNotSharedByModelsThatDifferInTheirConfigurationOnly) {
  const fs::path twin = folder_.path() / "twin";
  fs::copy(golden_, twin, fs::copy_options::recursive);
  std::string config = read_text(twin / "config.json");
  for (std::size_t at = 0; (at = config.find("quick_gelu", at)) != std::string::npos;)
    config.replace(at, 10, "gelu");
  write_text(twin / "config.json", config);
  const std::shared_ptr<const Clip> clip = Clip::load(golden_, Precision::f32).value();
  const std::shared_ptr<const Clip> other = Clip::load(twin, Precision::f32).value();
  ASSERT_EQ(clip->identity().digest, other->identity().digest);
  SharingOptions options;
  options.cache = pool::EmbeddingCache::open({.file = folder_.path() / "e.sqlite"}).value();
  const auto one = SharedEmbedder::share(clip, options).value();
  const auto two = SharedEmbedder::share(other, options).value();
  const std::vector<unsigned> seeds{1};
  const std::vector<float> inputs = prepared(*one, seeds);
  const auto rows = one->embed(inputs).value(), others = two->embed(inputs).value();
  EXPECT_EQ(others, other->embed(inputs).value());
  EXPECT_NE(rows, others);
  EXPECT_NE(one->embed_text("a cat").value(), two->embed_text("a cat").value());
}

TEST_F(SharedClip, ListsItsWeightsAndLeasesItsArena) {
  const std::shared_ptr<const Clip> clip = Clip::load(golden_, Precision::f32).value();
  auto pool = pool::CachePool::create({}).value();
  SharingOptions options;
  options.pool = &pool;
  {
    const auto shared = SharedEmbedder::share(clip, options).value();
    pool::Snapshot snapshot = pool.snapshot();
    ASSERT_EQ(snapshot.external.size(), 1U);
    EXPECT_EQ(snapshot.external[0].cache_id, "vision weights");
    EXPECT_EQ(snapshot.external[0].backing, "mapped file");
    // What is packed is the file's tensors and their padding.
    EXPECT_GT(snapshot.external[0].bytes, 1000U);
    EXPECT_LT(snapshot.external[0].bytes, 4 * fs::file_size(golden_ / "model.safetensors"));
    ASSERT_EQ(snapshot.entries.size(), 1U);
    EXPECT_EQ(snapshot.entries[0].requested,
              std::size_t(clip->preferred_batch()) * clip->input_size() * sizeof(float));
    ASSERT_TRUE(shared->embed_text("a cat"));
    ASSERT_EQ(pool.snapshot().external.size(), 2U);
    EXPECT_EQ(pool.snapshot().external[1].cache_id, "text weights");
  }
  EXPECT_TRUE(pool.snapshot().external.empty());
  EXPECT_EQ(pool.snapshot().devices[0].leased, 0U);
}

}  // namespace
}  // namespace videogen::embed
