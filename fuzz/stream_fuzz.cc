// The reader over mutated clips that arrive, through a pipe where they fit into one: it gives
// frames, notes or an error, comes back, and loses no byte. The clips to start from are made by
// stream_seeds.sh.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/file.h"
#include "media/live_input.h"
#include "read_frames.h"

namespace {

using videogen::media::LiveInput;

constexpr std::size_t kPipeHolds = 60'000;

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(data, size);
  LiveInput live(size <= kPipeHolds ? pipe_with(bytes) : file_with(bytes), "clip",
                 std::chrono::milliseconds{0});
  expect(live.layout({}).has_value());
  videogen::media::ReadOptions options = narrow_options();
  options.live = &live;
  options.sample_rate = videogen::media::Rational{3, 1};
  options.every_frame = true;
  read_frames("clip", options);
  videogen::Sha256 sha256;
  sha256.update(std::as_bytes(bytes));
  const auto digest = live.digest({});
  expect(digest && *digest == sha256.hex());
  return 0;
}
