"""What `generate` tells a telemetry collector is decoded by OTLP's own published messages, strictly,
and hangs together: one trace, parents that exist, the names of OpenTelemetry's conventions."""

import base64
import gzip
import http.server
import json
import os
import pathlib
import subprocess
import tempfile
import threading

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import emulated
import programs

MESSAGES = {"/v1/traces": ExportTraceServiceRequest, "/v1/logs": ExportLogsServiceRequest}
IDS = {"traceId", "spanId", "parentSpanId"}  # hexadecimal in OTLP's JSON, unlike protobuf's


def protobuf_json(value):
    if isinstance(value, list):
        return [protobuf_json(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {name: base64.b64encode(bytes.fromhex(inner)).decode() if name in IDS else protobuf_json(inner)
            for name, inner in value.items()}


class Collector(http.server.ThreadingHTTPServer):
    """Keeps what is decoded; what is not is an error of the check."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Receiver)
        self.traces, self.logs, self.wrong = [], [], []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        try:
            message = MESSAGES[self.path]()
            json_format.ParseDict(protobuf_json(json.loads(body)), message)
            (self.server.traces if self.path == "/v1/traces" else self.server.logs).append(message)
        except Exception as error:  # whatever is wrong with it belongs into the result
            self.server.wrong.append(f"{self.path}: {error}")
        if self.headers.get("Content-Type") != "application/json":
            self.server.wrong.append(f"{self.path}: Content-Type {self.headers.get('Content-Type')}")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def text_of(attributes):
    return {entry.key: getattr(entry.value, entry.value.WhichOneof("value")) for entry in attributes}


def generate(emulator, collector, folder, *words, **environment):
    out = folder / f"{len(list(folder.iterdir()))}.mp4"
    subprocess.run(
        [programs.VIDEOGEN, "generate", "a secret prompt of a lighthouse", "--seconds", "4", "-o", out, *words],
        env=os.environ | emulator.exported | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=check",
            "VIDEOGEN_DATA": str(folder / "data"), **environment},
        capture_output=True, check=False, timeout=300)


def checks(emulator, folder):
    plain, telling = Collector(), Collector()
    generate(emulator, plain, folder)
    generate(emulator, telling, folder, OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
             OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true")
    for name, collector in (("plain", plain), ("with content, gzip", telling)):
        yield f"{name}: all is decoded: {collector.wrong}", not collector.wrong
        resources = [each.resource for message in collector.traces for each in message.resource_spans]
        spans = [span for message in collector.traces for each in message.resource_spans
                 for scope in each.scope_spans for span in scope.spans]
        yield f"{name}: spans came", len(spans) >= 2
        if not spans:
            continue
        yield f"{name}: one trace", len({span.trace_id for span in spans}) == 1
        yield f"{name}: ids have their sizes", all(
            len(span.trace_id) == 16 and len(span.span_id) == 8 for span in spans)
        known = {span.span_id for span in spans}
        roots = [span for span in spans if not span.parent_span_id]
        yield f"{name}: one root, all others hang on it", len(roots) == 1 and all(
            span.parent_span_id in known for span in spans if span.parent_span_id)
        yield f"{name}: time runs forward", all(
            0 < span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
        resource = text_of(resources[0].attributes)
        yield f"{name}: the resource", (resource["service.name"], resource["deployment.environment"]) == (
            "videogen", "check")
        asked = [text_of(span.attributes) for span in spans
                 if text_of(span.attributes).get("gen_ai.request.model")]
        yield f"{name}: the model is named", bool(asked) and asked[0]["gen_ai.request.model"].startswith("veo-")
        yield f"{name}: the operation is named", all(
            text_of(span.attributes).get("gen_ai.operation.name") for span in spans)
        everything = "".join(str(message) for message in collector.traces + collector.logs)
        yield f"{name}: the prompt", ("secret prompt" in everything) == (collector is telling)


def main():
    with tempfile.TemporaryDirectory() as folder, emulated.Emulator() as emulator:
        results = list(checks(emulator, pathlib.Path(folder)))
    programs.report("OTLP's published messages", len(results), "facts",
                    [name for name, held in results if not held])


main()
