"""Load on a service: validations posted at once or by a clock, and how long each took.

Latency is from when a request should have been sent to the end of its job, so that a slow service
cannot hide behind a sender that waits for it (open loop). Standard library only.
"""

import asyncio
import dataclasses
import json
import random
import time
import uuid


@dataclasses.dataclass
class Outcome:
    clip: str
    scheduled: float
    ended: float = 0.0
    status: str = "lost"  # as the service names it; "refused": 429
    report: dict | None = None
    timing: dict | None = None

    @property
    def latency(self):
        return self.ended - self.scheduled


class Service:
    """A running `videogen serve`, spoken to over plain HTTP/1.1."""

    def __init__(self, host, port, options):
        self.host, self.port, self.options = host, port, options

    async def ask(self, head, body=b""):
        """Status, headers, reader, writer of one request on a connection of its own."""
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=1 << 24)
        writer.write(head.encode() + b"\r\n" + body)
        await writer.drain()
        status = int((await reader.readline()).split()[1])
        headers = {}
        while (line := await reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        return status, headers, reader, writer

    async def whole(self, head, body=b""):
        status, headers, reader, writer = await self.ask(head, body)
        try:
            if "content-length" in headers:
                return status, headers, await reader.readexactly(int(headers["content-length"]))
            return status, headers, b"".join([chunk async for chunk in chunks(reader)])
        finally:
            writer.close()

    def head(self, method, path, length=None, more=""):
        size = "" if length is None else f"Content-Length: {length}\r\n"
        return f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nConnection: close\r\n{size}{more}"

    async def validate(self, clip, data, scheduled):
        """Uploads a clip, follows its events to the end, and fetches the report."""
        outcome = Outcome(clip, scheduled)
        boundary = uuid.uuid4().hex
        options = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                          for name, value in self.options.items())
        body = (options + f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n'
                "Content-Type: video/mp4\r\n\r\n").encode() + data + f"\r\n--{boundary}--\r\n".encode()
        status, headers, said = await self.whole(
            self.head("POST", "/v1/validations", len(body),
                      f"Content-Type: multipart/form-data; boundary={boundary}\r\n"), body)
        if status != 202:
            outcome.status, outcome.ended = "refused" if status == 429 else str(status), time.perf_counter()
            outcome.report = {"said": said.decode(errors="replace"), "retry_after": headers.get("retry-after")}
            return outcome
        job = json.loads(said)["id"]
        outcome.status = await self.end_of(job)
        outcome.ended = time.perf_counter()
        _, _, said = await self.whole(self.head("GET", f"/v1/jobs/{job}/report", more="Accept: application/json\r\n"))
        if outcome.status == "completed":
            outcome.report = json.loads(said)
            outcome.timing = outcome.report.pop("timing_s")
        return outcome

    async def end_of(self, job):
        _, _, reader, writer = await self.ask(self.head("GET", f"/v1/jobs/{job}/events"))
        text = ""
        try:
            async for chunk in chunks(reader):
                text += chunk.decode()
                *lines, text = text.split("\n")
                for line in lines:
                    if line.startswith("data:"):
                        status = json.loads(line[5:])["status"]
                        if status in ("completed", "failed", "cancelled", "rejected"):
                            return status
        finally:
            writer.close()
        return "lost"


async def chunks(reader):
    """The pieces of a body in chunked coding."""
    while (size := int((await reader.readline()).split(b";")[0] or b"0", 16)) > 0:
        yield await reader.readexactly(size)
        await reader.readexactly(2)


async def closed_loop(service, picks, concurrency):
    """Always `concurrency` requests at once, until the picks (name, bytes) are used up."""
    outcomes, left = [], iter(picks)

    async def worker():
        for name, data in left:
            outcomes.append(await service.validate(name, data, time.perf_counter()))

    await asyncio.gather(*[worker() for _ in range(concurrency)])
    return outcomes


async def open_loop(service, picks, rate, seed):
    """Requests at random times (Poisson), whatever became of those before."""
    chance = random.Random(seed)
    tasks, at = [], time.perf_counter()
    for name, data in picks:
        at += chance.expovariate(rate)
        await asyncio.sleep(max(0, at - time.perf_counter()))
        tasks.append(asyncio.create_task(service.validate(name, data, at)))
    return await asyncio.gather(*tasks)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]
