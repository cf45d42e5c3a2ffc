// The reader over mutated clips, sampling and decoding all: it gives frames within the limits,
// notes or an error, and comes back. The clips to start from are made by media_seeds.sh.
#include <sys/mman.h>
#include <unistd.h>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "media/frame_reader.h"

namespace {

using videogen::media::FrameReader;
using videogen::media::Rational;
using videogen::media::ReadOptions;

constexpr int kMaxFrames = 60;  // one frame may be meant to be shown for years

void expect(bool condition) {
  if (!condition) std::abort();
}

void read_all(const std::string& path, const ReadOptions& options) {
  auto reader = FrameReader::open(path, options);
  if (!reader) {
    expect(!reader.error().message.empty());
    return;
  }
  for (int i = 0; i < kMaxFrames; ++i) {
    const auto frame = reader->next();
    if (!frame || !*frame) break;
    expect((*frame)->index() == i && (*frame)->source_index() >= 0);
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
  const int descriptor = ::memfd_create("clip", MFD_CLOEXEC);
  expect(descriptor >= 0 && ::write(descriptor, data, size) == static_cast<ssize_t>(size));
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  ReadOptions options;
  options.threads = 2;
  options.limits.max_dimension = 512;
  options.limits.max_pixels = 512 * 512;
  options.limits.max_streams = 8;
  options.limits.max_packets_without_frame = 100;
  options.limits.max_time = std::chrono::seconds{5};
  read_all(path, options);
  options.sample_rate = Rational{3, 1};
  for (const bool skip : {false, true}) {
    options.skip_unneeded = skip;
    read_all(path, options);
  }
  ::close(descriptor);
  return 0;
}
