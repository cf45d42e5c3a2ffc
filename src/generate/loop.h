// generate → validate → ask again: until a clip passes or a limit is reached.
//
//   run()     orders clips, waits, fetches, validates; where none passes it asks again with
//             another seed, or with a sentence that the report's reasons suggest; delivers the
//             best clip of all.
//   resume()  takes up what a run left behind that was killed, interrupted or out of time. It
//             orders nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/file.h"
#include "coherence/validate.h"
#include "embed/choose.h"
#include "generate/backend.h"
#include "generate/generation.h"
#include "generate/journal.h"
#include "generate/order.h"
#include "net/timing.h"

namespace videogen::generate {

struct RunOptions {
  Order order{};                   // of the first submit; without a seed one is drawn
  std::filesystem::path output{};  // where the best clip goes
  AtomicFile::Existing existing = AtomicFile::Existing::refuse;
  int candidates = 1;        // side by side in each round
  int max_clips = 3;         // ordered in all
  double max_cost_usd = 10;  // checked before each submit, with what may have been charged
  std::chrono::milliseconds deadline{1'200'000};
  // The longest pause between polls; the first ones are shorter, and all are jittered by 20 %.
  std::chrono::milliseconds poll{10'000};
  // For so long polls may fail in a row.
  std::chrono::milliseconds patience{120'000};
  int requests_per_minute = 0;      // of this project and model, by all processes; 0: no limit
  std::size_t most_prompt = 0;      // characters that the model takes; 0: no limit
  coherence::Options validation{};  // progress and pictures are not used
};

struct ResumeOptions {
  std::string operation{};  // empty: what a run left behind,
  std::string run{};        // this one of the journal; empty: the youngest
  // Empty: where the run would have put it.
  std::filesystem::path output{};
  AtomicFile::Existing existing = AtomicFile::Existing::refuse;
  std::chrono::milliseconds deadline{1'200'000};
  std::chrono::milliseconds poll{10'000};
  std::chrono::milliseconds patience{120'000};
  // Of an operation that is not in the journal; others are validated as their run wanted.
  coherence::Options validation{};
};

// Where a submit is on its way, for progress and telemetry. Each is told before the next begins.
enum class Stage {
  journaled,    // written down, about to be sent
  answered,     // a reply came, and is not yet written down
  submitted,    // the operation's name is on disk
  polled,       // still running
  downloading,  // some bytes came
  fetched,      // all clips of the submit are on disk
  validated,    // one clip was judged
  writing,      // the best clip is about to be put under its name
  ended,        // the attempt is over
};

struct Hooks {
  std::function<void(Stage, const Attempt&)> stage{};
  std::function<void(int percent)> working{};                    // where the service says it
  Fetched fetching{};                                            // bytes of a clip
  std::function<void(const coherence::Progress&)> validating{};  // samples of a clip
  std::function<void(std::string_view line)> says{};             // a line for people
  // A second opinion on a clip: the report with it. Errors: interrupted.
  std::function<Result<coherence::Report>(coherence::Report, const std::filesystem::path& clip,
                                          const std::stop_token&)>
      judge{};
};

// What the functions below work with; all of it lives longer.
struct Means {
  Backend& backend;
  Journal& journal;
  const embed::Chosen& embedder;
  const Hooks& hooks;
  const net::Timing& timing = net::Timing::real();
};

// Never fails without saying so in Generation::error: the attempts until then are in it.
[[nodiscard]] Generation run(const RunOptions& options, const Means& means,
                             const std::stop_token& stop);

// What the journal knows of an order, as its run would tell it.
[[nodiscard]] Attempt attempt_of(const SubmitRecord& submit);

// Which run resume() would take up, so that the caller can bring its back end: nullopt where the
// operation is not in the journal. Errors: not_found (nothing to take up), unwritable.
[[nodiscard]] Result<std::optional<RunRecord>> find_resumable(const Journal& journal,
                                                              const std::string& operation);
[[nodiscard]] Generation resume(const ResumeOptions& options, const Means& means,
                                const std::stop_token& stop);

}  // namespace videogen::generate
