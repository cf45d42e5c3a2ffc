// From similarities to the original fields, the verdict and its reasons.
#pragma once

#include "coherence/report.h"

namespace videogen::coherence {

// Reads similarities, timestamps_s, threshold, multi_shot, fps, source and analysis; fills in
// the original fields, verdict and reasons, and appends to notes.
//
//   overall, min, max   over the pairs that count, in double
//   flagged_frames      pairs that count with similarity < threshold
//   validation_passed   overall ≥ threshold: equal passes
//
// The verdict, where every frame was looked at (analysis is there):
//   fail      mean under the threshold; an event of a defect (with multi_shot a cut is none);
//             a measure past its gate
//   unknown   no pair counts, and fewer than two frames to look at
//   pass      else; flagged pairs that no event explains are notes
// and where it was not:
//   fail      mean under the threshold, or any flagged pair
//   unknown   no pair counts
//   pass      else
//
// With multi_shot, pairs across a cut don't count: across an event of that kind, and without
// an analysis across a lone change: one pair under the threshold whose neighbours on both
// sides (where there are any) reach it. Two such pairs in a row may as well be a flash or
// something melting: they count. Each pair that is taken for a cut gets a note.
void judge(Report& report);

// Whether an event speaks against a clip: all but a fade, and changes of shots that are meant.
[[nodiscard]] bool is_defect(const Event& event, bool multi_shot);

}  // namespace videogen::coherence
