// Models of a Hugging Face hub, into the cache that Hugging Face's own tools share.
//
//   CACHE/models--ORG--NAME/blobs/DIGEST                  the files, by their digest
//                          /snapshots/COMMIT/NAME         links to them
//                          /refs/main                     the commit
// as huggingface_hub lays it out ("Understand caching" in its documentation).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/http_client.h"
#include "net/retry.h"
#include "net/secret.h"

namespace videogen::net {

struct HubFile {
  std::string name;
  std::optional<std::uint64_t> size;
  // SHA-256 where the file lies in LFS (64 digits), else git's SHA-1 of it as a blob (40); empty
  // where the listing does not say.
  std::string digest;
};

struct HubListing {
  std::string commit;  // 40 hexadecimal digits
  std::vector<HubFile> files;
};
// Of /api/models/NAME/revision/REVISION?blobs=true. Names that could lead out of a folder are
// left out. Errors: corrupt, naming `of`.
[[nodiscard]] Result<HubListing> parse_hub_listing(std::string_view json, std::string_view of);

// Which files a CLIP model needs: its configurations, its tokenizer, and its weights from the
// first of model.safetensors, model.safetensors.index.json (whose shards are not known yet) and
// pytorch_model.bin that is there.
// Errors: unsupported (something that it cannot do without is missing, by name).
[[nodiscard]] Result<std::vector<HubFile>> files_of_clip(const HubListing& listing,
                                                         std::string_view of);
// The shards that a model.safetensors.index.json names, from the listing. Errors: corrupt.
[[nodiscard]] Result<std::vector<HubFile>> shards_of(std::string_view index_json,
                                                     const HubListing& listing,
                                                     std::string_view of);

struct HubOptions {
  std::string endpoint = "https://huggingface.co";
  Secret token{};  // sent to the endpoint only
  bool offline = false;
  RetryPolicy retries{.most_attempts = 4};

  // HF_ENDPOINT; HF_TOKEN, else the file HF_TOKEN_PATH, else HF_HOME/token; HF_HUB_OFFLINE.
  // Errors: usage (an endpoint that is no address).
  static Result<HubOptions> from_environment();
};

struct HubModel {
  std::string name;  // "openai/clip-vit-base-patch32"
  std::string revision = "main";
};
// Of "NAME" or "NAME@REVISION". Errors: usage.
[[nodiscard]] Result<HubModel> parse_hub_model(std::string_view text);

struct PulledModel {
  std::filesystem::path folder;  // of the snapshot
  std::string commit;
  std::vector<std::string> files;
  std::uint64_t bytes = 0;    // of them all
  std::uint64_t fetched = 0;  // now
};

// What a CLIP model needs, into `cache`. What is there already is not fetched, what an earlier
// run began goes on, and what another program fetches into the same cache is waited for. The
// snapshot appears when all of its files are there and have the size and the digest that the hub
// says. `progress` is told the file and the bytes of all files, done and in all.
// Errors: usage (offline), not_found and unreachable (no such model; private without a token;
// network), unsupported (no CLIP model), corrupt (a digest, an answer), unwritable (also where the
// disk has too little room, before anything large is fetched), interrupted.
using PullProgress =
    std::function<void(std::string_view file, std::uint64_t done, std::uint64_t total)>;
[[nodiscard]] Result<PulledModel> pull_model(const HttpClient& client, const HubOptions& options,
                                             const HubModel& model,
                                             const std::filesystem::path& cache,
                                             const PullProgress& progress,
                                             const std::stop_token& stop,
                                             const Timing& timing = Timing::real());

}  // namespace videogen::net
