// Who may call: bearer tokens, each of a tenant.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace videogen::serve {

// Of a service without tokens.
inline constexpr std::string_view kLocalTenant = "local";

class Tokens {
 public:
  // None: whoever reaches the service is kLocalTenant.
  Tokens() = default;

  // A token a line, "TOKEN" or "NAME TOKEN"; empty lines and those that begin with # are passed
  // over. Tokens with the same name are of one tenant, so that one can take over from another; a
  // token without a name is a tenant of its own. Errors: as read_file(); usage (no token, one
  // twice, a line of three words, other than visible ASCII).
  static Result<Tokens> load(const std::filesystem::path& file);
  // The file again, for everybody who holds these tokens, while others ask. Returns how many
  // there are now. Errors: as load(), and the tokens stay as they were.
  [[nodiscard]] Result<std::size_t> reload(const std::filesystem::path& file);
  static Result<Tokens> parse(std::string_view text, std::string_view source);

  [[nodiscard]] bool any() const { return !known_->get()->empty(); }
  // Whose token it is; takes as long for a wrong one, wherever it differs.
  [[nodiscard]] std::optional<std::string> tenant(std::string_view token) const;

 private:
  using Digest = std::string;  // hex of SHA-256: nothing about the token shows in a core dump
  struct Known {
    Digest digest;
    std::string tenant;
  };
  // A list that is replaced as a whole, never changed.
  class Current {
   public:
    using List = std::vector<Known>;
    [[nodiscard]] std::shared_ptr<const List> get() const {
      const std::lock_guard lock(mutex_);
      return list_;
    }
    void set(std::shared_ptr<const List> list) {
      const std::lock_guard lock(mutex_);
      list_ = std::move(list);
    }

   private:
    mutable std::mutex mutex_;
    std::shared_ptr<const List> list_ = std::make_shared<const List>();
  };
  std::shared_ptr<Current> known_ = std::make_shared<Current>();
};

}  // namespace videogen::serve
