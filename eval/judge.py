"""Runs a program that judges clips and keeps what it said, by the program's digest."""

import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import threading

CLIPS_A_CALL = 6


class Judge:
    """Reports by clip and flags. One file of JSON Lines for each program and what it judges by."""

    def __init__(self, command, judged_by, folder, jobs):
        """`judged_by` is a text that differs where the program's other input does."""
        self.command = command
        self.jobs = jobs
        digest = hashlib.sha256(pathlib.Path(command[0]).read_bytes() + judged_by.encode()).hexdigest()
        self.file = pathlib.Path(folder) / f"reports-{digest[:16]}.jsonl"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        self.known = {}
        if self.file.exists():
            for line in self.file.read_text().splitlines():
                entry = json.loads(line)
                self.known[entry["key"]] = entry["report"]

    @staticmethod
    def key(path, flags):
        stat = pathlib.Path(path).stat()
        return " ".join([*flags, str(path), str(stat.st_size), str(int(stat.st_mtime))])

    def reports(self, paths, *flags):
        """A report for each path, in order; a clip that cannot be judged is an error here."""
        missing = [p for p in dict.fromkeys(map(str, paths)) if self.key(p, flags) not in self.known]
        calls = [missing[i:i + CLIPS_A_CALL] for i in range(0, len(missing), CLIPS_A_CALL)]
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for _ in pool.map(lambda call: self.run(call, flags), calls):
                pass
        return [self.known[self.key(p, flags)] for p in map(str, paths)]

    def run(self, paths, flags):
        done = subprocess.run([*self.command, *flags, *paths], capture_output=True, text=True)
        lines = done.stdout.splitlines() if len(paths) > 1 else [done.stdout]
        if done.returncode not in (0, 1) or len(lines) != len(paths):
            raise RuntimeError(f"{self.command[0]} failed on {paths}: {done.stderr.strip()}")
        with self.lock, open(self.file, "a") as file:
            for path, line in zip(paths, lines):
                entry = {"key": self.key(path, flags), "report": json.loads(line)}
                file.write(json.dumps(entry) + "\n")
                self.known[entry["key"]] = entry["report"]
