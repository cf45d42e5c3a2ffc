"""Our bicubic resize against Pillow's, to the last bit, on random sizes and contents."""

import numpy
import PIL
from PIL import Image

import programs

# Tiny, long and thin, one row, one column, the same size, and what clips are made of.
FIXED = [
    (1, 1, 1, 1), (1, 1, 224, 224), (2, 2, 1, 1), (3, 500, 224, 7), (500, 3, 7, 224),
    (1, 300, 40, 40), (300, 1, 40, 40), (224, 224, 224, 224), (64, 48, 64, 20), (64, 48, 20, 48),
    (1920, 1080, 398, 224), (1280, 720, 398, 224), (854, 480, 398, 224), (848, 480, 395, 224),
    (480, 854, 224, 398), (7, 5, 1000, 700), (4000, 3, 16, 2), (6, 3000, 3, 20), (5, 5, 5, 6),
]
RANDOM_CASES = 200


def sizes(random):
    yield from FIXED
    for _ in range(RANDOM_CASES):
        yield tuple(int(2 ** random.uniform(0, 9.5)) for _ in range(4))


def contents(random, width, height):
    picture = random.integers(0, 256, (height, width, 3), dtype=numpy.uint8)
    if random.random() < 0.3:  # only black and white: the cubic overshoots and is cut
        picture = (picture > 127).astype(numpy.uint8) * 255
    return picture


def main():
    random = numpy.random.default_rng(20260801)
    failures = []
    count = 0
    for width, height, new_width, new_height in sizes(random):
        picture = contents(random, width, height)
        ours = programs.peer_resize(picture, new_width, new_height)
        theirs = numpy.asarray(
            Image.fromarray(picture).resize((new_width, new_height), Image.Resampling.BICUBIC))
        count += 1
        if not numpy.array_equal(ours, theirs):
            failures.append(f"{width}x{height} to {new_width}x{new_height}: "
                            f"{int((ours != theirs).sum())} values differ")
    programs.report("resize", count, f"pictures against Pillow {PIL.__version__}", failures)


main()
