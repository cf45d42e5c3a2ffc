// From similarities to the original fields, the verdict and its reasons.
#pragma once

#include "coherence/report.h"

namespace videogen::coherence {

// Reads similarities, timestamps_s, threshold, multi_shot, fps and source; fills in the
// original fields, verdict and reasons, and appends to notes.
//
//   overall, min, max   over the pairs that count, in double
//   flagged_frames      pairs that count with similarity < threshold
//   validation_passed   overall ≥ threshold: equal passes
//   verdict             fail: mean under the threshold, or any flagged pair;
//                       unknown: no pair counts; else pass
//
// With multi_shot, pairs across a cut don't count. There is no shot detector behind this yet,
// so a cut is told from its surroundings: one pair under the threshold whose neighbours on
// both sides (where there are any) reach it. Two such pairs in a row may as well be a flash or
// something melting: they count. Each pair that is taken for a cut gets a note.
void judge(Report& report);

}  // namespace videogen::coherence
