#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/embedder_flags_internal.h"
#include "cli/embedding_run.h"
#include "cli/inputs.h"
#include "cli/numbers.h"
#include "cli/output_file.h"
#include "cli/remote_flags_internal.h"
#include "cli/verb_internal.h"
#include "embed/npy.h"

namespace videogen::cli {
namespace {

class Embed final : public Verb {
 public:
  std::string name() const override { return "embed"; }
  std::string summary() const override { return "Pictures, clips and texts as unit vectors"; }
  std::string arguments() const override { return "INPUT…"; }
  void declare(CLI::App& command) override;
  Result<int> run(Context& context, const std::vector<std::string>& arguments) override;

 private:
  Result<int> write(const EmbeddingRun& work, const embed::Chosen& chosen, Context& context) const;

  std::string fps_ = "1";
  EmbedderFlags embedder_;
  RemoteFlags remote_;
  std::vector<std::string> texts_;
  std::string output_;
  bool force_ = false, quiet_ = false;
  std::string config_;
};

void Embed::declare(CLI::App& command) {
  command.add_option("--text", texts_, "A text to embed (CLIP only); may be given several times")
      ->type_name("T")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("-o,--output", output_, "NumPy file, float32, one row each; else JSON is printed")
      ->type_name("FILE.npy");
  command.add_flag("--force", force_, "Replace FILE.npy if it exists");
  command.add_option("--fps", fps_, "Samples a second of a clip")
      ->type_name("R")
      ->envname("VIDEOGEN_FPS")
      ->capture_default_str();
  embedder_.declare(command);
  remote_.declare(command);
  command.add_flag("--quiet", quiet_, "No progress bar");
  command.add_option("--config", config_, "TOML file with a table [embed] of these flags")
      ->type_name("FILE")
      ->envname("VIDEOGEN_CONFIG");
  command.footer(
      "INPUT is a picture (PNG, JPEG), a clip (one row a sample), a folder of clips, an address "
      "of\n"
      "one (http://, https://, gs://), or -.\n"
      "Rows come in the order of the inputs, then of the texts. FILE.npy is written only if all\n"
      "of them could be embedded. A flat picture has no GIST: null in JSON, zeros in FILE.npy.\n\n"
      "Example: videogen embed --fps 2 clip.mp4 -o clip.npy");
}

Result<int> Embed::run(Context& context, const std::vector<std::string>& arguments) {
  VIDEOGEN_TRY(const media::Rational fps, parse_rate("--fps", fps_));
  VIDEOGEN_TRY(embedder_.check());
  if (arguments.empty() && texts_.empty())
    return fail(ErrorCode::usage, "embed needs an input or --text, as: videogen embed picture.png");
  const auto existing = force_ ? AtomicFile::Existing::replace : AtomicFile::Existing::refuse;
  if (!output_.empty()) VIDEOGEN_TRY(check_output(output_, existing));
  if (quiet_) context.console.set_bar(Console::Bar::hidden);

  const std::stop_token stop = context.interruption.token();
  VIDEOGEN_TRY(net::RemoteInputs remote, remote_.inputs(context));
  VIDEOGEN_TRY(const std::vector<Input> inputs, resolve_inputs(arguments, remote, stop));
  const bool nothing_to_do = texts_.empty() && std::ranges::all_of(inputs, [](const Input& input) {
                               return input.error.has_value();
                             });
  embed::Chosen chosen;
  if (!nothing_to_do) {
    VIDEOGEN_TRY(chosen, embedder_.choose(context));
  }
  EmbeddingRun work(chosen.embedder.get(), fps, stop);
  work.on_progress = [&](std::string_view what, std::int64_t done,
                         std::optional<std::int64_t> total) {
    context.console.progress(what, "samples", done, total);
  };
  work.add_inputs(inputs);
  VIDEOGEN_TRY(work.add_texts(texts_));
  if (stop.stop_requested()) return fail(ErrorCode::interrupted, "interrupted");
  return write(work, chosen, context);
}

Result<int> Embed::write(const EmbeddingRun& work, const embed::Chosen& chosen,
                         Context& context) const {
  int status = 0;
  for (const Embedding& embedding : work.embeddings())
    if (embedding.error)
      status = worse_exit_status(status, context.console.error(*embedding.error));
  if (output_.empty()) {
    VIDEOGEN_TRY(context.console.write(embeddings_json(work.embeddings(), chosen)));
    return status;
  }
  if (status != 0) return status;
  std::vector<float> rows;
  for (const Embedding& embedding : work.embeddings())
    rows.insert(rows.end(), embedding.row.begin(), embedding.row.end());
  const auto columns = static_cast<std::size_t>(chosen.embedder->identity().dimensions);
  VIDEOGEN_TRY(
      embed::write_npy(output_, rows, work.embeddings().size(), columns,
                       force_ ? AtomicFile::Existing::replace : AtomicFile::Existing::refuse));
  return status;
}

}  // namespace

std::unique_ptr<Verb> make_embed() { return std::make_unique<Embed>(); }

}  // namespace videogen::cli
