// The reader over mutated clips that arrive, through a pipe where they fit into one: it gives
// frames, notes or an error, comes back, and loses no byte. The clips to start from are made by
// stream_seeds.sh.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/file.h"
#include "media/frame_reader.h"
#include "media/live_input.h"

namespace {

using videogen::media::FrameReader;
using videogen::media::LiveInput;

constexpr int kMaxFrames = 60;
constexpr std::size_t kPipeHolds = 60'000;

void expect(bool condition) {
  if (!condition) std::abort();
}

int pipe_with(std::span<const std::uint8_t> bytes) {
  std::array<int, 2> ends{};
  expect(::pipe2(ends.data(), O_CLOEXEC) == 0);
  expect(::write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(ends[1]);
  return ends[0];
}

int file_with(std::span<const std::uint8_t> bytes) {
  const int descriptor = ::memfd_create("clip", MFD_CLOEXEC);
  expect(descriptor >= 0 &&
         ::write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
         ::lseek(descriptor, 0, SEEK_SET) == 0);
  return descriptor;
}

void read_all(LiveInput& live) {
  videogen::media::ReadOptions options;
  options.live = &live;
  options.sample_rate = videogen::media::Rational{3, 1};
  options.every_frame = true;
  options.threads = 2;
  options.limits.max_dimension = 512;
  options.limits.max_pixels = 512 * 512;
  options.limits.max_streams = 8;
  options.limits.max_packets_without_frame = 100;
  options.limits.max_time = std::chrono::seconds{5};
  auto reader = FrameReader::open("clip", options);
  if (!reader) {
    expect(!reader.error().message.empty());
    return;
  }
  for (int i = 0; i < kMaxFrames; ++i) {
    const auto frame = reader->next();
    if (!frame || !*frame) break;
    expect((*frame)->index() == i && (*frame)->source_index() == i);
    expect(std::isfinite((*frame)->time_s()));
    const auto image = (*frame)->rgb();
    if (!image) continue;
    expect(image->width <= options.limits.max_dimension &&
           image->height <= options.limits.max_dimension);
  }
  expect(reader->damage().size() <= 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  LiveInput live(size <= kPipeHolds ? pipe_with(bytes) : file_with(bytes), "clip",
                 std::chrono::milliseconds{0});
  expect(live.layout({}).has_value());
  read_all(live);
  videogen::Sha256 sha256;
  sha256.update(std::as_bytes(bytes));
  const auto digest = live.digest({});
  expect(digest && *digest == sha256.hex());
  return 0;
}
