// Replies of Veo and of /v1/videos over any bytes: each is read as an end, as "still running" or
// as an error of one line, and says the same when it is read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "generate/support_codes.h"
#include "generate/veo.h"
#include "generate/videos.h"

namespace {

using videogen::generate::Poll;

void expect(bool condition) {
  if (!condition) std::abort();
}

void check(const videogen::Result<Poll>& poll, const videogen::Result<Poll>& again) {
  expect(poll.has_value() == again.has_value());
  if (!poll) {
    expect(!poll.error().message.empty() && poll.error().message.find('\n') == std::string::npos);
    return;
  }
  expect(poll->state == again->state && poll->message == again->message);
  const bool has_clips = poll->state == Poll::State::done || poll->state == Poll::State::partial;
  expect(poll->clips.empty() != has_clips);
  // Whoever reads the line has a terminal.
  for (const unsigned char c : poll->message) expect(c >= ' ' && c != 0x7f);
  const bool says = poll->state != Poll::State::running && poll->state != Poll::State::done;
  expect(!says || !poll->message.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::generate;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const int samples = 1 + data[0] % 4;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check(read_veo_operation(text, samples), read_veo_operation(text, samples));
  check(read_video(text), read_video(text));
  expect(read_video_id(text).size() <= 512);
  const auto operation = parse_veo_operation(text);
  // It becomes a path.
  if (operation) expect(operation->path.find_first_of("?#%\\ \n") == std::string::npos);
  (void)explained(support_codes_of(text));
  return 0;
}
