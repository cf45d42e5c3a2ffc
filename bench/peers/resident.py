"""A peer as a process of its own: it loads once, measures when asked, and stands still while
others are measured, so that neither its memory's traffic nor its idle threads slow them."""

import signal
import subprocess
import sys


def answer(measure):
    """In the peer: one measurement for each line read, its number as a line."""
    print("ready", flush=True)
    for _ in sys.stdin:
        print(measure(), flush=True)


class Resident:
    """A script that calls answer(). It runs only while it loads and while it measures."""

    def __init__(self, *command):
        self.process = subprocess.Popen([sys.executable, *map(str, command)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._read()
        self.process.send_signal(signal.SIGSTOP)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def measure(self):
        self.process.send_signal(signal.SIGCONT)
        print(file=self.process.stdin, flush=True)
        number = float(self._read())
        self.process.send_signal(signal.SIGSTOP)
        return number

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"bench: {self.process.args[1]} ended with {self.process.wait()}")
        return line


def in_turns(ours, theirs, rounds=5):
    """Pairs of numbers, measured A B, B A, A B, …: whoever goes second has no advantage."""
    pairs = []
    for i in range(rounds):
        if i % 2 == 0:
            a = ours()
            b = theirs()
        else:
            b = theirs()
            a = ours()
        pairs.append((a, b))
    return pairs
