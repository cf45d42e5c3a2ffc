"""Our JPEG decoder against Pillow's, to the last bit: colours, subsampling, scans, odd sizes."""

import itertools
import pathlib
import tempfile

import numpy
import PIL
from PIL import Image

import programs

# One pixel, less than a block, a block and one more in either direction, and what models see.
SIZES = [(1, 1), (2, 3), (7, 5), (8, 8), (9, 17), (16, 16), (17, 9), (31, 64), (224, 224),
         (199, 321), (640, 360)]
# Pillow's names for 4:4:4, 4:2:2 and 4:2:0.
COLOURS = [("L", None), ("RGB", 0), ("RGB", 1), ("RGB", 2), ("CMYK", 0), ("CMYK", 2)]
QUALITIES = [10, 75, 95]


def picture(random, width, height, mode):
    """Waves with noise on them: smooth parts and hard edges, and colours beyond the gamut."""
    y, x = numpy.mgrid[0:height, 0:width]
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    waves = [128 + 127 * numpy.sin(x * random.uniform(0.01, 0.4) + y * random.uniform(0.01, 0.4))
             for _ in range(channels)]
    noise = random.normal(0, random.choice([0, 8, 60]), (height, width, channels))
    values = numpy.clip(numpy.stack(waves, axis=-1) + noise, 0, 255).astype(numpy.uint8)
    return Image.frombytes(mode, (width, height), values.tobytes())


def main():
    random = numpy.random.default_rng(20260801)
    failures = []
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        file = pathlib.Path(scratch) / "picture.jpg"
        for (width, height), (mode, subsampling), quality, progressive in itertools.product(
                SIZES, COLOURS, QUALITIES, (False, True)):
            extra = {} if subsampling is None else {"subsampling": subsampling}
            picture(random, width, height, mode).save(file, quality=quality,
                                                      progressive=progressive, **extra)
            with Image.open(file) as opened:
                theirs = numpy.asarray(opened.convert("RGB"))
            ours = programs.peer_decode(file, width, height)
            count += 1
            if ours is None or not numpy.array_equal(ours, theirs):
                found = "another size" if ours is None else f"{int((ours != theirs).sum())} values differ"
                failures.append(f"{mode} {width}x{height}, subsampling {subsampling}, quality "
                                f"{quality}, progressive {progressive}: {found}")
    programs.report("jpeg", count, f"pictures against Pillow {PIL.__version__}", failures)


main()
