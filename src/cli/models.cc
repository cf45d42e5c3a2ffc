#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/verb_internal.h"
#include "embed/choose.h"
#include "embed/clip.h"

namespace videogen::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Of the weights in a folder; links (as in a Hugging Face cache) are followed.
std::uintmax_t weight_bytes(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string extension = entry->path().extension().string();
    if (extension != ".safetensors" && extension != ".bin") continue;
    std::error_code no_size;
    const std::uintmax_t size = entry->file_size(no_size);
    if (!no_size) bytes += size;
  }
  return bytes;
}

class ModelsList final : public Verb {
 public:
  std::string name() const override { return "models list"; }
  std::string summary() const override { return "CLIP models that --embedder auto would find"; }
  std::string arguments() const override { return ""; }
  void declare(CLI::App& command) override {
    command.add_flag("--json", json_, "One JSON document");
    command.footer(
        "Looks at VIDEOGEN_MODEL, then at the Hugging Face cache (HF_HUB_CACHE, HF_HOME/hub,\n"
        "~/.cache/huggingface/hub). The first one is what `validate` takes.\n\n"
        "Example: videogen models list");
  }
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override {
    if (!arguments.empty()) return fail(ErrorCode::usage, "models list takes no arguments");
    const std::vector<embed::FoundModel> models = embed::find_models();
    VIDEOGEN_TRY(context.console.write(json_ ? json(models) : text(models)));
    return 0;
  }

 private:
  static std::string json(const std::vector<embed::FoundModel>& models) {
    Json list = Json::array();
    for (const embed::FoundModel& model : models)
      list.push_back({{"name", model.name},
                      {"folder", model.folder.string()},
                      {"origin", model.origin},
                      {"weight_bytes", weight_bytes(model.folder)}});
    return dump({{"schema", "videogen.models/1"}, {"models", list}});
  }
  static std::string text(const std::vector<embed::FoundModel>& models) {
    if (models.empty())
      return "no CLIP model found: `validate` judges with GIST, which needs none "
             "(`models pull openai/clip-vit-base-patch32` fetches one, --model DIR names one)\n";
    std::string lines;
    for (const embed::FoundModel& model : models)
      lines += fmt::format("{}  {:.1f} MB  {}  ({})\n", printable(model.name),
                           static_cast<double>(weight_bytes(model.folder)) / 1e6,
                           printable(model.folder.string()), model.origin);
    return lines;
  }

  bool json_ = false;
};

// What was measured on a model that has been loaded.
struct Facts {
  embed::Identity identity;
  std::size_t input_floats = 0;
  std::string note;
};

Status check_unit(const std::vector<float>& row, int dimensions, std::string_view of) {
  const double length = std::sqrt(std::transform_reduce(
      row.begin(), row.end(), 0.0, std::plus<>(), [](float x) { return double(x) * double(x); }));
  if (static_cast<int>(row.size()) == dimensions && std::abs(length - 1) < 1e-3) return {};
  return fail(ErrorCode::corrupt,
              fmt::format("the model's embedding of {} has {} numbers of length {}, not {} of "
                          "length 1",
                          of, row.size(), length, dimensions));
}

// Both towers once, on a picture with some contrast and a short text.
Result<Facts> verify(const fs::path& folder, std::stop_token stop) {
  VIDEOGEN_TRY(const auto clip, embed::Clip::load(folder, embed::Precision::automatic, stop));
  const Facts facts{clip->identity(), clip->input_size(), clip->fallback_note()};
  media::Image picture(64, 64);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i)
    picture.rgb[i] = static_cast<std::uint8_t>(i * 7 % 251);
  std::vector<float> input(clip->input_size());
  clip->prepare(picture, input);
  VIDEOGEN_TRY(const std::vector<float> seen, clip->embed(input, stop));
  VIDEOGEN_TRY(check_unit(seen, facts.identity.dimensions, "a picture"));
  VIDEOGEN_TRY(const std::vector<float> read, clip->embed_text("a photo of a cat", stop));
  VIDEOGEN_TRY(check_unit(read, facts.identity.dimensions, "a text"));
  return facts;
}

class ModelsVerify final : public Verb {
 public:
  std::string name() const override { return "models verify"; }
  std::string summary() const override { return "Load a CLIP model, check it, tell what it is"; }
  std::string arguments() const override { return "DIR"; }
  void declare(CLI::App& command) override {
    command.add_flag("--json", json_, "One JSON document");
    command.footer("Example: videogen models verify ~/models/clip-vit-base-patch32");
  }
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override {
    if (arguments.size() != 1)
      return fail(ErrorCode::usage,
                  "models verify needs one folder, as: videogen models verify DIR");
    VIDEOGEN_TRY(const Facts facts, verify(arguments.front(), context.interruption.token()));
    VIDEOGEN_TRY(context.console.write(json_ ? json(facts) : text(facts)));
    return 0;
  }

 private:
  static std::string json(const Facts& facts) {
    return dump({{"schema", "videogen.model/1"},
                 {"model", facts.identity.model},
                 {"digest", facts.identity.digest},
                 {"precision", facts.identity.precision},
                 {"dimensions", facts.identity.dimensions},
                 {"input_floats", facts.input_floats},
                 {"note", facts.note.empty() ? Json(nullptr) : Json(facts.note)}});
  }
  static std::string text(const Facts& facts) {
    // Three planes of a square picture.
    const auto side =
        static_cast<int>(std::lround(std::sqrt(static_cast<double>(facts.input_floats) / 3)));
    return fmt::format(
        "good  {}\n  digest      {}\n  embedding   {} numbers\n  picture     {}x{}\n"
        "  precision   {}\n{}",
        printable(facts.identity.model), facts.identity.digest, facts.identity.dimensions, side,
        side, facts.identity.precision,
        facts.note.empty() ? "" : fmt::format("  note: {}\n", printable(facts.note)));
  }

  bool json_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_models_list() { return std::make_unique<ModelsList>(); }
std::unique_ptr<Verb> make_models_verify() { return std::make_unique<ModelsVerify>(); }

}  // namespace videogen::cli
