// What a vision-language model answers, of any content: an opinion within its bounds, or none.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "generate/judge_reply.h"
#include "generate/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace videogen::generate;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const JudgeReply reply = read_judge_reply(text);
  if (reply.score && !(*reply.score >= 0 && *reply.score <= 10)) std::abort();
  if (unprintable(reply.comment)) std::abort();
  for (const std::string& issue : reply.issues)
    if (issue.empty() || unprintable(issue)) std::abort();
  if (const auto inner = completion_text(text)) (void)read_judge_reply(*inner);
  return 0;
}
