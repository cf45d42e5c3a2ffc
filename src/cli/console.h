// Standard output and standard error, as a well-behaved program uses them: results on one,
// error lines and the progress bar on the other.
//
// Not for several threads at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "coherence/report_text.h"

namespace videogen::cli {

// Keeps descriptors 0, 1 and 2 from being taken by the first files that are opened, where the
// caller started the program without them. Once, before anything is opened.
void occupy_standard_descriptors();

class Console {
 public:
  enum class Bar { shown, hidden };

  // Writes to these descriptors; they stay the caller's.
  explicit Console(int out = 1, int err = 2);

  // Writes a result. A reader that went away (`… | head -1`) is no error: reader_gone() is
  // true from then on, and nothing more is written. Errors: unwritable (disk full).
  [[nodiscard]] Status write(std::string_view text);
  [[nodiscard]] bool reader_gone() const { return reader_gone_; }

  // One line on standard error; the exit status that belongs to it.
  int error(const Error& error);
  void error_line(std::string_view message);

  // The bar is drawn only on a terminal, ten times a second at most, and removed by the next
  // line that is written.
  void set_bar(Bar bar) { bar_ = bar; }
  void progress(std::string_view what, std::string_view unit, std::int64_t done,
                std::optional<std::int64_t> total);
  void clear_progress();

  // What standard output's terminal can show; NO_COLOR is honoured.
  [[nodiscard]] coherence::TextStyle style() const;

 private:
  using Clock = std::chrono::steady_clock;

  int out_, err_;
  Bar bar_ = Bar::shown;
  bool reader_gone_ = false;
  bool bar_drawn_ = false;
  // Of the work that is going on.
  std::string what_;
  Clock::time_point started_, drawn_;
};

// "[======>     ] 12/40 samples  3.1/s  0:09 left", no wider than columns; what of it is
// unknown is left out.
[[nodiscard]] std::string progress_text(std::string_view what, std::string_view unit,
                                        std::int64_t done, std::optional<std::int64_t> total,
                                        double elapsed_s, int columns);

}  // namespace videogen::cli
