"""Our warp_error against Lai et al.'s formula (2018, evaluate_WarpError) in NumPy.

Frames are decoded by ffmpeg and made small by OpenCV-Python. The flow is ours, so that formula
and masks can be held to 1e-4 of the value: OpenCV's releases estimate it differently, by up to
some tenths of the warp error. That our flow is one at all is checked beside it: taken along it,
a frame must predict the next one at least as well as along OpenCV-Python's, to within a fifth.
"""

import pathlib
import tempfile

import cv2
import numpy

import programs
import video

TOLERANCE = 1e-4  # of the value
WORSE = 1.2  # raw error along our flow, over that along OpenCV-Python's


def shrink(picture, side):
    height, width = picture.shape[:2]
    if min(width, height) <= side:
        return picture
    factor = side / min(width, height)
    size = (max(1, int(width * factor + 0.5)), max(1, int(height * factor + 0.5)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def luma(picture):
    r, g, b = (picture[..., c].astype(numpy.int64) for c in range(3))
    return ((19595 * r + 38470 * g + 7471 * b + 32768) >> 16).astype(numpy.uint8)


def sample(image, x, y):
    """Bilinear, beyond the border the nearest; image is [h, w, channels] floats."""
    height, width = image.shape[:2]
    x = numpy.clip(x, 0, width - 1)
    y = numpy.clip(y, 0, height - 1)
    x0 = numpy.clip(numpy.floor(x).astype(int), 0, width - 2)
    y0 = numpy.clip(numpy.floor(y).astype(int), 0, height - 2)
    a = (x - x0)[..., None]
    b = (y - y0)[..., None]
    top = image[y0, x0] * (1 - a) + image[y0, x0 + 1] * a
    low = image[y0 + 1, x0] * (1 - a) + image[y0 + 1, x0 + 1] * a
    return top * (1 - b) + low * b


def squared(field):
    return (field ** 2).sum(axis=-1)


def warped(second, forward):
    ys, xs = numpy.mgrid[:second.shape[0], :second.shape[1]].astype(numpy.float64)
    return sample(second.astype(numpy.float64) / 255, xs + forward[..., 0], ys + forward[..., 1])


def pair_error(first, second, forward, backward):
    ys, xs = numpy.mgrid[:first.shape[0], :first.shape[1]].astype(numpy.float64)
    back = sample(backward, xs + forward[..., 0], ys + forward[..., 1])
    occluded = squared(back + forward) > 0.01 * (squared(back) + squared(forward)) + 0.5
    right = numpy.zeros_like(forward)
    below = numpy.zeros_like(forward)
    right[:, :-1] = forward[:, 1:] - forward[:, :-1]
    below[:-1] = forward[1:] - forward[:-1]
    edge = squared(right) + squared(below) > 0.01 * squared(forward) + 0.002
    keep = ~(occluded | edge)
    if not keep.any():
        return 0.0
    return float(((warped(second, forward) - first / 255.0)[keep] ** 2).mean())


def our_flows(planes):
    """[n - 1, 2, height, width, 2]: from each to the next, and back."""
    height, width = planes[0].shape
    out = programs.run(programs.PEER, "flow", width, height,
                       data=b"".join(plane.tobytes() for plane in planes))
    flows = numpy.frombuffer(out, numpy.float32).astype(numpy.float64)
    return flows.reshape(len(planes) - 1, 2, height, width, 2)


def compare(clip):
    """Warp error by the formula; how much worse our flow predicts than OpenCV-Python's."""
    cv2.setNumThreads(1)
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    small = [shrink(shrink(frame, 360), 180) for frame in video.frames(clip)]
    planes = [luma(frame) for frame in small]
    flows = our_flows(planes)
    errors, ours, theirs = [], [], []
    for i, (forward, backward) in enumerate(flows):
        errors.append(pair_error(small[i], small[i + 1], forward, backward))
        other = search.calc(planes[i], planes[i + 1], None).astype(numpy.float64)
        for field, raw in ((forward, ours), (other, theirs)):
            raw.append(numpy.abs(warped(small[i + 1], field) - small[i] / 255.0).mean())
    return float(numpy.mean(errors)), float(numpy.mean(ours) / numpy.mean(theirs))


def main():
    failures = []
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        clips = list(video.render(pathlib.Path(scratch)))
        if (programs.SHARED / "videos" / "ai_car.mp4").exists():
            clips.append(("ai_car.mp4", programs.SHARED / "videos" / "ai_car.mp4"))
        for name, clip in clips:
            ours = video.measures(clip)["warp_error"]["value"]
            theirs, worse = compare(clip)
            count += 1
            if abs(ours - theirs) > TOLERANCE * theirs:
                failures.append(f"{name}: {ours}, by Lai's formula {theirs}")
            if worse > WORSE:
                failures.append(f"{name}: our flow predicts {worse:.2f} times as badly as OpenCV's")
    programs.report("warp_error", count,
                    f"clips against Lai's formula, flow beside OpenCV-Python {cv2.__version__}",
                    failures)


main()
