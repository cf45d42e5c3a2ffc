// What a list shows of a job's result.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "serve/job.h"

namespace videogen::serve {

struct Summary {
  std::string verdict;              // "pass", "fail", "unknown"; empty: there is no report
  std::optional<double> coherence;  // mean similarity of neighbouring samples
  std::string reason;               // the first one why it is not a pass
  std::size_t reasons = 0;
  std::string facts;   // of the clip: "1280 × 720, 8 s, 24 frames/s"
  std::string order;   // of a generation: "MODEL, 2 clips ordered, about 1.20 USD"
  double frame_s = 0;  // how long a frame is shown; 0: not known
  struct Place {
    std::string kind;
    double time_s = 0;
  };
  std::vector<Place> places;  // where something happens in the clip
};

// Of a validation's result, or of the report inside that of another skill. What is not there is
// left empty.
[[nodiscard]] Summary summary_of(const Job& job);

// Results don't change once a job has ended, and a list is asked for often. Thread-safe.
class SummaryCache {
 public:
  explicit SummaryCache(std::size_t most = 1000) : most_(most) {}
  [[nodiscard]] Summary of(const Job& job);

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, Summary, std::less<>> known_;  // by id; guarded
};

}  // namespace videogen::serve
