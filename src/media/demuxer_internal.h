// Opens a local file and gives the packets of its one video stream.
//
// Nothing but that file is ever opened: neither protocols nor file names inside it are
// followed, and only containers of a fixed list are read. One thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/error.h"
#include "media/deadline_internal.h"
#include "media/libav_internal.h"
#include "media/live_input.h"
#include "media/log_capture_internal.h"
#include "media/packet_clock_internal.h"
#include "media/probe.h"
#include "media/rotation_internal.h"

namespace videogen::media {

class Demuxer {
 public:
  // Errors: not_found, unreachable, corrupt, unsupported, limit, interrupted. `deadline` and
  // `log` must outlive the demuxer; a call of the deadline is running.
  static Result<Demuxer> open(const std::filesystem::path& path, const Limits& limits,
                              Deadline& deadline, LogSink& log);

  // The same from what still arrives. `path` names it, and its extension helps to know its kind.
  // It cannot be opened again. `live` must outlive the demuxer.
  static Result<Demuxer> open(LiveInput& live, const std::filesystem::path& path,
                              const Limits& limits, Deadline& deadline, LogSink& log);

  // The same file from its beginning, for a second reading. What the first opening found out
  // by decoding is taken over instead of found again. Errors: as open.
  [[nodiscard]] Result<Demuxer> reopen() const;

  // 0: a packet of the stream is in `packet`; else libav's error number, AVERROR_EOF at the end.
  [[nodiscard]] int read(AVPacket& packet);

  // How many packets the container's own index lists so far; 0 where it lists none. Where
  // fewer were read, the file is cut off.
  [[nodiscard]] std::int64_t promised_packets() const;
  // The last error that the container's reader logged; empty if there was none.
  [[nodiscard]] std::string take_log() { return log_->take(); }

  [[nodiscard]] bool is_live() const { return live_ != nullptr; }
  [[nodiscard]] const AVFormatContext& file() const { return *file_; }
  [[nodiscard]] AVStream& stream() const { return *stream_; }
  [[nodiscard]] std::optional<DisplayMatrix> display_matrix() const;
  // `reorder_delay`: of the decoder, in frames.
  [[nodiscard]] ClockOptions clock_options(int reorder_delay) const;
  [[nodiscard]] VideoInfo info() const;

 private:
  Demuxer(std::filesystem::path path, const Limits& limits, Deadline& deadline, LogSink& log);
  Status open_all();
  Status open_io(const AVIOInterruptCB& interrupt);
  Status open_container();
  void settle_streams();
  Status find_stream();
  Status check_stream() const;
  void select_stream(int index);

  std::filesystem::path path_;
  Limits limits_;
  Deadline* deadline_;
  LogSink* log_;
  struct CloseIo {
    void operator()(AVIOContext* io) const;
  };
  // What libav's callback gets.
  struct Live {
    LiveInput& input;
    Deadline& deadline;
  };
  static int read_live(void* live, std::uint8_t* into, int size);
  std::unique_ptr<Live> live_;                // outlives io_; null for a file
  std::unique_ptr<AVIOContext, CloseIo> io_;  // outlives file_
  Handle<AVFormatContext, avformat_close_input> file_;
  AVStream* stream_ = nullptr;  // of file_
  ClockOptions clock_;          // without the delay
};

}  // namespace videogen::media
