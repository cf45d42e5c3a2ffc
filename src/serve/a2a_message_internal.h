// A message that arrives: checked, in one form, and its file on disk.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "serve/a2a_error_internal.h"

namespace videogen::serve {

// A file that goes when nobody has taken it.
class SpooledFile {
 public:
  SpooledFile() = default;
  explicit SpooledFile(std::filesystem::path path) : path_(std::move(path)) {}
  SpooledFile(SpooledFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  SpooledFile& operator=(SpooledFile&& other) noexcept;
  ~SpooledFile();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }  // empty: no file

 private:
  std::filesystem::path path_;
};

struct InboundMessage {
  // A2A 1.0, camelCase, only members that the protocol has. A raw part has become a text part
  // that says what came, with its length and SHA-256 in `metadata.kept`.
  nlohmann::json message;
  SpooledFile file;  // of the raw part
  std::string file_name;
};

struct MessageLimits {
  // Where the bytes of a raw part go: Jobs::receive().
  std::function<Result<std::filesystem::path>(std::string_view bytes)> receive{};
  std::span<const std::string> input_modes{};  // media types, "video/*" for all of a kind
};

// `params.message` of a send; the bytes of a raw part are taken out of it. Errors:
// invalid_params (no messageId, no parts, a part of no or two contents, two raw parts, a role
// other than the user's), content_type_not_supported, internal (no room on the disk).
[[nodiscard]] A2aResult<InboundMessage> read_message(nlohmann::json& message,
                                                     const MessageLimits& limits);

// Whether the part stands for a file that came raw.
[[nodiscard]] bool is_kept_file(const nlohmann::json& part);

// An agent's message of one text part.
[[nodiscard]] nlohmann::json agent_message(std::string_view id, std::string_view text,
                                           std::string_view context, std::string_view task);

// Whether a media type is one of `modes`; parameters don't count.
[[nodiscard]] bool accepts(std::span<const std::string> modes, std::string_view media_type);

}  // namespace videogen::serve
