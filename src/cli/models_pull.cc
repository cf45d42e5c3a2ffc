#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/verb_internal.h"
#include "embed/choose.h"
#include "net/hub.h"

namespace videogen::cli {
namespace {

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

class ModelsPull final : public Verb {
 public:
  std::string name() const override { return "models pull"; }
  std::string summary() const override { return "Fetch a CLIP model from the Hugging Face hub"; }
  std::string arguments() const override { return "NAME[@REVISION]"; }
  void declare(CLI::App& command) override {
    command.add_flag("--json", json_, "One JSON document");
    command.add_flag("--quiet", quiet_, "No text and no progress bar");
    command.footer(
        "Into the cache that Hugging Face's own tools share (HF_HUB_CACHE, HF_HOME/hub,\n"
        "~/.cache/huggingface/hub), where `validate` finds it. Only what is needed is fetched, "
        "what\n"
        "an earlier run began goes on, and size and digest of each file are checked. HF_ENDPOINT\n"
        "names another hub; HF_TOKEN is for private models.\n\n"
        "Example: videogen models pull openai/clip-vit-base-patch32");
  }
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override {
    if (arguments.size() != 1)
      return fail(ErrorCode::usage,
                  "models pull needs one model, as: videogen models pull "
                  "openai/clip-vit-base-patch32");
    VIDEOGEN_TRY(const net::HubModel model, net::parse_hub_model(arguments.front()));
    VIDEOGEN_TRY(const net::HubOptions options, net::HubOptions::from_environment());
    const std::filesystem::path cache = embed::model_cache();
    if (cache.empty())
      return fail(ErrorCode::usage, "there is no folder for models: HF_HOME or HOME names one");
    if (quiet_) context.console.set_bar(Console::Bar::hidden);
    const net::HttpClient client;
    const auto progress = [&](std::string_view file, std::uint64_t done, std::uint64_t total) {
      constexpr std::uint64_t kMegabyte = 1'000'000;
      // One bar for all files.
      (void)file;
      context.console.progress(model.name, "MB", static_cast<std::int64_t>(done / kMegabyte),
                               static_cast<std::int64_t>(total / kMegabyte));
    };
    VIDEOGEN_TRY(
        const net::PulledModel pulled,
        net::pull_model(client, options, model, cache, progress, context.interruption.token()));
    if (json_) {
      VIDEOGEN_TRY(context.console.write(json(model, pulled)));
    } else if (!quiet_) {
      VIDEOGEN_TRY(context.console.write(text(model, pulled)));
    }
    return 0;
  }

 private:
  static std::string json(const net::HubModel& model, const net::PulledModel& pulled) {
    using Json = nlohmann::ordered_json;
    const Json document{{"schema", "videogen.pull/1"},
                        {"model", model.name},
                        {"revision", model.revision},
                        {"commit", pulled.commit},
                        {"folder", pulled.folder.string()},
                        {"files", pulled.files},
                        {"bytes", pulled.bytes},
                        {"fetched_bytes", pulled.fetched}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  static std::string text(const net::HubModel& model, const net::PulledModel& pulled) {
    const std::vector<embed::FoundModel> found = embed::find_models();
    const bool first = !found.empty() && found.front().folder == pulled.folder;
    const std::string folder = printable(pulled.folder.string());
    return fmt::format(
        "{} at {}: {} files, {:.1f} MB, of which {:.1f} MB were fetched now\n  {}\n  {}\n",
        model.name, pulled.commit.substr(0, 12), pulled.files.size(), megabytes(pulled.bytes),
        megabytes(pulled.fetched), folder,
        first ? "`validate` takes it from now on"
              : fmt::format("`validate --model {}` takes it", folder));
  }

  bool json_ = false, quiet_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_models_pull() { return std::make_unique<ModelsPull>(); }

}  // namespace videogen::cli
