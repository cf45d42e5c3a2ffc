"""Our sharpness against scikit-image's Laplacian, on frames that ffmpeg decoded.

By definition: at 360 lines, mean |Laplacian| of the four neighbours over each block of 16 pixels
(inner pixels of the picture only), the block with three quarters of the others below it, the
median over the frames. Within 1e-3: we keep logarithms as float32.
"""

import pathlib
import tempfile

import cv2
import numpy
import skimage
from skimage.filters import laplace

import programs
import video

TOLERANCE = 1e-3  # of the value
BLOCK = 16


def frame_sharpness(picture):
    height, width = picture.shape[:2]
    if min(height, width) > 360:
        factor = 360 / min(height, width)
        picture = cv2.resize(picture, (int(width * factor + 0.5), int(height * factor + 0.5)),
                             interpolation=cv2.INTER_AREA)
    r, g, b = (picture[..., c].astype(numpy.int64) for c in range(3))
    luma = ((19595 * r + 38470 * g + 7471 * b + 32768) >> 16).astype(numpy.float64)
    detail = numpy.abs(laplace(luma, ksize=3))
    height, width = luma.shape
    blocks = []
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            part = detail[max(top, 1):min(top + BLOCK, height - 1),
                          max(left, 1):min(left + BLOCK, width - 1)]
            if part.size:
                blocks.append(part.mean())
    blocks.sort()
    return blocks[min(len(blocks) - 1, int(0.75 * len(blocks)))]


def main():
    failures = []
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, clip in video.render(pathlib.Path(scratch)):
            ours = video.measures(clip)["sharpness"]["value"]
            theirs = float(numpy.median([frame_sharpness(frame) for frame in video.frames(clip)]))
            count += 1
            if abs(ours - theirs) > TOLERANCE * theirs:
                failures.append(f"{name}: {ours}, by scikit-image {theirs}")
    programs.report("sharpness", count,
                    f"clips against scikit-image {skimage.__version__}'s Laplacian", failures)


main()
