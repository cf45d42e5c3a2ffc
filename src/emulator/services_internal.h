// The services of the emulator: each adds its routes and keeps references to what it is given,
// which outlives it.
#pragma once

#include <filesystem>
#include <string>

#include "emulator/clip_jobs.h"
#include "emulator/keys.h"
#include "emulator/object_store.h"
#include "emulator/routes_internal.h"

namespace videogen::emulator {

// Of the one account that there is.
struct Account {
  std::string project = "videogen-emulator";
  std::string location = "us-central1";
  std::string email = "videogen@videogen-emulator.iam.gserviceaccount.com";
  std::string url;  // "http://127.0.0.1:8080"
  std::chrono::seconds token_lifetime{3600};
};

// Vertex AI: predictLongRunning and fetchPredictOperation of Veo, v1 and v1beta1, with project
// and location in the path or, as with an API key, without.
void mount_veo(Routes& routes, const Account& account, const Keys& keys, ClipJobs& jobs,
               const ObjectStore& objects, const std::filesystem::path& folder);

// /v1/videos, as vLLM-Omni and SGLang serve it: multipart and JSON.
void mount_videos(Routes& routes, ClipJobs& jobs);

// Cloud Storage's JSON API: /storage/v1/b/… and, for STORAGE_EMULATOR_HOST, /b/….
void mount_storage(Routes& routes, const Account& account, const Keys& keys, ObjectStore& objects);
// Its uploads: media, multipart and resumable, whose sessions lie in `folder`.
void mount_uploads(Routes& routes, const Account& account, const Keys& keys, ObjectStore& objects,
                   const std::filesystem::path& folder);

// The token endpoints: OAuth 2 (service accounts, refresh tokens), the metadata server, the
// security token service, impersonation.
void mount_tokens(Routes& routes, const Account& account, const Keys& keys);

// The files that point clients at these endpoints, below `folder` and for their owner alone:
// service-account.json, authorized-user.json, external-account.json, impersonated.json.
// Errors: as AtomicFile.
Status write_credentials(const std::filesystem::path& folder, const Account& account,
                         const Keys& keys);

// Hugging Face's hub with one model, as openai/clip-vit-base-patch32 and videogen/tiny-clip.
// Errors: as read_file; corrupt (no model in the folder).
Status mount_hub(Routes& routes, const Account& account, const std::filesystem::path& model);

// Whether the caller may: an error to answer with, or nothing.
// `required`: Vertex AI turns callers without credentials away, emulated storage does not.
enum class Credentials { required, optional };
[[nodiscard]] std::optional<net::ServerResponse> refuse_caller(const Call& call, const Keys& keys,
                                                               const Account& account, Style style,
                                                               Credentials needed);

[[nodiscard]] nlohmann::json object_resource(const StoredObject& object, const Account& account);
[[nodiscard]] net::ServerResponse precondition_answer(const Error& error);

}  // namespace videogen::emulator
