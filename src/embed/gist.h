// GIST-512: the descriptor of Oliva and Torralba, "Modeling the shape of the scene" (IJCV
// 2001): log-luma, local contrast normalisation, Gabor energy at 4 scales × 8 orientations on
// a 4×4 grid. It needs no weights. It sees layout and geometry, not identity or colour.
//
//   1. The picture, shrunk by area to 256×256, aspect not kept: every pixel of the small one
//      is the mean of the rectangle it covers, partly covered pixels by their part.
//   2. g = ln(1 + (R+G+B)/3).
//   3. L(x) is a periodic Gaussian low-pass, exp(-(u²+v²)/fc²) at u, v cycles an image,
//      fc = 4/√(ln 2). h = g - L(g); h ← h / (0.2 + √|L(h²)|).
//   4. 32 filters G = exp(-3.5 (f/f0 - 1)² - 8 t²), f in cycles a pixel, f0 = 0.3/1.85^i,
//      i = 0…3; t = θ + πo/8 wrapped to ±π, o = 0…7, θ the angle of the frequency.
//   5. The mean of |ifft(fft(h) G)| in each cell of a 4×4 grid; order scale, orientation, row,
//      column; divided by their L2 norm.
//
// The moduli of step 5 are taken at 128×128 points, the centres of 2×2 pixels, instead of at
// every pixel, because a folded spectrum costs a fifth of a full transform. Against full
// transforms in double precision that changes a descriptor by at most 5e-6 in 1 - cosine and a
// similarity of neighbouring samples by at most 3e-4 (measured over 31 clips: 4.4e-6, 2.3e-4;
// gist_test.cc holds it to that on a rendered scene).
#pragma once

#include <memory>

#include "embed/embedder.h"

namespace videogen::embed {

// prepare() does steps 1 and 2, embed() the rest, on as many threads as there are pictures and
// cores. A picture whose g spans less than 0.001 (a third of the smallest step of one channel
// at full brightness) is flat: it has no descriptor, and its row is zero.
// A clip's frames come shrunk by FFmpeg's area scaler from the decoder's planes (see
// area_size()). Shrinking the full RGB picture, as is done with stills, moves similarities by up
// to 0.001 within a shot and 0.02 across a cut, most where it is dark: RGB is clipped at black
// before the mean is taken.
[[nodiscard]] std::shared_ptr<const Embedder> make_gist();

}  // namespace videogen::embed
