"""Runs the built program as a user does. Shared by the *_test.py beside it; standard library only."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ.get("VIDEOGEN", "")
SOURCE = pathlib.Path(__file__).resolve().parent.parent
FFMPEG = shutil.which("ffmpeg")
TINY_MODEL = SOURCE / "tests/golden/clip/tiny-quick-gelu"

# What the caller's shell may hold must not decide what is tested.
CLEAN_ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("VIDEOGEN", "HF_", "GOOGLE_", "GCE_", "CLOUDSDK_", "STORAGE_"))
    and not name.lower().endswith("_proxy") and name not in ("NO_COLOR", "TMPDIR")
}

BUILD = os.environ.get("VIDEOGEN_BUILD_DIR")


def build_option(name):
    """What CMake was told of the build under test; "" where that is not known."""
    if not BUILD:
        return ""
    cache = pathlib.Path(BUILD, "CMakeCache.txt").read_text()
    found = re.search(rf"^{name}:\w+=(.*)$", cache, re.MULTILINE)
    return found[1] if found else ""


def sanitized():
    return build_option("VIDEOGEN_SANITIZE") != ""


RENDERED = {}  # clips by the flags that made them


class ProgramTest(unittest.TestCase):
    """A folder for each test, and ways to run the program in it."""

    @classmethod
    def setUpClass(cls):
        if not PROGRAM:
            raise unittest.SkipTest("VIDEOGEN names no program")

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="videogen test ")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        self.folder = self.home / "work"
        self.folder.mkdir()
        # No model of this machine is found, and no cache of this user is touched.
        self.environment = CLEAN_ENVIRONMENT | {
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "HF_HOME": str(self.home / "hf"),
            "LC_ALL": "C.UTF-8",
            "METADATA_SERVER_DETECTION": "none",
        }

    def start(self, *arguments, environment=None, **options):
        defaults = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": self.folder,
            "env": self.environment | (environment or {}),
        }
        return subprocess.Popen([PROGRAM, *arguments], **(defaults | options))

    def run_program(self, *arguments, stdin=None, **options):
        """Exit status, standard output, standard error; a program that hangs fails the test."""
        if stdin is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start(*arguments, **options)
        try:
            out, err = process.communicate(stdin, timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"hangs: {arguments}")
        self.assertGreaterEqual(process.returncode, 0, f"died of a signal: {arguments}")
        return process.returncode, (out or b"").decode(), (err or b"").decode()

    def succeed(self, *arguments, status=0, **options):
        """Standard output of a run that ends with `status` and says nothing else."""
        code, out, err = self.run_program(*arguments, **options)
        self.assertEqual((code, err), (status, ""), arguments)
        return out

    def refuse(self, status, pattern, *arguments, **options):
        """A run that ends with `status` and exactly one line, which matches `pattern`."""
        code, out, err = self.run_program(*arguments, **options)
        self.assertEqual(code, status, f"{arguments}: {out}{err}")
        self.assert_one_error(err, pattern)
        return out

    def assert_one_error(self, err, pattern):
        self.assertRegex(err, r"\Avideogen: [^\n]+\n\Z")
        self.assertRegex(err, pattern)

    def report(self, *arguments, status=0, **options):
        document = json.loads(self.succeed("validate", "--json", *arguments, status=status, **options))
        check_report(document)
        return document

    def render(self, name, *flags):
        """A small clip of a scene: 3 s at 12 frames a second, unless the flags say otherwise."""
        self.succeed("sample", "--quiet", "--size", "128x72", "--fps", "12", "--seconds", "3",
                     *flags, "--", name)
        return self.folder / name

    def sample(self, name, *flags):
        """The same, rendered only once for all tests of this run."""
        path = self.folder / name
        if flags in RENDERED:
            path.write_bytes(RENDERED[flags])
        else:
            RENDERED[flags] = self.render(name, *flags).read_bytes()
            (self.folder / (name + ".json")).unlink()
        return path

    def ffmpeg(self, *arguments):
        if FFMPEG is None:
            self.skipTest("no ffmpeg program")
        subprocess.run([FFMPEG, "-hide_banner", "-loglevel", "error", "-y", *arguments],
                       cwd=self.folder, check=True, stdin=subprocess.DEVNULL)

    def files(self):
        """All names below the test's home, but for the CLIP cache."""
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*")
                      if path.is_file() and "cache" not in path.parts)


TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "number": (int, float), "integer": int,
}


def is_type(value, name):
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, TYPES[name])


class Schema:
    """The part of JSON Schema that docs/report.schema.json uses; any other keyword is an error."""

    ANNOTATIONS = {"$schema", "$id", "$defs", "$comment", "title", "description", "then", "else"}

    def __init__(self, root):
        self.root = root

    def errors(self, value, schema, place="$"):
        for keyword, argument in schema.items():
            if keyword in self.ANNOTATIONS:
                continue
            check = getattr(self, "check_" + keyword.replace("$", ""), None)
            if check is None:
                raise ValueError(f"the schema uses {keyword}, which this test does not know")
            yield from check(value, argument, schema, place)

    def holds(self, value, schema):
        return not any(True for _ in self.errors(value, schema))

    def check_ref(self, value, argument, _, place):
        schema = self.root
        for name in argument.removeprefix("#/").split("/"):
            schema = schema[name]
        yield from self.errors(value, schema, place)

    def check_type(self, value, argument, _, place):
        names = argument if isinstance(argument, list) else [argument]
        if not any(is_type(value, name) for name in names):
            yield f"{place}: {value!r} is not {names}"

    def check_const(self, value, argument, _, place):
        if value != argument:
            yield f"{place}: {value!r} is not {argument!r}"

    def check_enum(self, value, argument, _, place):
        if value not in argument:
            yield f"{place}: {value!r} is not one of {argument}"

    def check_required(self, value, argument, _, place):
        if isinstance(value, dict):
            yield from (f"{place}: no {name}" for name in argument if name not in value)

    def check_additionalProperties(self, value, argument, schema, place):
        if not isinstance(value, dict):
            return
        for name in value.keys() - schema.get("properties", {}).keys():
            if argument is False:
                yield f"{place}: unexpected {name}"
            else:
                yield from self.errors(value[name], argument, f"{place}.{name}")

    def check_properties(self, value, argument, _, place):
        if isinstance(value, dict):
            for name, schema in argument.items():
                if name in value:
                    yield from self.errors(value[name], schema, f"{place}.{name}")

    def check_items(self, value, argument, schema, place):
        if isinstance(value, list):
            fixed = len(schema.get("prefixItems", []))
            for i, item in enumerate(value[fixed:]):
                if argument is False:
                    yield f"{place}: too long"
                else:
                    yield from self.errors(item, argument, f"{place}[{i + fixed}]")

    def check_prefixItems(self, value, argument, _, place):
        if isinstance(value, list):
            for i, (item, schema) in enumerate(zip(value, argument)):
                yield from self.errors(item, schema, f"{place}[{i}]")

    def check_minItems(self, value, argument, _, place):
        if isinstance(value, list) and len(value) < argument:
            yield f"{place}: fewer than {argument}"

    def check_maxItems(self, value, argument, _, place):
        if isinstance(value, list) and len(value) > argument:
            yield f"{place}: more than {argument}"

    def check_minLength(self, value, argument, _, place):
        if isinstance(value, str) and len(value) < argument:
            yield f"{place}: too short"

    def check_pattern(self, value, argument, _, place):
        if isinstance(value, str) and not re.search(argument, value):
            yield f"{place}: {value!r} does not match {argument}"

    def check_minimum(self, value, argument, _, place):
        if is_type(value, "number") and value < argument:
            yield f"{place}: {value} is under {argument}"

    def check_exclusiveMinimum(self, value, argument, _, place):
        if is_type(value, "number") and value <= argument:
            yield f"{place}: {value} is not over {argument}"

    def check_maximum(self, value, argument, _, place):
        if is_type(value, "number") and value > argument:
            yield f"{place}: {value} is over {argument}"

    def check_allOf(self, value, argument, _, place):
        for schema in argument:
            yield from self.errors(value, schema, place)

    def check_if(self, value, argument, schema, place):
        branch = schema["then"] if self.holds(value, argument) else schema["else"]
        yield from self.errors(value, branch, place)


def check_document(document, definition=None, file="report.schema.json"):
    schema = json.loads((SOURCE / "docs" / file).read_text())
    part = schema["$defs"][definition] if definition else schema
    found = list(Schema(schema).errors(document, part))
    assert not found, found


def check_report(document):
    check_document(document)
    pairs = max(document["frame_count"] - 1, 0)
    assert len(document["timestamps_s"]) == document["frame_count"]
    assert len(document["similarities"]) == pairs
    assert document["timestamps_s"] == sorted(document["timestamps_s"])


def check_error(document):
    check_document(document, "error")


def check_line(line):
    """A line of `validate --stream`, and what it carries."""
    check_document(line, line["type"], "stream.schema.json")
    if line["type"] == "report":
        check_report(line["report"])
    if line["type"] == "error":
        check_error(line["error"])
