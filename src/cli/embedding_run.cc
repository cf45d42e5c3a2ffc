#include "cli/embedding_run.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "coherence/embed_clips.h"
#include "embed/clip.h"
#include "media/picture.h"

namespace videogen::cli {
namespace {

enum class Way { error, picture, clip };

Way way_of(const Input& input) {
  if (input.error) return Way::error;
  return media::is_picture(input.source.path) ? Way::picture : Way::clip;
}

bool describes_nothing(std::span<const float> row) {
  return std::ranges::all_of(row, [](float x) { return x == 0; });
}

// JSON of everything but the row, without the closing brace.
std::string item_head(const Embedding& embedding) {
  using Json = nlohmann::ordered_json;
  Json json{{"input", embedding.input}};
  switch (embedding.kind) {
    case Embedding::Kind::picture:
      json["kind"] = "picture";
      break;
    case Embedding::Kind::clip:
      json["kind"] = "clip";
      break;
    case Embedding::Kind::text:
      json["kind"] = "text";
      break;
  }
  json["time_s"] = embedding.time_s ? Json(*embedding.time_s) : Json(nullptr);
  if (embedding.error) {
    json["error"] = {{"code", name(embedding.error->code)},
                     {"message", embedding.error->message},
                     {"exit_code", exit_status(embedding.error->code)}};
  }
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  return text;
}

}  // namespace

void EmbeddingRun::add_error(const std::string& input, Error error) {
  Embedding embedding;
  embedding.input = input;
  embedding.error = std::move(error);
  embeddings_.push_back(std::move(embedding));
}

void EmbeddingRun::add_inputs(std::span<const Input> inputs) {
  const auto batch = static_cast<std::size_t>(
      embedder_ == nullptr ? 1 : std::max(embedder_->preferred_batch(), 1));
  for (std::size_t begin = 0; begin < inputs.size() && !stop_.stop_requested();) {
    const Way way = way_of(inputs[begin]);
    std::size_t end = begin + 1;
    while (end < inputs.size() && way_of(inputs[end]) == way &&
           (way != Way::picture || end - begin < batch))
      ++end;
    const auto alike = inputs.subspan(begin, end - begin);
    switch (way) {
      case Way::picture:
        add_pictures(alike);
        break;
      case Way::clip:
        add_clips(alike);
        break;
      case Way::error:
        for (const Input& input : alike) add_error(input.source.uri, *input.error);
        break;
    }
    begin = end;
  }
}

void EmbeddingRun::add_pictures(std::span<const Input> inputs) {
  const std::size_t size = embedder_->input_size();
  std::vector<float> prepared;
  std::vector<std::size_t> good;  // positions in embeddings_
  for (const Input& input : inputs) {
    const Result<media::Image> picture = media::read_picture(input.source.path);
    if (!picture) {
      add_error(input.source.uri, picture.error());
      continue;
    }
    prepared.resize(prepared.size() + size);
    embedder_->prepare(*picture, std::span(prepared).last(size));
    good.push_back(embeddings_.size());
    embeddings_.push_back({input.source.uri, Embedding::Kind::picture, {}, {}, {}});
  }
  if (good.empty()) return;
  const Result<std::vector<float>> rows = embedder_->embed(prepared, stop_);
  const std::size_t columns = rows ? rows->size() / good.size() : 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    Embedding& embedding = embeddings_[good[i]];
    if (rows) {
      const auto row = std::span(*rows).subspan(i * columns, columns);
      embedding.row.assign(row.begin(), row.end());
    } else {
      embedding.error = rows.error();
    }
  }
  if (on_progress) on_progress("pictures", static_cast<std::int64_t>(embeddings_.size()), {});
}

void EmbeddingRun::add_clips(std::span<const Input> inputs) {
  std::vector<coherence::Source> sources;
  for (const Input& input : inputs) sources.push_back(input.source);
  std::vector<Embedding> samples;  // of the clip that is being read
  coherence::EmbeddingSink sink;
  sink.sample = [&](double time_s, std::span<const float> row) {
    samples.push_back({"", Embedding::Kind::clip, time_s, {row.begin(), row.end()}, {}});
  };
  sink.clip_done = [&](std::size_t clip, const Result<coherence::SampledClip>& done) {
    const std::string& uri = sources[clip].uri;
    std::vector<Embedding> finished = std::exchange(samples, {});
    if (!done) {
      add_error(uri, done.error());
      embeddings_.back().kind = Embedding::Kind::clip;
      return;
    }
    if (finished.empty()) {
      add_error(uri, Error{ErrorCode::corrupt,
                           fmt::format("cannot embed {}: at {} samples a second it has none "
                                       "(a higher --fps takes more)",
                                       printable(uri), fps_.value()),
                           std::source_location::current()});
      return;
    }
    for (Embedding& sample : finished) sample.input = uri;
    std::ranges::move(finished, std::back_inserter(embeddings_));
  };
  sink.progress = [&](const coherence::Progress& p) {
    if (on_progress) on_progress(sources[p.clip].uri, p.samples, p.total);
  };
  media::ReadOptions options;
  options.sample_rate = fps_;
  coherence::embed_clips(sources, *embedder_, options, sink, stop_);
}

Status EmbeddingRun::add_texts(std::span<const std::string> texts) {
  if (texts.empty() || stop_.stop_requested()) return {};
  const embed::TextEmbedder* const model = embedder_ == nullptr ? nullptr : embedder_->texts();
  if (model == nullptr) {
    return fail(
        ErrorCode::not_found,
        "--text needs a CLIP model (--model DIR or VIDEOGEN_MODEL); GIST sees pictures only");
  }
  for (const std::string& text : texts) {
    VIDEOGEN_TRY(std::vector<float> row, model->embed_text(text, stop_));
    embeddings_.push_back({text, Embedding::Kind::text, {}, std::move(row), {}});
  }
  return {};
}

std::string embeddings_json(std::span<const Embedding> embeddings, const embed::Chosen& chosen) {
  using Json = nlohmann::ordered_json;
  Json embedder = nullptr;
  if (chosen.embedder != nullptr) {
    const embed::Identity& identity = chosen.embedder->identity();
    embedder = {{"name", identity.name},
                {"model", identity.model},
                {"digest", identity.digest},
                {"precision", identity.precision},
                {"dimensions", identity.dimensions},
                {"why", chosen.why}};
  }
  const auto dump = [](const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  std::string text = fmt::format(
      R"({{"schema":"videogen.embeddings/1","embedder":{},"embeddings":[)", dump(embedder));
  for (std::size_t i = 0; i < embeddings.size(); ++i) {
    const Embedding& embedding = embeddings[i];
    const bool absent = embedding.error || describes_nothing(embedding.row);
    text += fmt::format("{}{},\"embedding\":{}}}", i == 0 ? "" : ",", item_head(embedding),
                        absent ? "null" : fmt::format("[{}]", fmt::join(embedding.row, ",")));
  }
  text += fmt::format("],\"notes\":{}}}\n", dump(Json(chosen.notes)));
  return text;
}

}  // namespace videogen::cli
