#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "emulator/services_internal.h"
#include "net/byte_range.h"

namespace videogen::emulator {
namespace {

namespace fs = std::filesystem;
using net::ServerResponse;
using nlohmann::json;

constexpr std::array<std::string_view, 2> kNames{"openai/clip-vit-base-patch32",
                                                 "videogen/tiny-clip"};
constexpr std::size_t kPointerSize = 134;  // of the text that Git keeps in place of weights

struct HubFile {
  std::string name;
  fs::path path;
  std::uint64_t size = 0;
  std::string blob_id;  // Git's: SHA-1 of "blob SIZE\0" and the bytes
  std::string sha256;   // of files that Git LFS keeps; empty for others
};

std::string git_blob_id(std::string_view bytes) {
  std::string text = fmt::format("blob {}", bytes.size());
  text += '\0';
  text += bytes;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

Result<HubFile> look_at(const fs::path& path) {
  HubFile file{path.filename().string(), path, 0, "", ""};
  VIDEOGEN_TRY(const Checksums sums, checksums_of_file(path));
  file.size = sums.bytes;
  const auto extension = path.extension();
  if (extension == ".safetensors" || extension == ".bin" || extension == ".h5") {
    file.sha256 = sums.sha256;
    file.blob_id = git_blob_id(
        fmt::format("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n",
                    sums.sha256, sums.bytes));
  } else {
    VIDEOGEN_TRY(const std::string bytes, read_file(path, std::size_t{64} << 20));
    file.blob_id = git_blob_id(bytes);
  }
  return file;
}

class Hub {
 public:
  Hub(const Account& account, std::vector<HubFile> files) : files_(std::move(files)) {
    std::string all;
    for (const HubFile& file : files_) all += file.name + file.blob_id;
    commit_ = git_blob_id(all);
    // Another host, as it is at Hugging Face: clients must follow it and leave their token behind.
    constexpr std::string_view kLoopback = "http://127.0.0.1:";
    large_files_ = account.url;
    if (large_files_.starts_with(kLoopback))
      large_files_ = "http://localhost:" + large_files_.substr(kLoopback.size());
  }

  [[nodiscard]] ServerResponse info(const Call& call) const;
  [[nodiscard]] ServerResponse tree(const Call& call) const;
  [[nodiscard]] ServerResponse resolve(const Call& call) const;
  [[nodiscard]] ServerResponse large(const Call& call) const;

 private:
  [[nodiscard]] std::optional<ServerResponse> refuse(const Call& call) const;
  [[nodiscard]] json lfs(const HubFile& file, const char* digest) const {
    return {{digest, file.sha256}, {"size", file.size}, {"pointerSize", kPointerSize}};
  }

  std::vector<HubFile> files_;
  std::string commit_;
  std::string large_files_;  // "http://localhost:8080"
};

std::optional<ServerResponse> Hub::refuse(const Call& call) const {
  const std::string name = call.values["org"] + "/" + call.values["name"];
  if (std::ranges::find(kNames, name) == kNames.end())
    return error_answer(Style::hub, 404, "Repository not found", "RepoNotFound");
  const std::string& revision = call.values["revision"];
  if (!revision.empty() && revision != "main" && revision != commit_)
    return error_answer(Style::hub, 404,
                        "Invalid rev id: " + printable(call.values["revision"], 80),
                        "RevisionNotFound");
  return std::nullopt;
}

ServerResponse Hub::info(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  const std::string name = call.values["org"] + "/" + call.values["name"];
  const bool blobs = net::find(call.request.query, "blobs") == "true";
  json siblings = json::array();
  for (const HubFile& file : files_) {
    json one{{"rfilename", file.name}};
    if (blobs) {
      one["size"] = file.size;
      one["blobId"] = file.blob_id;
      if (!file.sha256.empty()) one["lfs"] = lfs(file, "sha256");
    }
    siblings.push_back(std::move(one));
  }
  return json_answer({{"_id", commit_.substr(0, 24)},
                      {"id", name},
                      {"modelId", name},
                      {"author", call.values["org"]},
                      {"sha", commit_},
                      {"lastModified", "2026-01-01T00:00:00.000Z"},
                      {"private", false},
                      {"gated", false},
                      {"disabled", false},
                      {"downloads", 0},
                      {"likes", 0},
                      {"tags", {"clip"}},
                      {"library_name", "transformers"},
                      {"siblings", siblings}});
}

ServerResponse Hub::tree(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  json list = json::array();
  for (const HubFile& file : files_) {
    json one{{"type", "file"}, {"oid", file.blob_id}, {"size", file.size}, {"path", file.name}};
    if (!file.sha256.empty()) one["lfs"] = lfs(file, "oid");
    list.push_back(std::move(one));
  }
  return json_answer(list);
}

// Small files come from here; large ones lie elsewhere, as they do at Hugging Face.
ServerResponse Hub::resolve(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  const auto file = std::ranges::find(files_, call.values["file"], &HubFile::name);
  if (file == files_.end())
    return error_answer(Style::hub, 404, "Entry not found", "EntryNotFound");
  ServerResponse response;
  if (file->sha256.empty()) {
    auto served = net::serve_file(call.request, file->path,
                                  {"application/octet-stream", "\"" + file->blob_id + "\""});
    if (!served) return error_answer(Style::hub, 500, served.error().message);
    response = *std::move(served);
  } else {
    response.status = 302;
    response.headers.add("Location", fmt::format("{}/_hub/{}", large_files_, file->sha256));
    response.headers.add("X-Linked-Size", fmt::format("{}", file->size));
    response.headers.add("X-Linked-Etag", "\"" + file->sha256 + "\"");
    response.headers.add("ETag", "\"" + file->blob_id + "\"");
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
  }
  response.headers.add("X-Repo-Commit", commit_);
  return response;
}

ServerResponse Hub::large(const Call& call) const {
  const auto file = std::ranges::find(files_, call.values["sha256"], &HubFile::sha256);
  if (file == files_.end() || file->sha256.empty())
    return error_answer(Style::hub, 404, "Entry not found", "EntryNotFound");
  auto served = net::serve_file(call.request, file->path,
                                {"application/octet-stream", "\"" + file->sha256 + "\""});
  if (!served) return error_answer(Style::hub, 500, served.error().message);
  return *std::move(served);
}

}  // namespace

Status mount_hub(Routes& routes, const Account& account, const fs::path& model) {
  std::vector<HubFile> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(model, failed)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name.starts_with('.')) continue;
    VIDEOGEN_TRY(HubFile file, look_at(entry.path()));
    files.push_back(std::move(file));
  }
  if (failed) return tl::unexpected(file_error("open", model, failed.value()));
  if (std::ranges::find(files, "config.json", &HubFile::name) == files.end())
    return fail(ErrorCode::corrupt, fmt::format("{} holds no model: there is no config.json",
                                                printable(model.string())));
  std::ranges::sort(files, {}, &HubFile::name);
  const auto hub = std::make_shared<const Hub>(account, std::move(files));
  const auto add = [&routes](const std::string& path, Place place, auto answer) {
    routes.add("GET", path, place, Style::hub, answer);
  };
  const std::string api = "/api/models/{org}/{name}";
  for (const std::string& path : {api, api + "/revision/{revision}"})
    add(path, Place::hub, [hub](const Call& call) { return hub->info(call); });
  add(api + "/tree/{revision}", Place::hub, [hub](const Call& call) { return hub->tree(call); });
  add("/{org}/{name}/resolve/{revision}/{file...}", Place::hub,
      [hub](const Call& call) { return hub->resolve(call); });
  add("/_hub/{sha256}", Place::download, [hub](const Call& call) { return hub->large(call); });
  return {};
}

}  // namespace videogen::emulator
