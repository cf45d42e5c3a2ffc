// The verb `generate`: its flags, and how they become a plan.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "cli/backend_flags_internal.h"
#include "cli/embedder_flags_internal.h"
#include "cli/generate_plan.h"
#include "cli/judge_flags_internal.h"
#include "cli/verb_internal.h"
#include "generate/choose.h"
#include "generate/styles.h"

namespace videogen::cli {

class Generate final : public Verb {
 public:
  std::string name() const override { return "generate"; }
  std::string summary() const override {
    return "Ask a video model for a clip until one passes, within a budget";
  }
  std::string arguments() const override { return "\"PROMPT\" -o OUT.mp4"; }
  std::set<std::string> own_tables() const override { return {"models"}; }
  void declare(CLI::App& command) override;
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override;

 private:
  void declare_clip(CLI::App& command);
  void declare_choice(CLI::App& command);
  void declare_limits(CLI::App& command);
  void declare_validation(CLI::App& command);
  Result<int> work(Context& context, const std::vector<std::string>& arguments);
  Result<generate::Models> models() const;
  Result<generate::Wish> wish() const;
  Result<std::optional<generate::Style>> style() const;
  Status set_limits(GeneratePlan& request) const;
  Status set_validation(coherence::Options& options) const;
  Status set_pictures(generate::Order& order) const;
  Status set_order(const std::string& words, GeneratePlan& request, const Context& context) const;
  Status check_price(const generate::Choice& choice, const Context& context) const;
  Status check_places(GeneratePlan& request) const;
  Result<GeneratePlan> resumption(const std::vector<std::string>& arguments) const;

  std::optional<std::string> seconds_, aspect_, resolution_, seed_, negative_, image_, last_frame_;
  std::optional<std::string> style_, priority_, model_, usd_per_second_;
  std::optional<std::string> max_cost_, resume_, output_, styles_;
  std::vector<std::string> references_;
  std::string candidates_ = "1", max_clips_ = "3", deadline_ = "1200";
  bool no_audio_ = false, dry_run_ = false, list_models_ = false;
  bool json_ = false, quiet_ = false, force_ = false;
  std::optional<std::string> copy_to_;
  std::string fps_ = "1", threshold_ = "0.85";
  bool multi_shot_ = false;
  BackendFlags backend_;
  EmbedderFlags embedder_;
  JudgeFlags judge_;
  std::string config_;
};

}  // namespace videogen::cli
