#include "cli/console.h"

#include <fcntl.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace videogen::cli {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

// 0, or the errno of what stopped it.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return 0;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool moves_the_cursor(int descriptor) {
  const char* terminal = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

int columns_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::string clock_text(double seconds) {
  const std::int64_t whole = std::llround(seconds);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

void occupy_standard_descriptors() {
  for (const int descriptor : {0, 1, 2}) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The wrong way round on purpose: using a missing descriptor fails, as it should.
    const int opened = ::open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != descriptor) ::close(opened);
  }
}

std::string progress_text(std::string_view what, std::string_view unit, std::int64_t done,
                          std::optional<std::int64_t> total, double elapsed_s, int columns) {
  constexpr int kBarWidth = 20;
  std::string text = printable(what, 40);
  if (total && *total > 0) {
    const auto filled =
        static_cast<std::size_t>(std::clamp<std::int64_t>(done * kBarWidth / *total, 0, kBarWidth));
    text += fmt::format("  [{}{}] {}/{} {}", std::string(filled, '='),
                        std::string(kBarWidth - filled, ' '), done, *total, unit);
  } else {
    text += fmt::format("  {} {}", done, unit);
  }
  if (done > 0 && elapsed_s > 0) {
    const double rate = static_cast<double>(done) / elapsed_s;
    text += fmt::format("  {:.1f}/s", rate);
    if (total && *total >= done)
      text += fmt::format("  {} left", clock_text(static_cast<double>(*total - done) / rate));
  }
  // All but the name is ASCII, and the name stands first: a cut never breaks a character.
  const auto most = static_cast<std::size_t>(std::max(columns - 1, 0));
  if (text.size() > most && what.size() < most) text.resize(most);
  return text;
}

Console::Console(int out, int err) : out_(out), err_(err) {}

Status Console::write(std::string_view text) {
  clear_progress();
  if (reader_gone_) return {};
  const int error_number = write_all(out_, text);
  if (error_number == EPIPE) {
    reader_gone_ = true;
  } else if (error_number != 0) {
    return fail(ErrorCode::unwritable,
                fmt::format("cannot write to standard output: {}", std::strerror(error_number)));
  }
  return {};
}

int Console::error(const Error& error) {
  error_line(error.message);
  return exit_status(error.code);
}

void Console::error_line(std::string_view message) {
  clear_progress();
  // Nothing is left to say it to if this fails.
  write_all(err_, fmt::format("videogen: {}\n", printable(message, 4000)));
}

void Console::progress(std::string_view what, std::string_view unit, std::int64_t done,
                       std::optional<std::int64_t> total) {
  constexpr std::chrono::milliseconds kPause(100);
  if (bar_ == Bar::hidden || !moves_the_cursor(err_)) return;
  const Clock::time_point now = Clock::now();
  if (what != what_) {
    what_ = what;
    started_ = now;
  } else if (now - drawn_ < kPause) {
    return;
  }
  drawn_ = now;
  const double elapsed_s = std::chrono::duration<double>(now - started_).count();
  write_all(err_, std::string(kEraseLine) +
                      progress_text(what, unit, done, total, elapsed_s, columns_of(err_)));
  bar_drawn_ = true;
}

void Console::clear_progress() {
  if (!bar_drawn_) return;
  write_all(err_, kEraseLine);
  bar_drawn_ = false;
}

coherence::TextStyle Console::style() const {
  coherence::TextStyle style;
  style.colour = moves_the_cursor(out_) && !is_set("NO_COLOR");
  style.unicode = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  style.columns = columns_of(out_);
  return style;
}

}  // namespace videogen::cli
