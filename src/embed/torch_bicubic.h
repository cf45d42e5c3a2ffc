// The preprocessing that VBench gives its CLIP: torch's bicubic resize without antialiasing.
//
// VBench (utils.py, clip_transform) resizes float tensors with torchvision's
// Resize(n, BICUBIC, antialias=False), crops the centre, divides by 255 and normalises. Unlike
// preprocess.h it looks at four by four pixels however much is shrunk, uses a = -0.75, and
// neither clamps nor rounds: the cubic's overshoot goes into the model.
#pragma once

#include <span>

#include "media/image.h"

namespace videogen::embed {

// torch.nn.functional.interpolate(mode="bicubic", align_corners=False) of the picture's values,
// 0…255 and what overshoots: [3, height, width], RGB planes, float32.
void resize_like_torch(const media::Image& picture, int width, int height, std::span<float> out);

// clip_transform(size): shorter side to `size`, the longer one keeps the aspect, rounded down;
// centre crop, its offset rounded half to even; / 255; OpenAI's mean and standard deviation.
// out: [3, size, size].
void vbench_pixels(const media::Image& picture, int size, std::span<float> out);

}  // namespace videogen::embed
