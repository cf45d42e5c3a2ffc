"""`validate --judge`: a stand-in for a vision-language model, and one for an OTLP receiver."""

import base64
import http.server
import json
import threading
import unittest

from program import ProgramTest, check_report


class Loopback:
    """Answers every POST with what `reply(path, body)` gives; keeps what it was asked."""

    def __init__(self, reply):
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, dict(self.headers), body))
                status, answer = reply(self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def completion(text):
    return 200, {"choices": [{"message": {"role": "assistant", "content": text}}]}


class Judge(ProgramTest):
    def judge(self, text, status=200):
        server = Loopback(lambda *_: completion(text) if status == 200
                          else (status, {"error": {"message": text}}))
        self.addCleanup(server.stop)
        return server

    def flags(self, server, *more):
        return ("--judge", server.url, "--judge-model", "qwen", *more)

    GOOD = '<think>hm</think>```json\n{"score": 8, "issues": ["a seam"], "comment": "fine"}\n```'

    def test_its_opinion_stands_in_the_report_and_decides_nothing(self):
        self.sample("clip.mp4")
        server = self.judge('{"score": 0, "issues": ["all"]}')
        report = self.report("clip.mp4", *self.flags(server))
        self.assertEqual(report["verdict"], "pass")
        opinion = report["opinion"]
        self.assertEqual((opinion["model"], opinion["score"]), ("qwen", 0))
        self.assertEqual((opinion["gate"], opinion["passed"]), (None, None))
        self.assertEqual(len(opinion["times_s"]), 6)
        [(path, _, body)] = server.asked
        self.assertEqual(path, "/v1/chat/completions")
        pictures = [part["image_url"]["url"] for part in body["messages"][0]["content"]
                    if part["type"] == "image_url"]
        self.assertEqual(len(pictures), 6)
        for picture in pictures:
            self.assertTrue(base64.b64decode(picture.removeprefix("data:image/jpeg;base64,"))
                            .startswith(b"\xff\xd8\xff"))
        # The rest of the report is what it is without a judge.
        plain = self.report("clip.mp4")
        for document in (report, plain):
            del document["timing_s"]
        del report["opinion"]
        self.assertEqual(report, plain)

    def test_it_decides_where_it_is_asked_to(self):
        self.sample("clip.mp4")
        server = self.judge(self.GOOD)
        report = self.report("clip.mp4", *self.flags(server, "--judge-gate", "8"))
        self.assertEqual(report["opinion"]["passed"], True)
        report = self.report("clip.mp4", *self.flags(server, "--judge-gate", "8.5"), status=1)
        self.assertEqual(report["verdict"], "fail")
        self.assertEqual([reason["kind"] for reason in report["reasons"]], ["judge"])
        self.assertIn("gives it 8 of 10", report["reasons"][0]["message"])

    def test_a_person_reads_it(self):
        self.sample("clip.mp4")
        server = self.judge(self.GOOD)
        out = self.succeed("validate", "clip.mp4", *self.flags(server), "--html", "page.html")
        self.assertIn("judge     qwen gives 8 of 10 by 6 frames (an opinion, it decides nothing)",
                      out)
        self.assertIn("            fine\n            - a seam\n", out)
        page = (self.folder / "page.html").read_text()
        self.assertIn("What a judge says", page)
        self.assertIn("<blockquote>fine</blockquote>", page)

    def test_a_judge_that_fails_is_a_note(self):
        self.sample("clip.mp4")
        for server in (self.judge("overloaded", status=500), self.judge("", status=404)):
            report = self.report("clip.mp4", *self.flags(server))
            self.assertEqual(report["verdict"], "pass")
            self.assertNotIn("opinion", report)
            self.assertIn("no opinion: cannot ask the judge", "\n".join(report["notes"]))
            report = self.report("clip.mp4", *self.flags(server, "--judge-gate", "1"), status=1)
            self.assertEqual([reason["kind"] for reason in report["reasons"]], ["judge"])

    def test_words_without_a_score_are_an_opinion_without_one(self):
        self.sample("clip.mp4")
        server = self.judge("I cannot tell.")
        report = self.report("clip.mp4", *self.flags(server))
        self.assertIsNone(report["opinion"]["score"])
        self.assertEqual(report["opinion"]["comment"], "I cannot tell.")

    def test_flags_that_do_not_fit_are_refused(self):
        self.sample("clip.mp4")
        judge = ("--judge", "http://127.0.0.1:9", "--judge-model", "m")
        self.refuse(2, "--judge needs", "validate", "clip.mp4", *judge[:2])
        self.refuse(2, "needs the judge", "validate", "clip.mp4", "--judge-gate", "3")
        self.refuse(2, "--judge-gate", "validate", "clip.mp4", *judge, "--judge-gate", "11")
        self.refuse(2, "--stream cannot", "validate", "clip.mp4", *judge, "--stream")

    def test_telemetry_tells_of_it(self):
        self.sample("clip.mp4")
        server = self.judge(self.GOOD)
        receiver = Loopback(lambda *_: (200, {}))
        self.addCleanup(receiver.stop)
        trace = "0af7651916cd43dd8448eb211c80319c"
        self.report("clip.mp4", *self.flags(server), environment={
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_SERVICE_NAME": "clips",
            "TRACEPARENT": f"00-{trace}-b7ad6b7169203331-01"})
        bodies = {path: body for path, _, body in receiver.asked}
        self.assertEqual(set(bodies), {"/v1/traces", "/v1/logs"})
        [span] = bodies["/v1/traces"]["resourceSpans"][0]["scopeSpans"][0]["spans"]
        self.assertEqual((span["traceId"], span["name"]), (trace, "chat qwen"))
        [record] = bodies["/v1/logs"]["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
        self.assertEqual(record["eventName"], "gen_ai.evaluation.result")
        self.assertEqual(record["spanId"], span["spanId"])
        self.assertNotIn("fine", json.dumps(bodies))
        [(_, headers, _)] = server.asked
        self.assertEqual(headers["traceparent"], f"00-{trace}-{span['spanId']}-01")
        # Nobody there: the run is as it was.
        out = self.succeed("validate", "--quiet", "clip.mp4", *self.flags(server),
                           environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
        self.assertEqual(out, "")


if __name__ == "__main__":
    unittest.main()
