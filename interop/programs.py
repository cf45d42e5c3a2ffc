"""The programs under test, and what the checks share."""

import json
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = SOURCE / "tests" / "golden"
SHARED = SOURCE.parent / "shared"
VIDEOGEN = os.environ["VIDEOGEN"]
PEER = str(pathlib.Path(os.environ["VIDEOGEN_BUILD_DIR"]) / "videogen_peer")


def run(*command, data=None, statuses=(0,), environment=None):
    """Standard output of a program, as bytes; anything but `statuses` ends the check."""
    done = subprocess.run(
        [str(word) for word in command], input=data, capture_output=True, timeout=600,
        env={**os.environ, **(environment or {})}, check=False)
    if done.returncode not in statuses:
        words = " ".join(str(word) for word in command)
        sys.exit(f"{words}: exit status {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def peer_tokenize(folder, texts, max_length=77):
    """The ids of each text."""
    lines = "".join(json.dumps(text) + "\n" for text in texts).encode()
    out = run(PEER, "tokenize", folder, max_length, data=lines)
    return [json.loads(line) for line in out.splitlines()]


def peer_resize(array, width, height):
    """A [height, width, 3] array of bytes, resized."""
    import numpy

    out = run(PEER, "resize", array.shape[1], array.shape[0], width, height, data=array.tobytes())
    return numpy.frombuffer(out, numpy.uint8).reshape(height, width, 3)


def peer_decode(file, width, height):
    """A picture's file as a [height, width, 3] array of bytes; None if it has another size."""
    import numpy

    out = numpy.frombuffer(run(PEER, "decode", file), numpy.uint8)
    return out.reshape(height, width, 3) if out.size == height * width * 3 else None


def report(name, count, what, failures):
    """Prints one line and ends the check: with 1 if there are failures, the first of them shown."""
    for failure in failures[:5]:
        print(f"  {failure}", file=sys.stderr)
    verdict = "equal" if not failures else f"{len(failures)} DIFFER"
    print(f"{name}: {count} {what}: {verdict}")
    sys.exit(1 if failures or count == 0 else 0)
