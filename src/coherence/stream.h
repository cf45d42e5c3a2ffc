// Validating a clip while it arrives: samples and events as they come, then the report.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "base/error.h"
#include "coherence/event_watch.h"
#include "coherence/validate.h"

namespace videogen::coherence {

struct StreamedSample {
  std::int64_t index = 0;
  double time_s = 0;
  std::optional<double> similarity;  // to the sample before; absent for the first, and as in Report
  bool flagged = false;              // under the threshold
};

enum class Until {
  end,
  // The first thing that fails the clip whatever follows: an event that is a defect (full), a
  // flagged pair (quick; in multi-shot two in a row, for one may be a cut).
  first_failure
};

// All are called from the calling thread; each may be empty.
struct StreamSink {
  std::function<void(const StreamedSample&)> sample{};
  std::function<void(const ToldEvent&)> event{};
};

// The report is that of validate() over the same bytes; with Until::first_failure of what was
// read until then, and a note says where that ended. source.live may be null: the file is
// there. A live source that is a file is opened once more at the end for what only a whole file
// tells, as its duration. Sampling is fixed. Errors: as validate(); usage,
// too, with Options::vbench, which reads a clip twice.
[[nodiscard]] Result<Report> validate_stream(const Source& source, const embed::Chosen& embedder,
                                             const Options& options, Until until,
                                             const StreamSink& sink, std::stop_token stop = {});

}  // namespace videogen::coherence
