#include "emulator/draft_json_internal.h"

namespace videogen::emulator {

nlohmann::json draft_json(const ObjectDraft& draft) {
  return {{"bucket", draft.bucket},
          {"name", draft.name},
          {"content_type", draft.content_type},
          {"content_encoding", draft.content_encoding},
          {"cache_control", draft.cache_control},
          {"content_disposition", draft.content_disposition},
          {"content_language", draft.content_language},
          {"metadata", draft.metadata}};
}

ObjectDraft draft_of(const nlohmann::json& document) {
  return {document.at("bucket"),           document.at("name"),
          document.at("content_type"),     document.at("content_encoding"),
          document.at("cache_control"),    document.at("content_disposition"),
          document.at("content_language"), document.at("metadata")};
}

}  // namespace videogen::emulator
