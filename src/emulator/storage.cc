#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/file.h"
#include "emulator/services_internal.h"
#include "net/byte_range.h"
#include "net/form.h"
#include "net/gunzip.h"

namespace videogen::emulator {
namespace {

using net::ServerResponse;
using nlohmann::json;

ServerResponse no_such_object(const Call& call) {
  return error_answer(Style::storage, 404,
                      fmt::format("No such object: {}/{}", printable(call.values["bucket"], 100),
                                  printable(call.values["object"], 200)));
}

std::optional<std::int64_t> number(const net::Parameters& query, std::string_view name) {
  const auto text = net::find(query, name);
  std::int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && end == text->data() + text->size() ? std::optional(value)
                                                                    : std::nullopt;
}

class Storage {
 public:
  Storage(const Account& account, const Keys& keys, ObjectStore& objects)
      : account_(account), keys_(keys), objects_(objects) {}

  [[nodiscard]] ServerResponse object(const Call& call) const;
  [[nodiscard]] ServerResponse download(const Call& call) const;
  [[nodiscard]] ServerResponse remove(const Call& call) const;
  [[nodiscard]] ServerResponse list(const Call& call) const;
  [[nodiscard]] ServerResponse bucket(const Call& call) const;
  [[nodiscard]] ServerResponse create_bucket(const Call& call) const;
  [[nodiscard]] std::optional<ServerResponse> refuse(const Call& call) const {
    return refuse_caller(call, keys_, account_, Style::storage, Credentials::optional);
  }

 private:
  [[nodiscard]] ServerResponse bucket_resource(const std::string& name) const;
  [[nodiscard]] ServerResponse content(const Call& call, const StoredObject& found) const;
  [[nodiscard]] ServerResponse unzipped(const StoredObject& found) const;

  const Account& account_;
  const Keys& keys_;
  ObjectStore& objects_;
};

void add_hashes(ServerResponse& response, const StoredObject& object) {
  const ObjectDraft& draft = object.draft;
  response.headers.add("x-goog-generation", fmt::format("{}", object.generation));
  response.headers.add("x-goog-metageneration", fmt::format("{}", object.metageneration));
  response.headers.add("x-goog-hash", "crc32c=" + object.sums.crc32c);
  response.headers.add("x-goog-hash", "md5=" + object.sums.md5);
  response.headers.add("x-goog-stored-content-length", fmt::format("{}", object.sums.bytes));
  response.headers.add("x-goog-stored-content-encoding",
                       draft.content_encoding.empty() ? "identity" : draft.content_encoding);
  response.headers.add("x-goog-storage-class", "STANDARD");
  if (!draft.cache_control.empty()) response.headers.add("Cache-Control", draft.cache_control);
  if (!draft.content_disposition.empty())
    response.headers.add("Content-Disposition", draft.content_disposition);
}

ServerResponse Storage::object(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  const auto found = objects_.find(call.values["bucket"], call.values["object"],
                                   number(call.request.query, "generation"));
  if (!found) return no_such_object(call);
  ServerResponse response = json_answer(object_resource(*found, account_));
  response.headers.add("ETag", fmt::format("\"{}\"", found->generation));
  return response;
}

ServerResponse Storage::download(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  const auto& query = call.request.query;
  const auto found =
      objects_.find(call.values["bucket"], call.values["object"], number(query, "generation"));
  if (!found) return no_such_object(call);
  const auto must = number(query, "ifGenerationMatch");
  if (must && *must != found->generation)
    return error_answer(Style::storage, 412,
                        "At least one of the pre-conditions you specified did not hold.");
  ServerResponse response = content(call, *found);
  add_hashes(response, *found);
  return response;
}

// Stored gzip leaves as it is for those who take it, else it is unpacked on the way, and then
// ranges and lengths are those of nothing in particular (transcoding, as Google documents it).
ServerResponse Storage::content(const Call& call, const StoredObject& found) const {
  const bool zipped = found.draft.content_encoding == "gzip";
  const auto takes = call.request.headers.find("Accept-Encoding");
  if (zipped && (!takes || takes->find("gzip") == std::string_view::npos)) return unzipped(found);
  auto response =
      net::serve_file(call.request, objects_.path(found),
                      {found.draft.content_type, fmt::format("\"{}\"", found.generation)});
  if (!response) return error_answer(Style::storage, 500, response.error().message);
  if (!found.draft.content_encoding.empty())
    response->headers.add("Content-Encoding", found.draft.content_encoding);
  return *std::move(response);
}

ServerResponse Storage::unzipped(const StoredObject& found) const {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  const auto stored = read_file(objects_.path(found), kMost);
  const auto plain = stored ? net::gunzip(*stored, kMost) : tl::unexpected(stored.error());
  if (!plain) return error_answer(Style::storage, 500, plain.error().message);
  ServerResponse response;
  response.headers.add("Content-Type", found.draft.content_type);
  response.headers.add("Warning", "214 UploadServer gunzipped");
  auto pull = [text = *plain,
               at = std::size_t{0}](std::span<char> buffer) mutable -> Result<net::Pulled> {
    const std::size_t size = text.copy(buffer.data(), buffer.size(), at);
    at += size;
    return net::Pulled{size, at == text.size() ? net::Pulled::Then::end : net::Pulled::Then::more};
  };
  response.body = net::ResponseBody::stream(std::move(pull));
  return response;
}

ServerResponse Storage::remove(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  Preconditions preconditions;
  preconditions.generation_match = number(call.request.query, "ifGenerationMatch");
  preconditions.generation_not_match = number(call.request.query, "ifGenerationNotMatch");
  const auto removed = objects_.remove(call.values["bucket"], call.values["object"], preconditions);
  if (!removed) return precondition_answer(removed.error());
  if (!*removed) return no_such_object(call);
  ServerResponse response;
  response.status = 204;
  return response;
}

// A page of names, those below a delimiter folded into prefixes. The token is the last name or
// prefix of the page before.
ServerResponse Storage::list(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  const auto& query = call.request.query;
  const auto text = [&query](std::string_view name) {
    return std::string(net::find(query, name).value_or(""));
  };
  const std::string prefix = text("prefix"), delimiter = text("delimiter");
  const auto asked = number(query, "maxResults");
  const auto most = std::size_t(std::clamp<std::int64_t>(asked.value_or(1000), 1, 1000));
  const auto after = from_base64(text("pageToken"));
  if (!after) return error_answer(Style::storage, 400, "Invalid argument: pageToken.");

  json items = json::array(), prefixes = json::array();
  std::string last;
  bool more = false;
  std::set<std::string> seen;
  for (const StoredObject& object : objects_.list(call.values["bucket"], prefix)) {
    const std::string& name = object.draft.name;
    const auto cut = delimiter.empty() ? std::string::npos : name.find(delimiter, prefix.size());
    const std::string folded =
        cut == std::string::npos ? "" : name.substr(0, cut + delimiter.size());
    const std::string& shown = folded.empty() ? name : folded;
    if (shown <= *after && !after->empty()) continue;
    if (!folded.empty() && seen.contains(folded)) continue;
    if (items.size() + prefixes.size() == most) {
      more = true;
      break;
    }
    if (folded.empty()) {
      items.push_back(object_resource(object, account_));
    } else {
      seen.insert(folded);
      prefixes.push_back(folded);
    }
    last = shown;
  }
  json document{{"kind", "storage#objects"}};
  if (!items.empty()) document["items"] = std::move(items);
  if (!prefixes.empty()) document["prefixes"] = std::move(prefixes);
  if (more) document["nextPageToken"] = base64(last);
  return json_answer(document);
}

ServerResponse Storage::bucket(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  return bucket_resource(call.values["bucket"]);
}

// Any bucket is there already; that is no reason to fail.
ServerResponse Storage::create_bucket(const Call& call) const {
  if (auto refused = refuse(call)) return *std::move(refused);
  const auto document = json_body(call.request);
  if (!document) return error_answer(Style::storage, 400, document.error().message);
  const json name = document->value("name", json());
  if (!name.is_string() || name.get<std::string>().empty())
    return error_answer(Style::storage, 400, "Required: a bucket's name.");
  return bucket_resource(name.get<std::string>());
}

ServerResponse Storage::bucket_resource(const std::string& name) const {
  return json_answer({{"kind", "storage#bucket"},
                      {"id", name},
                      {"name", name},
                      {"selfLink", account_.url + "/storage/v1/b/" + name},
                      {"projectNumber", "123456789012"},
                      {"location", "US-CENTRAL1"},
                      {"locationType", "region"},
                      {"storageClass", "STANDARD"},
                      {"timeCreated", "2026-01-01T00:00:00.000Z"},
                      {"updated", "2026-01-01T00:00:00.000Z"},
                      {"metageneration", "1"},
                      {"etag", "CAE="}});
}

}  // namespace

json object_resource(const StoredObject& object, const Account& account) {
  const ObjectDraft& draft = object.draft;
  const std::string link =
      fmt::format("{}/storage/v1/b/{}/o/{}", account.url, net::percent_encoded(draft.bucket),
                  net::percent_encoded(draft.name));
  json resource{{"kind", "storage#object"},
                {"id", fmt::format("{}/{}/{}", draft.bucket, draft.name, object.generation)},
                {"selfLink", link},
                {"mediaLink", fmt::format("{}?generation={}&alt=media", link, object.generation)},
                {"name", draft.name},
                {"bucket", draft.bucket},
                // 64-bit numbers are strings in this API.
                {"generation", fmt::format("{}", object.generation)},
                {"metageneration", fmt::format("{}", object.metageneration)},
                {"contentType", draft.content_type},
                {"storageClass", "STANDARD"},
                {"size", fmt::format("{}", object.sums.bytes)},
                {"md5Hash", object.sums.md5},
                {"crc32c", object.sums.crc32c},
                {"etag", base64(fmt::format("{}", object.generation))},
                {"timeCreated", object.created},
                {"updated", object.created},
                {"timeStorageClassUpdated", object.created}};
  const auto optional = [&resource](const char* name, const std::string& value) {
    if (!value.empty()) resource[name] = value;
  };
  optional("contentEncoding", draft.content_encoding);
  optional("cacheControl", draft.cache_control);
  optional("contentDisposition", draft.content_disposition);
  optional("contentLanguage", draft.content_language);
  if (!draft.metadata.empty()) resource["metadata"] = draft.metadata;
  return resource;
}

ServerResponse precondition_answer(const Error& error) {
  return error_answer(Style::storage, error.code == ErrorCode::usage ? 412 : 500, error.message);
}

void mount_storage(Routes& routes, const Account& account, const Keys& keys, ObjectStore& objects) {
  const auto storage = std::make_shared<const Storage>(account, keys, objects);
  const auto get = [storage, &routes](const std::string& path, Place place, auto answer) {
    routes.add("GET", path, place, Style::storage, answer);
  };
  for (const std::string root : {"/storage/v1", "", "/download/storage/v1"}) {
    const std::string object = root + "/b/{bucket}/o/{object...}";
    // One path for two things: the place, and so its faults, depends on the query.
    get(object + "?alt=media", Place::download,
        [storage](const Call& call) { return storage->download(call); });
    get(object, Place::object, [storage](const Call& call) { return storage->object(call); });
    get(root + "/b/{bucket}/o", Place::object,
        [storage](const Call& call) { return storage->list(call); });
    routes.add("POST", root + "/b", Place::object, Style::storage,
               [storage](const Call& call) { return storage->create_bucket(call); });
    get(root + "/b/{bucket}", Place::object,
        [storage](const Call& call) { return storage->bucket(call); });
    routes.add("DELETE", object, Place::object, Style::storage,
               [storage](const Call& call) { return storage->remove(call); });
  }
}

}  // namespace videogen::emulator
