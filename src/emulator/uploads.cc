#include <charconv>

#include <fmt/format.h>

#include "emulator/services_internal.h"
#include "emulator/upload_session.h"
#include "net/byte_range.h"
#include "net/form.h"
#include "net/multipart.h"

namespace videogen::emulator {
namespace {

using net::ServerResponse;
using nlohmann::json;

ServerResponse invalid(std::string_view message) {
  return error_answer(Style::storage, 400, message);
}

// The draft that a resource in JSON describes. Errors: corrupt.
Result<ObjectDraft> draft_of(const json& resource, const Call& call) {
  ObjectDraft draft;
  draft.bucket = call.values["bucket"];
  draft.name = net::find(call.request.query, "name").value_or("");
  const auto text = [&resource](const char* name, std::string& value) {
    const auto at = resource.find(name);
    if (at != resource.end() && at->is_string()) value = at->get<std::string>();
  };
  if (draft.name.empty()) text("name", draft.name);
  text("contentType", draft.content_type);
  text("contentEncoding", draft.content_encoding);
  if (const auto encoding = net::find(call.request.query, "contentEncoding"))
    draft.content_encoding = *encoding;
  text("cacheControl", draft.cache_control);
  text("contentDisposition", draft.content_disposition);
  text("contentLanguage", draft.content_language);
  if (const auto at = resource.find("metadata"); at != resource.end() && at->is_object()) {
    for (const auto& [name, value] : at->items())
      if (value.is_string()) draft.metadata[name] = value.get<std::string>();
  }
  // RFC-conforming names are 1 to 1024 bytes of UTF-8 without line breaks.
  if (draft.name.empty() || draft.name.size() > 1024 ||
      draft.name.find_first_of("\r\n") != std::string::npos)
    return fail(ErrorCode::corrupt, "Required: an object's name of 1 to 1024 bytes.");
  return draft;
}

Preconditions preconditions_of(const Call& call) {
  const auto number = [&call](std::string_view name) -> std::optional<std::int64_t> {
    const auto text = net::find(call.request.query, name);
    std::int64_t value = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc())
      return std::nullopt;
    return value;
  };
  return {number("ifGenerationMatch"), number("ifGenerationNotMatch")};
}

// What the client says that its bytes add up to, in the resource or in a header.
struct Promise {
  std::string crc32c, md5;
};
Promise promise_of(const json& resource, const net::ServerRequest& request) {
  Promise promise;
  const auto text = [&resource](const char* name) {
    const auto at = resource.find(name);
    return at != resource.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  promise.crc32c = text("crc32c");
  promise.md5 = text("md5Hash");
  for (const auto& [name, value] : request.headers.fields()) {
    if (net::media_type(name) != "x-goog-hash") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      std::string_view one = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      while (one.starts_with(' ')) one.remove_prefix(1);
      if (one.starts_with("crc32c=")) promise.crc32c = one.substr(7);
      if (one.starts_with("md5=")) promise.md5 = one.substr(4);
    }
  }
  return promise;
}

std::optional<ServerResponse> broken_promise(const Promise& promise, const Checksums& sums) {
  const auto wrong = [](std::string_view what, const std::string& said, const std::string& is) {
    return invalid(fmt::format("Provided {} hash \"{}\" doesn't match calculated {} hash \"{}\".",
                               what, printable(said, 60), what, is));
  };
  if (!promise.crc32c.empty() && promise.crc32c != sums.crc32c)
    return wrong("CRC32C", promise.crc32c, sums.crc32c);
  if (!promise.md5.empty() && promise.md5 != sums.md5) return wrong("MD5", promise.md5, sums.md5);
  return std::nullopt;
}

class Uploads {
 public:
  Uploads(const Account& account, const Keys& keys, ObjectStore& objects,
          const std::filesystem::path& folder)
      : account_(account), keys_(keys), objects_(objects), sessions_(folder, objects) {}

  ServerResponse post(const Call& call);
  ServerResponse put(const Call& call);
  ServerResponse cancel(const Call& call);

 private:
  ServerResponse store(const Result<ObjectDraft>& draft, std::string_view bytes,
                       const Promise& promise, const Call& call);
  ServerResponse multipart(const Call& call);
  ServerResponse begin(const Call& call);

  const Account& account_;
  const Keys& keys_;
  ObjectStore& objects_;
  UploadSessions sessions_;
};

ServerResponse Uploads::store(const Result<ObjectDraft>& draft, std::string_view bytes,
                              const Promise& promise, const Call& call) {
  if (!draft) return invalid(draft.error().message);
  if (auto broken = broken_promise(promise, checksums_of(bytes))) return *std::move(broken);
  const auto object = objects_.put(*draft, bytes, preconditions_of(call));
  if (!object) return precondition_answer(object.error());
  return json_answer(object_resource(*object, account_));
}

ServerResponse Uploads::multipart(const Call& call) {
  const auto header = call.request.headers.find("Content-Type");
  const auto parts = net::parse_multipart(header.value_or(""), call.request.body.bytes());
  if (!parts) return invalid(parts.error().message);
  if (parts->size() != 2) return invalid("A multipart upload has two parts: JSON and the bytes.");
  const json resource = json::parse(parts->front().bytes, nullptr, false);
  if (!resource.is_object()) return invalid("The first part is not a JSON object.");
  auto draft = draft_of(resource, call);
  if (draft && !resource.contains("contentType")) draft->content_type = parts->back().type();
  return store(draft, parts->back().bytes, promise_of(resource, call.request), call);
}

ServerResponse Uploads::begin(const Call& call) {
  json resource = json::object();
  if (call.request.body.size() > 0) {
    resource = json::parse(call.request.body.bytes(), nullptr, false);
    if (!resource.is_object()) return invalid("The body is not a JSON object.");
  }
  auto draft = draft_of(resource, call);
  if (!draft) return invalid(draft.error().message);
  if (const auto type = call.request.headers.find("X-Upload-Content-Type");
      type && !resource.contains("contentType"))
    draft->content_type = *type;
  const auto id = sessions_.begin(*draft, preconditions_of(call));
  if (!id) return error_answer(Style::storage, 500, id.error().message);
  ServerResponse response;
  // The host by which the client reached us: another name for it may not reach here.
  const auto host = call.request.headers.find("Host");
  const std::string root = host ? "http://" + std::string(*host) : account_.url;
  response.headers.add("Location",
                       fmt::format("{}{}?uploadType=resumable&name={}&upload_id={}", root,
                                   call.request.path, net::percent_encoded(draft->name), *id));
  response.headers.add("X-GUploader-UploadID", *id);
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  return response;
}

ServerResponse Uploads::post(const Call& call) {
  if (auto refused = refuse_caller(call, keys_, account_, Style::storage, Credentials::optional))
    return *std::move(refused);
  const auto type = net::find(call.request.query, "uploadType").value_or("");
  if (type == "resumable") return begin(call);
  if (type == "multipart") return multipart(call);
  if (type != "media") return invalid("uploadType must be media, multipart or resumable.");
  auto draft = draft_of(json::object(), call);
  if (draft) {
    if (const auto header = call.request.headers.find("Content-Type"))
      draft->content_type = *header;
    if (const auto header = call.request.headers.find("Content-Encoding"))
      draft->content_encoding = *header;
  }
  return store(draft, call.request.body.bytes(), promise_of(json::object(), call.request), call);
}

ServerResponse Uploads::put(const Call& call) {
  const std::string id(net::find(call.request.query, "upload_id").value_or(""));
  net::ContentRange range{0, std::nullopt, std::nullopt};  // without a header: all of it
  if (const auto header = call.request.headers.find("Content-Range")) {
    const auto parsed = net::parse_content_range(*header);
    if (!parsed)
      return invalid(
          fmt::format("Failed to parse Content-Range header: {}", printable(*header, 80)));
    range = *parsed;
  }
  const auto step = sessions_.put(id, range, call.request.body.bytes());
  if (!step) {
    const ErrorCode code = step.error().code;
    if (code == ErrorCode::usage) return precondition_answer(step.error());
    return error_answer(Style::storage,
                        code == ErrorCode::not_found ? 404
                        : code == ErrorCode::corrupt ? 400
                                                     : 500,
                        step.error().message);
  }
  if (step->object) {
    const Promise promise = promise_of(json::object(), call.request);
    if (auto broken = broken_promise(promise, step->object->sums)) {
      const ObjectDraft& draft = step->object->draft;
      (void)objects_.remove(draft.bucket, draft.name, {step->object->generation, {}});
      return *std::move(broken);
    }
    return json_answer(object_resource(*step->object, account_));
  }
  ServerResponse response;
  response.status = 308;
  if (step->received > 0)
    response.headers.add("Range", fmt::format("bytes=0-{}", step->received - 1));
  response.headers.add("X-GUploader-UploadID", id);
  return response;
}

ServerResponse Uploads::cancel(const Call& call) {
  const std::string id(net::find(call.request.query, "upload_id").value_or(""));
  if (!sessions_.cancel(id))
    return error_answer(Style::storage, 404, "There is no such upload session.");
  ServerResponse response;
  response.status = 499;  // as Google answers it
  return response;
}

}  // namespace

void mount_uploads(Routes& routes, const Account& account, const Keys& keys, ObjectStore& objects,
                   const std::filesystem::path& folder) {
  const auto uploads = std::make_shared<Uploads>(account, keys, objects, folder);
  for (const std::string root : {"/upload/storage/v1", "/resumable/upload/storage/v1"}) {
    const std::string path = root + "/b/{bucket}/o";
    const auto add = [&](std::string_view method, auto answer) {
      routes.add(method, path, Place::upload, Style::storage, answer);
    };
    add("POST", [uploads](const Call& call) { return uploads->post(call); });
    add("PUT", [uploads](const Call& call) { return uploads->put(call); });
    add("DELETE", [uploads](const Call& call) { return uploads->cancel(call); });
  }
}

}  // namespace videogen::emulator
