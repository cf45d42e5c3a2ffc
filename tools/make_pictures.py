#!/usr/bin/env python3
"""`make docs-pictures`: what each kind of defect looks like, for docs/reading-a-report.md.

make_pictures.py PROGRAM FOLDER plants each kind in a rendered clip and writes FOLDER/KIND.jpg:
five frames around it, those that are damaged underlined in red, and one row of pixels of every
frame, earlier frames above later ones. What moves steadily slants in it; what stands still is
upright.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

WIDTH, HEIGHT = 240, 136  # of a frame
ROWS = 34                 # frames in the picture of one row
RATE, SECONDS = 24, 4

# Scene, seed (it decides the style of a defect), what is planted, and how high the row of pixels
# lies, 0…1.
CLIPS = {
    "cut": ("mountains", 1, "cut@2", 0.6),
    "flash": ("reef", 2, "flash@2", 0.6),
    "flicker": ("mountains", 3, "flicker@1.5:heavy", 0.6),
    "freeze": ("marbles", 1, "freeze@1.7", 0.55),
    "jump": ("marbles", 1, "jump@2:heavy", 0.55),
    "corruption": ("reef", 1, "corruption@2:heavy", 0.5),
    "noise": ("mountains", 1, "noise@2", 0.6),
    "morph": ("harbour", 1, "morph.melt@1:heavy", 0.6),
    "drift": ("mountains", 1, "drift@0.1:heavy", 0.6),
    "black": ("highway", 1, "black@1.8", 0.6),
}


def frames_to_show(kind, first, last, count):
    """Five, in order: what was before, what is wrong, and what follows where it ends."""
    if kind in ("cut", "jump"):
        return [first - 2, first - 1, first, first + 1, first + 2]
    if kind == "morph":  # how it comes about, and what stays
        return [first - 1, (first + last) // 2, last, (last + count) // 2, count - 1]
    if kind == "drift":
        return [round(first - 1 + i * (count - first) / 4) for i in range(5)]
    inside = sorted({first, (first + last) // 2, last})
    around = [first - 1, *inside, last + 1]
    while len(around) < 5:
        around.insert(0, around[0] - 1)
    return around


def rows_to_show(kind, first, last, count):
    if kind == "drift":
        step = count / ROWS
        return [int(i * step) for i in range(ROWS)]
    middle = first + min(last - first, ROWS // 2) // 2
    start = min(max(middle - ROWS // 2, 0), count - ROWS)
    return list(range(start, start + ROWS))


def chosen(numbers):
    return "select='" + "+".join(f"eq(n,{n})" for n in numbers) + "'"


def graph(kind, truth, height):
    first, last, count = truth["first_frame"], truth["last_frame"], RATE * SECONDS
    shown = frames_to_show(kind, first, last, count)
    rows = rows_to_show(kind, first, last, count)
    if kind == "morph":
        last = count - 1  # it stays
    damaged = [i for i, n in enumerate(shown) if first <= n <= last]
    underlined = "+".join(f"eq(n,{i})" for i in damaged)
    marked = [i for i, n in enumerate(rows) if first <= n <= last and kind != "drift"]
    row_height = HEIGHT // ROWS
    marks = f",drawbox=0:{marked[0] * row_height}:4:{len(marked) * row_height}:red:fill" if marked else ""
    return (
        f"[0:v]split[a][b];"
        f"[a]{chosen(shown)},scale={WIDTH}:{HEIGHT}:flags=area,"
        f"drawbox=0:ih-4:iw:4:red:fill:enable='{underlined}',setsar=1,format=rgb24,setpts=N/{RATE}/TB[frames];"
        f"[b]{chosen(rows)},crop=iw:1:0:ih*{height}:exact=1,scale={WIDTH}:{row_height}:flags=area,"
        f"tile=1x{ROWS}{marks},setsar=1,format=rgb24,setpts=N/{RATE}/TB[rows];"
        f"[frames][rows]concat=n=2:v=1,tile=3x2:padding=4:margin=0:color=white"
    )


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="videogen pictures ") as work:
        clip = pathlib.Path(work) / "clip.mp4"
        for kind, (scene, seed, defect, height) in CLIPS.items():
            subprocess.run([program, "sample", "--quiet", "--force", "--scene", scene, "--seed", str(seed),
                            "--size", "480x272", "--fps", str(RATE), "--seconds", str(SECONDS),
                            "--defect", defect, str(clip)], check=True)
            truth = json.loads(clip.with_name("clip.mp4.json").read_text())["defects"][0]
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(clip), "-filter_complex",
                            graph(kind, truth, height), "-frames:v", "1", "-q:v", "6",
                            str(folder / f"{kind}.jpg")], check=True)
            print(f"{folder / kind}.jpg: {(folder / f'{kind}.jpg').stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
