// What a vision-language model says about a clip: an opinion, asked of a server that speaks
// OpenAI's chat completions (SAIL-VL2, Qwen-VL on vLLM, …).
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/error.h"
#include "coherence/opinion.h"
#include "media/image.h"
#include "net/http_client.h"
#include "net/secret.h"

namespace videogen::generate {

struct JudgeOptions {
  std::string url{};    // "http://127.0.0.1:8000", with or without /v1 or /v1/chat/completions
  std::string model{};  // as the server calls it
  net::Secret key{};    // a bearer token; empty: none
  int frames = 6;       // 4…8, evenly spread
  enum class Layout {
    frames,         // one picture each
    contact_sheet,  // all in one picture, row by row: for models that take one only
  } layout = Layout::frames;
  std::chrono::milliseconds deadline{180'000};  // of the whole request
  std::string traceparent{};                    // sent along; empty: none
};

// Pictures are at most so large, either side.
inline constexpr int kJudgePixels = 448;

// Frames out, nothing of the clip else; asked once. `prompt` is what the clip should show; empty:
// it is judged by itself. A reply without a score is an opinion without one.
// Errors: usage (an address that is none, frames out of range); as media::FrameReader;
// unreachable, not_found, budget (as net::http_error); corrupt (no chat completion).
[[nodiscard]] Result<coherence::Opinion> ask_judge(const std::filesystem::path& clip,
                                                   std::string_view prompt,
                                                   const JudgeOptions& options,
                                                   const net::HttpClient& client,
                                                   const std::stop_token& stop = {});

// "http://host:8000/v1/chat/completions". Errors: usage.
[[nodiscard]] Result<std::string> judge_address(std::string_view url);

}  // namespace videogen::generate
