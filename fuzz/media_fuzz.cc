// The reader over mutated clips, sampling and decoding all: it gives frames within the limits,
// notes or an error, and comes back. The clips to start from are made by media_seeds.sh.
#include <sys/mman.h>
#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <string>

#include "read_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int descriptor = ::memfd_create("clip", MFD_CLOEXEC);
  expect(descriptor >= 0 && ::write(descriptor, data, size) == static_cast<ssize_t>(size));
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  videogen::media::ReadOptions options = narrow_options();
  read_frames(path, options);
  options.sample_rate = videogen::media::Rational{3, 1};
  for (const bool skip : {false, true}) {
    options.skip_unneeded = skip;
    read_frames(path, options);
  }
  ::close(descriptor);
  return 0;
}
