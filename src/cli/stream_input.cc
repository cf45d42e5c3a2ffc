#include "cli/stream_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "cli/suggest.h"
#include "net/address.h"

namespace videogen::cli {
namespace {

// The descriptor of what is named. Errors: as open_stream().
Result<int> open_descriptor(const std::string& name) {
  if (name == "-") {
    if (::isatty(STDIN_FILENO) == 1)
      return fail(ErrorCode::usage,
                  "- reads a clip from standard input, which is a terminal: pipe one in");
    const int copy = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return tl::unexpected(file_error("open", "standard input", errno));
    return copy;
  }
  if (name.find("://") != std::string::npos)
    return fail(ErrorCode::unsupported,
                fmt::format("--stream reads files and pipes: curl -sfN {} | videogen validate "
                            "--stream -",
                            net::shown_address(name)));
  // O_NONBLOCK: opening a pipe without a writer must not hang.
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) return descriptor;
  Error error = file_error("open", name, errno);
  if (error.code == ErrorCode::not_found) {
    if (const auto near = nearest_file(name))
      error.message += fmt::format(" (did you mean {}?)", printable(*near));
  }
  return tl::unexpected(std::move(error));
}

Status check_kind(int descriptor, const std::string& name) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return tl::unexpected(file_error("open", name, errno));
  if (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) return {};
  if (S_ISDIR(status.st_mode))
    return fail(ErrorCode::usage,
                fmt::format("--stream reads one clip, and {} is a folder", printable(name)));
  return fail(ErrorCode::unsupported,
              fmt::format("cannot open {}: a device, not a file or a pipe", printable(name)));
}

}  // namespace

Result<StreamInput> open_stream(const std::string& name, std::chrono::milliseconds idle,
                                const std::stop_token& stop) {
  using Kind = media::LiveInput::Kind;
  VIDEOGEN_TRY(const int descriptor, open_descriptor(name));
  StreamInput input;
  input.live =
      std::make_unique<media::LiveInput>(descriptor, name == "-" ? "standard input" : name, idle);
  VIDEOGEN_TRY(check_kind(descriptor, name));
  input.source = {name == "-" ? "/proc/self/fd/0" : name, name, input.live.get()};
  const bool grows = input.live->kind() == Kind::growing_file;
  input.arrival = grows ? coherence::Arrival::growing_file : coherence::Arrival::pipe;
  VIDEOGEN_TRY(const media::LiveInput::Layout layout, input.live->layout(stop));
  if (layout == media::LiveInput::Layout::streamable) return input;
  input.arrival = grows ? coherence::Arrival::finished_file : coherence::Arrival::spooled;
  input.note = fmt::format(
      "a file like this (MP4 with its table of frames at the end, MXF, Ogg, GIF, PNG) cannot be "
      "read from front to back, so nothing can be said before its end{}; MPEG-TS, Matroska and "
      "fragmented MP4 can (ffmpeg … -movflags +frag_keyframe+empty_moov)",
      grows ? "" : ", and it is kept in a temporary file until then");
  return input;
}

Status wait_for_all(StreamInput& input, const std::stop_token& stop) {
  if (input.live->kind() == media::LiveInput::Kind::growing_file) {
    VIDEOGEN_TRY([[maybe_unused]] const std::string digest, input.live->digest(stop));
  } else {
    const auto read = [&](std::span<std::byte> into) { return input.live->read(into, stop); };
    VIDEOGEN_TRY(input.spool, net::Spool::fill(read, input.source.uri));
    input.source.path = input.spool->path();
  }
  input.source.live = nullptr;
  input.live.reset();
  return {};
}

}  // namespace videogen::cli
