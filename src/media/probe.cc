#include "media/probe.h"

#include "media/demuxer_internal.h"

namespace videogen::media {

Result<VideoInfo> probe(const std::filesystem::path& path, const Limits& limits) {
  LogSink log;
  Deadline deadline(limits.max_time);
  const Deadline::Call call(deadline, {});
  VIDEOGEN_TRY(const Demuxer demuxer, Demuxer::open(path, limits, deadline, log));
  return demuxer.info();
}

}  // namespace videogen::media
