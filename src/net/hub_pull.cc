#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "net/address.h"
#include "net/blob_internal.h"
#include "net/form.h"
#include "net/hub.h"

namespace videogen::net {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kMostListing = std::size_t{32} << 20;
constexpr std::size_t kMostConfiguration = std::size_t{32} << 20;

class Pull {
 public:
  Pull(const HttpClient& client, const HubOptions& options, const HubModel& model,
       const fs::path& cache, const PullProgress& progress, const std::stop_token& stop,
       const Timing& timing)
      : client_(client),
        options_(options),
        model_(model),
        progress_(progress),
        stop_(stop),
        timing_(timing),
        shown_(model.revision == "main" ? model.name
                                        : fmt::format("{}@{}", model.name, model.revision)),
        repository_(cache / folder_name(model.name)) {}

  Result<PulledModel> run() {
    if (options_.offline)
      return fail(ErrorCode::usage, "HF_HUB_OFFLINE is set: nothing is fetched from a hub");
    VIDEOGEN_TRY(const HubListing listing, list());
    pulled_.commit = listing.commit;
    VIDEOGEN_TRY(std::vector<HubFile> files, files_of_clip(listing, shown_));
    // The configuration first: whether it is a CLIP model at all is known before much is fetched.
    VIDEOGEN_TRY(fetch(files.front()));
    VIDEOGEN_TRY(check_type(files.front()));
    if (files.back().name == "model.safetensors.index.json") {
      VIDEOGEN_TRY(fetch(files.back()));
      VIDEOGEN_TRY(const std::string index, read_file(blob_path(files.back()), kMostConfiguration));
      VIDEOGEN_TRY(const std::vector<HubFile> shards, shards_of(index, listing, shown_));
      files.insert(files.end(), shards.begin(), shards.end());
    }
    for (HubFile& file : files) VIDEOGEN_TRY(complete(file));
    for (const HubFile& file : files) total_ += *file.size;
    VIDEOGEN_TRY(check_room(files));
    done_ = 0;
    for (HubFile& file : files) {
      VIDEOGEN_TRY(fetch(file));
      done_ += *file.size;
      pulled_.files.push_back(file.name);
    }
    pulled_.bytes = total_;
    VIDEOGEN_TRY(link(files));
    VIDEOGEN_TRY(write_reference());
    return std::move(pulled_);
  }

 private:
  static std::string folder_name(std::string name) {
    if (const std::size_t slash = name.find('/'); slash != std::string::npos)
      name.replace(slash, 1, "--");
    return "models--" + name;
  }

  [[nodiscard]] Request request(std::string url) const {
    Request made{.url = std::move(url)};
    made.most_redirects = 10;
    if (!options_.token.empty())
      made.secret_headers = {{"Authorization", "Bearer ", options_.token}};
    return made;
  }

  [[nodiscard]] std::string file_url(const HubFile& file) const {
    return fmt::format("{}/{}/resolve/{}/{}", options_.endpoint, model_.name, pulled_.commit,
                       percent_encoded(file.name));
  }
  [[nodiscard]] fs::path blob_path(const HubFile& file) const {
    return repository_ / "blobs" / file.digest;
  }

  [[nodiscard]] Error refused(const Response& response) const {
    Error error = http_error("find " + shown_, response);
    if (response.status == 401 || response.status == 403)
      error.message += options_.token.empty()
                           ? " (there is no such model, or it is private: HF_TOKEN names a token)"
                           : " (the token that was sent gives no access to such a model)";
    return error;
  }

  Result<HubListing> list() {
    Request asked =
        request(fmt::format("{}/api/models/{}/revision/{}?blobs=true", options_.endpoint,
                            model_.name, percent_encoded(model_.revision)));
    asked.most_bytes = kMostListing;
    VIDEOGEN_TRY(const Response response,
                 with_retries([&] { return client_.send(asked, stop_); }, Repeat::harmless,
                              options_.retries, stop_, timing_));
    if (response.status != 200) return tl::unexpected(refused(response));
    return parse_hub_listing(response.body, shown_);
  }

  // Size and digest of a file whose listing lacks them: its own headers have them.
  Status complete(HubFile& file) const {
    if (file.size && !file.digest.empty()) return {};
    Request asked = request(file_url(file));
    asked.method = "HEAD";
    // The first answer is the hub's own; where it redirects to has none of these.
    asked.most_redirects = 0;
    VIDEOGEN_TRY(const Response response,
                 with_retries([&] { return client_.send(asked, stop_); }, Repeat::harmless,
                              options_.retries, stop_, timing_));
    if (response.status >= 400) return tl::unexpected(refused(response));
    const auto field = [&](const char* linked, const char* plain) {
      return response.headers.first(linked).value_or(response.headers.first(plain).value_or(""));
    };
    std::string tag = field("X-Linked-Etag", "ETag");
    if (tag.starts_with("W/")) tag.erase(0, 2);
    std::erase(tag, '"');
    const bool digits = tag.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (digits && (tag.size() == 40 || tag.size() == 64)) file.digest = tag;
    const std::string size = field("X-Linked-Size", "Content-Length");
    std::uint64_t bytes = 0;
    const auto read = std::from_chars(size.data(), size.data() + size.size(), bytes);
    if (read.ec == std::errc() && read.ptr == size.data() + size.size()) file.size = bytes;
    if (!file.size || file.digest.empty())
      return fail(
          ErrorCode::corrupt,
          fmt::format("{}: the hub gives no size and digest of {}, so it could not be checked",
                      shown_, file.name));
    return {};
  }

  Status fetch(HubFile& file) {
    VIDEOGEN_TRY(complete(file));
    const auto told = [&](std::uint64_t have) {
      if (progress_) progress_(file.name, done_ + have, std::max(total_, *file.size));
    };
    told(0);
    const Blob blob{fmt::format("{} of {}", file.name, shown_), *file.size, file.digest};
    VIDEOGEN_TRY(const std::uint64_t fetched,
                 fetch_blob(client_, request(file_url(file)), blob, repository_, options_.retries,
                            told, stop_, timing_));
    pulled_.fetched += fetched;
    told(*file.size);
    return {};
  }

  [[nodiscard]] Status check_type(const HubFile& config) const {
    VIDEOGEN_TRY(const std::string text, read_file(blob_path(config), kMostConfiguration));
    const Json json = Json::parse(text, nullptr, false);
    const Json type = json.is_object() ? json.value("model_type", Json("clip")) : Json();
    if (type == Json("clip")) return {};
    return fail(ErrorCode::unsupported, fmt::format("{} is no CLIP model: its model_type is {}",
                                                    shown_, printable(type.dump(), 60)));
  }

  // Before hundreds of megabytes are fetched for nothing.
  [[nodiscard]] Status check_room(const std::vector<HubFile>& files) const {
    std::uint64_t needed = 0;
    for (const HubFile& file : files) {
      std::error_code error;
      fs::path partial = blob_path(file);
      if (fs::exists(partial, error)) continue;
      partial += ".incomplete";
      const std::uintmax_t have = fs::file_size(partial, error);
      needed += *file.size - (error ? 0 : std::min<std::uint64_t>(have, *file.size));
    }
    struct statvfs volume {};
    if (::statvfs(repository_.c_str(), &volume) != 0) return {};
    const std::uint64_t room = std::uint64_t{volume.f_bavail} * volume.f_frsize;
    if (room >= needed) return {};
    return fail(
        ErrorCode::unwritable,
        fmt::format("{} needs {} MB more in {}, which has room for {} MB", shown_,
                    needed / 1'000'000 + 1, printable(repository_.string()), room / 1'000'000));
  }

  // All links at once where the snapshot is new; else what it lacks.
  Status link(const std::vector<HubFile>& files) {
    const fs::path snapshot = repository_ / "snapshots" / pulled_.commit;
    pulled_.folder = snapshot;
    std::error_code error;
    fs::create_directories(snapshot.parent_path(), error);
    if (error) return tl::unexpected(file_error("create", snapshot, error.value()));
    if (!fs::exists(snapshot, error)) {
      const fs::path made = repository_ / fmt::format(".{}.{}", pulled_.commit, ::getpid());
      fs::create_directory(made, error);
      Status status = link_into(made, files);
      if (status) fs::rename(made, snapshot, error);
      // Another program may have made it meanwhile.
      if (!status || error) fs::remove_all(made, error);
      if (!status) return status;
    }
    return link_into(snapshot, files);
  }

  static Status link_into(const fs::path& folder, const std::vector<HubFile>& files) {
    for (const HubFile& file : files) {
      const fs::path target = fs::path("..") / ".." / "blobs" / file.digest;
      std::error_code error;
      if (fs::read_symlink(folder / file.name, error) == target) continue;
      const fs::path fresh = folder / fmt::format(".{}.{}", file.name, ::getpid());
      fs::create_symlink(target, fresh, error);
      if (!error) fs::rename(fresh, folder / file.name, error);
      if (error) return tl::unexpected(file_error("create", folder / file.name, error.value()));
    }
    return {};
  }

  [[nodiscard]] Status write_reference() const {
    if (model_.revision == pulled_.commit) return {};
    const fs::path path = repository_ / "refs" / model_.revision;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return tl::unexpected(file_error("create", path, error.value()));
    VIDEOGEN_TRY(AtomicFile file, AtomicFile::create(path, AtomicFile::Existing::replace));
    VIDEOGEN_TRY(file.write(pulled_.commit));
    return file.commit();
  }

  const HttpClient& client_;
  const HubOptions& options_;
  const HubModel& model_;
  const PullProgress& progress_;
  const std::stop_token& stop_;
  const Timing& timing_;
  const std::string shown_;
  const fs::path repository_;
  PulledModel pulled_{};
  std::uint64_t total_ = 0, done_ = 0;
};

}  // namespace

Result<PulledModel> pull_model(const HttpClient& client, const HubOptions& options,
                               const HubModel& model, const fs::path& cache,
                               const PullProgress& progress, const std::stop_token& stop,
                               const Timing& timing) {
  return Pull(client, options, model, cache, progress, stop, timing).run();
}

}  // namespace videogen::net
