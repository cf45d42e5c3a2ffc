"""The clips that the evaluation judges: what is planted where, and what only looks like a defect.

A case is made once and kept under a name that digests all it is made from.
"""

import concurrent.futures
import csv
import dataclasses
import hashlib
import json
import pathlib
import random
import subprocess

KINDS = ["cut", "flash", "flicker", "freeze", "jump", "corruption", "noise", "morph", "drift", "black"]
SEVERITIES = ["light", "medium", "heavy"]
MORPHS = ["vanish", "turn", "appear", "melt", "smear", "pop"]
FOLDS = 4
SCENE_SIZE, SCENE_FPS, SCENE_SECONDS = "480x270", 24, 5
CLIP_LINES, CLIP_SECONDS = 360, 6
# A freeze or a jump hardly shows in them.
STILL = {"bust", "still-life", "ai_AnimateLCM_svd_dogwater"}
# What persists needs time after it to be seen to persist; what passes must pass.
ROOM_S = 1.6


@dataclasses.dataclass
class Case:
    name: str
    path: str  # of the clip
    origin: str  # scene, footage
    source: str  # the scene's or the clip's name
    fold: int
    kind: str | None = None  # None: nothing is planted
    severity: str | None = None
    style: str | None = None  # where it was asked for
    control: str | None = None  # clean, or what it is that looks like a defect
    multi_shot: bool = False  # judged with that flag
    foreign: str | None = None  # the name of what lends its content
    truth: list = dataclasses.field(default_factory=list)  # as sample wrote it


def digest(*parts):
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def fold_of(name):
    """By name alone, so that a clip stays in its fold whatever is added beside it."""
    return int(digest("fold", name)[:8], 16) % FOLDS


def half_of(name):
    return fold_of(name) % 2


def file_digest(*paths):
    sha = hashlib.sha256()
    for path in sorted(paths):
        sha.update(pathlib.Path(path).read_bytes())
    return sha.hexdigest()


def read_labels(folder):
    """The rows of labels.tsv by clip: verdict, and its places as (kinds, start_s, end_s)."""
    labels = {}
    with open(pathlib.Path(folder) / "labels.tsv", newline="") as table:
        for row in csv.reader((line for line in table if not line.startswith("#")), delimiter="\t"):
            name, verdict, kinds, start, end = (row + [""] * 5)[:5]
            label = labels.setdefault(name, {"verdict": verdict, "places": []})
            if start and end:
                label["places"].append((kinds.split(","), float(start), float(end)))
    return labels


def find_clip(folder, name):
    """The file of a label; None where it is not there."""
    return next((path for path in sorted(pathlib.Path(folder).glob(name + ".*"))
                 if path.suffix not in (".json", ".tsv", ".md")), None)


def probe(path):
    """Width, height, frame rate and length of what ffmpeg would play."""
    out = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                          "stream=width,height,avg_frame_rate:format=duration", "-of", "json", str(path)],
                         check=True, capture_output=True, text=True).stdout
    document = json.loads(out)
    stream = max(document["streams"], key=lambda s: s["width"] * s["height"])
    top, bottom = map(int, stream["avg_frame_rate"].split("/"))
    return stream["width"], stream["height"], top / bottom, float(document["format"]["duration"])


class Kitchen:
    """Makes cases under a folder, several at a time."""

    def __init__(self, videogen, folder, source, jobs):
        self.videogen = str(videogen)
        self.folder = pathlib.Path(folder)
        self.jobs = jobs
        (self.folder / "clips").mkdir(parents=True, exist_ok=True)
        code = [p for p in pathlib.Path(source).glob("src/scenes/*") if not p.stem.endswith("_test")]
        # Planting is worked on more often than scenes, which cost most of the time.
        planting = ("change", "defect", "footage", "heal", "region", "scene", "source", "stage", "write")
        self.scenes_digest = file_digest(*(p for p in code if not p.stem.startswith(planting)))
        self.code_digest = file_digest(*code)
        self.facts = {}

    def make(self, label, key, command):
        """The path of a clip that `command(path)` writes, unless it is there."""
        path = self.folder / "clips" / f"{label}-{digest(key)[:12]}.mp4"
        if not path.exists():
            partial = path.with_name("partial-" + path.name)
            done = subprocess.run(command(str(partial)), capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"{path.name}: {done.stderr.strip()}")
            truth = pathlib.Path(str(partial) + ".json")
            if truth.exists():
                truth.rename(str(path) + ".json")
            partial.rename(path)
        return path

    def render(self, scene, seed, *flags):
        arguments = ["--scene", scene, "--seed", str(seed), "--size", SCENE_SIZE, "--fps", str(SCENE_FPS),
                     "--seconds", str(SCENE_SECONDS), *flags]
        code = self.code_digest if flags else self.scenes_digest
        label = "-".join(["scene", scene, str(seed), *(f.split("@")[0] for f in flags if "@" in f)])
        return self.make(label, [code, arguments],
                         lambda out: [self.videogen, "sample", "--force", "--quiet", *arguments, out])

    def plant(self, label, clip, *flags):
        key = [self.code_digest, str(clip), pathlib.Path(clip).stat().st_size, flags]
        return self.make(label, key, lambda out: [self.videogen, "sample", "--force", "--quiet",
                                                  "--from", str(clip), *flags, out])

    def filtered(self, label, clip, *arguments, before=()):
        """What the ffmpeg program makes of a clip."""
        key = [str(clip), pathlib.Path(clip).stat().st_size, before, arguments]
        return self.make(label, key, lambda out: [
            "ffmpeg", "-nostdin", "-v", "error", "-y", *before, "-i", str(clip), *arguments, "-an",
            "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", out])

    def each(self, tasks):
        """Results of the tasks, in order; the first failure ends it."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(lambda task: task(), tasks))


def truth_of(path):
    return json.loads(pathlib.Path(str(path) + ".json").read_text())["defects"]


@dataclasses.dataclass
class Origin:
    """A clean clip that defects are planted into."""
    kind: str  # scene, footage
    name: str
    path: pathlib.Path
    flags: list  # size and length
    fps: float
    seconds: float
    seed: int = 1

    def case(self, name, path, **more):
        return Case(name, str(path), self.kind, self.name, fold_of(self.name), **more)


def scene_origins(kitchen, scenes, seeds):
    wanted = [(scene, seed) for seed in range(1, seeds + 1) for scene in scenes]
    paths = kitchen.each([lambda s=s, n=n: kitchen.render(s, n) for s, n in wanted])
    return [Origin("scene", scene, path, [], SCENE_FPS, SCENE_SECONDS, seed)
            for (scene, seed), path in zip(wanted, paths)]


def clip_origins(folder):
    """The clips that a viewer found sound, no more than CLIP_LINES high and CLIP_SECONDS long."""
    found = []
    for name, label in read_labels(folder).items():
        path = find_clip(folder, name)
        if label["verdict"] != "pass" or path is None:
            continue
        width, height, fps, seconds = probe(path)
        scale = min(1, CLIP_LINES / height)
        size = f"{2 * round(width * scale / 2)}x{2 * round(height * scale / 2)}"
        flags = ["--size", size]
        if seconds > CLIP_SECONDS:
            flags += ["--seconds", str(CLIP_SECONDS)]
        found.append(Origin("footage", name, path, flags, fps, min(seconds, CLIP_SECONDS)))
    return found


def start_of(origin, kind, chance):
    """When the defect begins: in the middle part, with room after it; a drift, early."""
    latest = max(2 / origin.fps, origin.seconds - ROOM_S)
    low, high = (0.1, 0.25) if kind == "drift" else (0.25, 0.6)
    start = chance.uniform(min(low * origin.seconds, latest), min(high * origin.seconds, latest))
    return round(round(start * origin.fps) / origin.fps, 4)


def choose(origins, group, i):
    """The i-th clip of a group of cases: of both halves by turns, each gone through."""
    half = [o for o in origins if half_of(o.name) == i % 2] or origins
    return half[(7 * group + 3 * (i // 2)) % len(half)]


def planted(kitchen, origins, per_kind, per_style=1):
    """Tasks that make the planted cases: of each kind and severity `per_kind`, and of a morph at
    least `per_style` of each style."""
    tasks = []
    for k, kind in enumerate(KINDS):
        usable = [o for o in origins if kind not in ("freeze", "jump") or o.name not in STILL]
        count = max(per_kind, per_style * len(MORPHS)) if kind == "morph" else per_kind
        for i in range(count):
            origin = choose(usable, k, i)
            chance = random.Random(digest(kind, i, origin.name, origin.seed))
            start, seed = start_of(origin, kind, chance), chance.randrange(1, 10000)
            # What is foreign comes from the same half, so that a fold shares clips with one other only.
            others = [o for o in origins
                      if o.name != origin.name and half_of(o.name) == half_of(origin.name)]
            other = chance.choice(others) if others else None
            # The styles that a half has in scenes it lacks in footage: neither half lacks one.
            turn = i + (origin.kind == "footage")
            style = MORPHS[turn % len(MORPHS)] if kind == "morph" else None
            for severity in SEVERITIES:
                tasks.append(lambda a=(origin, other, kind, style, severity, start, seed):
                             plant_case(kitchen, *a))
    return tasks


def plant_case(kitchen, origin, other, kind, style, severity, start, seed):
    spelled = f"{kind}.{style}" if style else kind
    defect = f"{spelled}@{start}:{severity}"
    label = f"{origin.kind}-{origin.name}-{origin.seed}-{spelled}-{severity}"
    foreign = ["--with", str(other.path)] if other else []
    path = kitchen.plant(label, origin.path, *origin.flags, *foreign, "--seed", str(seed), "--defect", defect)
    return origin.case(path.stem, path, kind=kind, severity=severity, style=style,
                       foreign=other.name if other else None, truth=truth_of(path))


def rendered(kitchen, scenes, per_kind):
    """Tasks for what only a renderer can plant: the same place with other things in it."""
    tasks = []
    for kind in ("morph", "drift"):
        for i in range(max(1, per_kind // 2)):
            scene = scenes[(3 * i + (5 if kind == "drift" else 0)) % len(scenes)]
            for severity in SEVERITIES:
                tasks.append(lambda a=(scene, 20 + i, kind, severity): render_case(kitchen, *a))
    return tasks


def render_case(kitchen, scene, seed, kind, severity):
    start = 0.75 if kind == "drift" else 2
    path = kitchen.render(scene, seed, "--defect", f"{kind}@{start}:{severity}")
    origin = Origin("scene", scene, path, [], SCENE_FPS, SCENE_SECONDS, seed)
    return origin.case(path.stem, path, kind=kind, severity=severity, truth=truth_of(path))


# What only looks like a defect: name, and what ffmpeg does to a clean clip of `fps`.
def control_filters(fps, seconds):
    half, strike = seconds / 2, round(0.45 * seconds, 2)
    return {
        "low bitrate": ["-crf", "38"],
        "faded in": ["-vf", "fade=in:d=1"],
        "static": ["-vf", f"select='eq(n,5)',loop=-1:1,setpts=N/({fps}*TB)", "-r", str(fps), "-t", str(half)],
        # Twice as large in the middle of a pan, so that the steps are whole pixels.
        "panned still": ["-vf", f"select='eq(n,5)',loop=-1:1,setpts=N/({fps}*TB),scale=iw*5/4:-2,"
                         f"crop=iw*4/5:ih*4/5:x='(iw-ow)*min(1,n/{seconds * fps:.0f})':y='(ih-oh)/2'",
                         "-r", str(fps), "-t", str(seconds)],
        "double speed": ["-vf", "setpts=PTS/2", "-r", str(fps)],
        "letterboxed": ["-vf", "crop=iw:floor(ih*3/8)*2,pad=iw:ceil(ih*2/3)*2:0:(oh-ih)/2"],
        "on twos": ["-vf", f"fps={fps / 2},fps={fps}"],
        # Dark parts gain most, and it dies away in a third of a second, as light in the world does.
        "lightning": ["-vf", f"eq=eval=frame:gamma='1+1.3*gte(t,{strike})*exp(-9*(t-{strike}))'"],
    }


def controls(kitchen, origins, count):
    """Tasks for `count` clips of each control."""
    tasks = []
    for k, name in enumerate(control_filters(24, 4)):
        for i in range(count):
            origin = choose(origins, k, i)
            tasks.append(lambda a=(origin, name): control_case(kitchen, *a))
    for i in range(count):
        # The next of the same half is what it is cut to.
        tasks.append(lambda i=i: shots_case(kitchen, choose(origins, 0, i), choose(origins, 0, i + 2)))
    return tasks


def clean_case(kitchen, origin):
    """Scaled and encoded as the planted ones are, without a defect."""
    path = kitchen.plant(f"{origin.kind}-{origin.name}-{origin.seed}-clean", origin.path, *origin.flags)
    return origin.case(path.stem, path, control="clean")


def control_case(kitchen, origin, name):
    clean = clean_case(kitchen, origin)
    _, _, fps, seconds = probe(clean.path)
    path = kitchen.filtered(f"{origin.kind}-{origin.name}-{origin.seed}-{name.replace(' ', '-')}",
                            clean.path, *control_filters(fps, seconds)[name])
    return origin.case(path.stem, path, control=name)


def shots_case(kitchen, origin, other):
    seed = str(1 + fold_of(other.name))
    start = round(round(0.5 * origin.seconds * origin.fps) / origin.fps, 4)
    path = kitchen.plant(f"{origin.kind}-{origin.name}-{origin.seed}-shots", origin.path, *origin.flags,
                         "--with", str(other.path), "--seed", seed, "--defect", f"cut@{start}:heavy")
    return origin.case(path.stem, path, control="cut, --multi-shot", multi_shot=True,
                       foreign=other.name, truth=truth_of(path))


def make_cases(kitchen, scenes, clips, per_kind, only=None, per_style=1):
    """All cases, made. `clips` is a folder with labels.tsv, or None."""
    parts = []
    if only != "footage":
        seeds = 1 + per_kind // 4
        origins = scene_origins(kitchen, scenes, seeds)
        parts.append((origins, rendered(kitchen, scenes, per_kind)))
    if clips and only != "scenes":
        parts.append((clip_origins(clips), []))
    tasks = []
    for origins, more in parts:
        tasks += [lambda o=o: clean_case(kitchen, o) for o in origins]
    # The controls start from the clean ones: those must be there before.
    cases = kitchen.each(tasks)
    tasks = []
    for origins, more in parts:
        tasks += planted(kitchen, origins, per_kind, per_style) + more + controls(kitchen, origins, max(2, per_kind))
    return cases + kitchen.each(tasks)
