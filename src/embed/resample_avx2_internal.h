// The passes of resample_internal.h for AVX2; to be called only where the CPU has it.
#pragma once

#include "embed/resample_internal.h"

#if defined(__x86_64__)
#define VIDEOGEN_HAVE_AVX2_RESAMPLE 1

namespace videogen::embed {

void horizontal_avx2(const media::Image& picture, int first_row, int rows, const Taps& taps,
                     PaddedRows& out);
void vertical_avx2(const PaddedRows& in, int first_row, const Taps& taps, media::Image& out);

}  // namespace videogen::embed
#endif
