"""Our temporal_flickering against VBench's formula in NumPy, on frames that ffmpeg decoded.

VBench (temporal_flickering.py): the mean absolute difference of each pair of neighbouring frames
at full size, their mean, (255 - it) / 255. To within 1e-6.
"""

import pathlib
import tempfile

import numpy

import programs
import video

TOLERANCE = 1e-6


def flickering(clip):
    errors = []
    before = None
    for frame in video.frames(clip).astype(numpy.int16):
        if before is not None:
            errors.append(float(numpy.mean(numpy.abs(frame - before))))
        before = frame
    return (255 - float(numpy.mean(errors))) / 255


def main():
    failures = []
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        clips = list(video.render(pathlib.Path(scratch)))
        for name in ("ai_car.mp4", "ai_t2vturbo_suitman.gif"):
            if (programs.SHARED / "videos" / name).exists():
                clips.append((name, programs.SHARED / "videos" / name))
        for name, clip in clips:
            ours = video.measures(clip)["temporal_flickering"]["value"]
            theirs = flickering(clip)
            count += 1
            if abs(ours - theirs) > TOLERANCE:
                failures.append(f"{name}: {ours}, by VBench's formula {theirs}")
    programs.report("flickering", count, f"clips against VBench's formula, within {TOLERANCE}",
                    failures)


main()
