"""Our cuts against PySceneDetect's adaptive detector: a film with edits, and planted ones.

They measure different things (change of colour against what motion cannot explain); where a cut
is a cut they must agree to the frame. A dissolve is none to either. Without the film only the
rendered clips are compared, and that is said.
"""

import json
import pathlib
import subprocess
import tempfile

import scenedetect

import programs
import video

FILM = programs.SHARED / "videos" / "nasa.mp4"


def ours_and_theirs(clip, scratch):
    report = json.loads(programs.run(programs.VIDEOGEN, "validate", "--json", "--multi-shot", clip,
                                     statuses=(0, 1)))
    ours = [event["first_frame"] for event in report["events"] if event["kind"] == "cut"]
    # The film has two video streams, and each program takes another: theirs gets ours alone.
    alone = scratch / "alone.mkv"
    subprocess.run([video.FFMPEG, "-v", "error", "-y", "-i", clip, "-map",
                    f"0:{report['source']['stream_index']}", "-c:v", "ffv1", alone], check=True)
    scenes = scenedetect.detect(str(alone), scenedetect.AdaptiveDetector())
    return ours, [start.get_frames() for start, _ in scenes[1:]]


def rendered(scratch):
    for seed in ("1", "2"):
        clip = scratch / f"cuts-{seed}.mp4"
        programs.run(programs.VIDEOGEN, "sample", clip, "--seconds", "5", "--size", "320x180",
                     "--seed", seed, "--defect", "cut@1.5", "--defect", "cut@3.5")
        yield clip


def main():
    failures = []
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        clips = list(rendered(scratch))
        if FILM.exists():
            clips.append(FILM)
        else:
            print("cuts: the film is skipped: it is not there")
        for clip in clips:
            ours, theirs = ours_and_theirs(clip, scratch)
            count += len(theirs)
            if ours != theirs:
                failures.append(f"{clip.name}: cuts at frames {ours}, theirs {theirs}")
    programs.report("cuts", count, f"cuts against PySceneDetect {scenedetect.__version__}",
                    failures)


main()
