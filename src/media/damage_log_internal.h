// Collects what was wrong with a file: one note for each kind, with its first place and how
// often it came.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media/frame_reader.h"

namespace videogen::media {

enum class DamageKind {
  container,  // the file ends early or its structure is broken
  packet,     // the demuxer gave a packet that it calls corrupt
  decoding,   // the decoder refused a packet
  picture,    // a picture came, but parts of it are guessed
};

class DamageLog {
 public:
  void add(DamageKind kind, double time_s, const std::string& cause);
  [[nodiscard]] bool empty() const { return notes().empty(); }
  // In the order of the places.
  [[nodiscard]] const std::vector<Damage>& notes() const { return notes_; }
  // For an error message: the first cause; empty where there is none.
  [[nodiscard]] std::string first_cause() const;
  void clear() { *this = {}; }

 private:
  struct Entry {
    double time_s = 0;
    std::string cause;
    std::int64_t count = 0;
  };
  void render();

  std::array<Entry, 4> entries_;
  std::vector<Damage> notes_;
};

}  // namespace videogen::media
