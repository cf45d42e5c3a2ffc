// The pictures of a finished report, by reading its clip once more.
//
// Where something happened is known only after the clip is over, and keeping every frame until
// then is out of the question. So the frames that a report points at are fetched afterwards: a
// second decoding, paid only by who wants pictures.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>

#include "base/error.h"
#include "coherence/pictures.h"
#include "coherence/report.h"
#include "media/frame_reader.h"

namespace videogen::coherence {

struct PictureOptions {
  media::Rational fps{1, 1};  // the rate that the report was made with
  media::Limits limits{};
  // Frames done, and expected in all; called from the calling thread.
  std::function<void(std::int64_t done, std::optional<std::int64_t> total)> progress{};
};

// Adds to `collector` what it lacks: all samples (if it has none), the events with most evidence
// and the flagged pairs with the least similarity, as many as it takes.
//
//   before, at, after   an event: the frame before its first, the one in its middle, the one
//                       after its last; a cut: the last of the old shot and the first two of the
//                       new one; a pair: its two samples, as before and at
//   flow                motion from before to at (motion_picture.h)
//
// `path` must hold the clip that the report is about. Where no frame but samples is needed, the
// others are not decoded. Holds at most some 130 pictures of thumbnail size meanwhile, 23 MB.
// Errors: as media::FrameReader.
[[nodiscard]] Status read_pictures(const std::filesystem::path& path, const Report& report,
                                   const PictureOptions& options, PictureCollector& collector,
                                   std::stop_token stop = {});

}  // namespace videogen::coherence
