// What `generate` was asked to do, checked against the table of models, and how that reads before
// it is done.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "cli/judge_flags_internal.h"
#include "coherence/validate.h"
#include "generate/choose.h"
#include "generate/order.h"
#include "generate/videos.h"

namespace videogen::cli {

struct GeneratePlan {
  generate::Order order;  // samples: 1; `candidates` says how many are wanted
  std::string words;      // the caller's own
  std::string why;        // why this model
  std::string price_from;
  std::optional<int> fps;                  // of the model
  std::optional<int> requests_per_minute;  // of its quota
  std::size_t most_prompt = 0;             // characters that it takes; 0: no known limit

  std::filesystem::path output;  // empty under --dry-run only
  AtomicFile::Existing existing = AtomicFile::Existing::refuse;
  std::string copy_to;      // "gs://bucket/object": where it is stored, too; empty: nowhere
  std::string backend_url;  // empty: the back end's own
  std::string storage_uri;  // "gs://bucket/prefix/" for Veo's results; empty: they come inline
  generate::VideosOptions::Body body = generate::VideosOptions::Body::multipart;
  int candidates = 1;  // clips at once
  int max_clips = 3;
  double max_cost_usd = 10;
  std::chrono::milliseconds deadline{1'200'000};
  std::chrono::milliseconds poll{10'000};
  // Take up what runs already instead of asking anew: this operation, or all if it is empty.
  std::optional<std::string> resume;
  std::optional<JudgeRequest> judge;
  coherence::Options validation;  // of each clip; its prompt are the caller's words
  bool json = false, quiet = false;

  // Of the clips that are asked for at once; nullopt: not known.
  [[nodiscard]] std::optional<double> round_cost_usd() const;
};

// Before a submit. Errors: budget (a round costs more than the limit).
[[nodiscard]] Status check_budget(const GeneratePlan& request);

// What --dry-run prints.
[[nodiscard]] std::string plan_text(const GeneratePlan& request);
[[nodiscard]] std::string plan_json(const GeneratePlan& request);
// What --json prints where nothing was asked of anybody.
[[nodiscard]] std::string refusal_json(const Error& error);

}  // namespace videogen::cli
