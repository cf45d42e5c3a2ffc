// A token, key or password. It has no way into a stream or a format string, is kept in memory
// that a core dump leaves out (OpenSSL's secure heap, while that has room), and is wiped when
// its last copy goes.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace videogen::net {

class Secret {
 public:
  Secret() = default;  // empty
  // Copies; the source is the caller's to wipe.
  explicit Secret(std::string_view text);
  // Takes the text and wipes the string that held it.
  static Secret taken_from(std::string& text);

  // For the library that sends it. Valid as long as this or a copy lives.
  [[nodiscard]] std::string_view reveal() const;
  [[nodiscard]] bool empty() const { return reveal().empty(); }
  friend bool operator==(const Secret& a, const Secret& b) { return a.reveal() == b.reveal(); }

 private:
  class Bytes;
  std::shared_ptr<const Bytes> bytes_;  // copies share
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;

// Overwrites what a string holds, also past its end, and empties it.
void wipe(std::string& text);

}  // namespace videogen::net
