"""A clip's frames as the checks see them: decoded by the ffmpeg program, not by ours."""

import json
import shutil
import subprocess

import numpy

import programs

FFMPEG = shutil.which("ffmpeg")


def frames(clip):
    """[n, height, width, 3] bytes, RGB; all frames."""
    probe = programs.run("ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json",
                         "-show_entries", "stream=width,height", clip)
    stream = json.loads(probe)["streams"][0]
    width, height = stream["width"], stream["height"]
    raw = subprocess.run(
        [FFMPEG, "-v", "error", "-i", str(clip), "-map", "0:v:0", "-fps_mode", "passthrough",
         "-pix_fmt", "rgb24", "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
    return numpy.frombuffer(raw, numpy.uint8).reshape(-1, height, width, 3)


def render(folder):
    """Rendered clips with something in them, as (name, path): sound and damaged, wide and tall."""
    kinds = {
        "sound": ["--size", "320x180", "--seed", "4"],
        "flicker": ["--size", "426x240", "--seed", "5", "--defect", "flicker@0.7:heavy"],
        "noise": ["--size", "180x322", "--seed", "6", "--defect", "noise@0.7:heavy"],
        "large": ["--size", "854x480", "--seed", "7", "--defect", "cut@0.7"],
    }
    for name, flags in kinds.items():
        clip = folder / f"{name}.mp4"
        programs.run(programs.VIDEOGEN, "sample", clip, "--seconds", "1.5", "--fps", "16", *flags)
        yield name, clip


def measures(clip, *flags):
    out = programs.run(programs.VIDEOGEN, "validate", "--json", *flags, clip, statuses=(0, 1))
    return json.loads(out)["measures"]
