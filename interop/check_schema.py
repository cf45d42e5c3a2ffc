"""`videogen validate --json` against docs/report.schema.json, by a real JSON Schema validator."""

import json
import pathlib
import tempfile

import jsonschema

import programs

SCHEMA = programs.SOURCE / "docs" / "report.schema.json"
STREAM_SCHEMA = programs.SOURCE / "docs" / "stream.schema.json"


def clips(scratch):
    """Rendered clips, sound and damaged, one with a single sample, and real ones if there."""
    kinds = {"sound": [], "cut": ["--defect", "cut@1"], "flash": ["--defect", "flash@1.5"],
             "freeze": ["--defect", "freeze@1:heavy"]}
    for name, defects in kinds.items():
        clip = scratch / f"{name}.mp4"
        programs.run(programs.VIDEOGEN, "sample", clip, "--seconds", "3", "--size", "160x96",
                     "--seed", "5", *defects)
        yield clip
    short = scratch / "short.mp4"
    programs.run(programs.VIDEOGEN, "sample", short, "--seconds", "0.4", "--size", "160x96")
    yield short
    for name in ("ai_car.mp4", "nasa.mp4", "ai_t2vturbo_suitman.gif"):
        if (programs.SHARED / "videos" / name).exists():
            yield programs.SHARED / "videos" / name


def reports(command):
    # A clip that does not pass (1) is reported, too.
    out = programs.run(programs.VIDEOGEN, "validate", "--json", *command, statuses=(0, 1))
    decoder = json.JSONDecoder()
    text = out.decode()
    at = 0
    while at < len(text.rstrip()):
        report, end = decoder.raw_decode(text, at)
        yield report
        at = end + len(text[end:]) - len(text[end:].lstrip())


def lines(command):
    out = programs.run(programs.VIDEOGEN, "validate", "--stream", "--stream-idle", "0", *command,
                       statuses=(0, 1))
    return [json.loads(line) for line in out.decode().splitlines()]


def main():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema, format_checker=validator_class.FORMAT_CHECKER)
    failures = []
    count = 0
    with tempfile.TemporaryDirectory() as scratch:
        inputs = list(clips(pathlib.Path(scratch)))
        flags = [["--profile", "quick"], ["--profile", "full", "--multi-shot"],
                 ["--model", programs.GOLDEN / "clip" / "tiny-quick-gelu", "--prompt", "a cat",
                  "--versus", "a dog", "--compat", "vbench"],
                 ["--fps", "3", "--threshold", "0.99"], ["--fps", "auto", "--threshold", "0.95"]]
        commands = [[*extra, clip] for clip in inputs for extra in flags]
        commands.append(inputs)  # several at once: JSON Lines
        for command in commands:
            for report in reports(command):
                count += 1
                name = pathlib.Path(report["source"]["uri"]).name
                failures += [f"{name}: {error.json_path}: {error.message}"
                             for error in validator.iter_errors(report)]
        with open(STREAM_SCHEMA, encoding="utf-8") as file:
            stream_schema = json.load(file)
        validator_class.check_schema(stream_schema)
        stream_validator = validator_class(stream_schema)
        for clip in inputs:
            for extra in ([], ["--profile", "quick", "--fps", "3"], ["--fail-fast"]):
                printed = lines([*extra, clip])
                failures += [f"{clip.name}: --stream: {error.json_path}: {error.message}"
                             for line in printed for error in stream_validator.iter_errors(line)]
                failures += [f"{clip.name}: --stream: {error.json_path}: {error.message}"
                             for error in validator.iter_errors(printed[-1]["report"])]
        if stream_validator.is_valid({"type": "sample"}):
            failures.append("the schema of lines takes an object without fields")
    expected = len(inputs) * len(flags) + len(inputs)
    if count != expected:
        failures.append(f"{count} reports, expected {expected}")
    # A validator that lets everything through would prove nothing.
    if validator.is_valid({"schema": "videogen.report/1"}):
        failures.append("the schema takes an object without fields")
    programs.report("schema", count, "reports", failures)


main()
