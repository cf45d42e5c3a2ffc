"""No address that a request brings leads into this network, through whichever door it comes. A
listener on all addresses of the machine proves that nobody called."""

import re
import time
import unittest

from evasions import Listener, evasions
from serving import ENDS, ServeTest

QUICK = {"profile": "quick"}
REDIRECT = ("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n")


class Guard(ServeTest):
    def rpc(self, service, path, method, params, **headers):
        answer = service.ask("POST", path, {"jsonrpc": "2.0", "id": 1, "method": method,
                                            "params": params}, headers)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    # Each door: what a caller sends; a job's id where one began.
    def by_http(self, service, uri):
        answer = service.submit(body={"uri": uri, **QUICK})
        self.assertIn(answer.status, (202, 400, 404, 422), (uri, answer.body))
        return answer.json()["id"] if answer.status == 202 else None

    def by_a2a(self, parts):
        def send(service, uri):
            self.number += 1
            result = self.rpc(service, "/a2a", "SendMessage", {
                "message": {"messageId": str(self.number), "role": "ROLE_USER",
                            "parts": parts(uri)}, "configuration": {"returnImmediately": True}})
            return result.get("result", {}).get("task", {}).get("id")
        return send

    def by_a2a_0_3(self, service, uri):
        self.number += 1
        result = self.rpc(service, "/a2a", "message/send", {
            "message": {"kind": "message", "messageId": str(self.number), "role": "user",
                        "parts": [{"kind": "file", "file": {"uri": uri, "mimeType": "video/mp4"}}]},
            "configuration": {"blocking": False}})
        return result.get("result", {}).get("id")

    def by_mcp(self, service, uri):
        result = self.rpc(service, "/mcp", "tools/call", {
            "name": "submit_video_job",
            "arguments": {"skill": "validate", "uri": uri, "profile": "quick"}})
        return result.get("result", {}).get("structuredContent", {}).get("id")

    def by_mcp_at_once(self, service, uri):
        result = self.rpc(service, "/mcp", "tools/call",
                          {"name": "validate_video", "arguments": {"uri": uri, **QUICK}})
        self.assertTrue(result["result"]["isError"], uri)

    def test_no_door_leads_into_this_network(self):
        self.number = 0
        doors = {
            "HTTP": self.by_http,
            "A2A, a url part": self.by_a2a(lambda uri: [{"url": uri, "mediaType": "video/mp4"}]),
            "A2A, a data part": self.by_a2a(
                lambda uri: [{"data": {"skill": "validate", "uri": uri, **QUICK}}]),
            "A2A, words": self.by_a2a(lambda uri: [{"text": f"check this clip: {uri}"}]),
            "A2A, a first frame": self.by_a2a(lambda uri: [
                {"data": {"skill": "generate", "prompt": "waves"}},
                {"url": uri, "mediaType": "image/png"}]),
            "A2A 0.3": self.by_a2a_0_3,
            "MCP": self.by_mcp,
            "MCP at once": self.by_mcp_at_once,
        }
        with Listener() as place:
            uris = evasions(place.port)
            self.assertGreaterEqual(len(uris), 80)
            service = self.serve("--workers", "4", "--download-deadline", "5", "--queue", "2000")
            for door, send in doors.items():
                begun = [(uri, send(service, uri)) for uri in uris]
                for uri, identifier in begun:
                    if identifier:
                        job = service.wait(identifier, *ENDS, "input_required")
                        self.assertNotEqual(job["status"], "completed", (door, uri))
                self.assertEqual(place.calls, 0, door)
            # It does hear who may call.
            service = self.serve("--allow-net", "127.0.0.0/8", data="other")
            service.wait(self.by_http(service, f"http://127.0.0.1:{place.port}/"))
            self.assertGreater(place.calls, 0)

    def test_no_webhook_leads_into_this_network(self):
        clip = self.clip()
        with Listener() as place:
            service = self.serve("--workers", "4")
            job = service.wait(service.upload(clip, **QUICK).json()["id"])["id"]
            stored = 0
            for i, uri in enumerate(evasions(place.port)):
                new = self.rpc(service, "/a2a", "CreateTaskPushNotificationConfig",
                               {"taskId": job, "id": f"c{i % 5}", "url": uri})
                old = self.rpc(service, "/a2a", "tasks/pushNotificationConfig/set",
                               {"taskId": job, "pushNotificationConfig": {"id": "o", "url": uri}})
                # What is written in digits is refused now, a name when it is dialled.
                stored += ("result" in new) + ("result" in old)
                inline = self.rpc(service, "/a2a", "SendMessage", {
                    "message": {"messageId": f"m{i}", "role": "ROLE_USER",
                                "parts": [{"data": {"skill": "validate", "uri": "http://a.invalid/",
                                                    **QUICK}}]},
                    "configuration": {"returnImmediately": True,
                                      "taskPushNotificationConfig": {"url": uri}}})
                task = inline.get("result", {}).get("task", {}).get("id")
                if task:
                    service.ask("DELETE", f"/v1/jobs/{task}")
            deadline = time.monotonic() + 3
            while time.monotonic() < deadline:
                time.sleep(0.2)
                self.assertEqual(place.calls, 0)
            delivered = re.search(r"^videogen_push_delivered (\d+)",
                                  service.get("/metrics").body.decode(), re.MULTILINE)
            self.assertEqual(delivered[1], "0")

    def test_a_redirect_leads_nowhere_else(self):
        with Listener() as place:
            for to in (f"http://127.0.0.1:{place.port}/clip.mp4", f"//127.0.0.1:{place.port}/a",
                       f"http://localhost:{place.port}/", f"http://[::1]:{place.port}/",
                       f"http://0x7f000001:{place.port}/", f"ftp://127.0.0.1:{place.port}/",
                       "file:///etc/passwd"):
                for status in (301, 302, 303, 307, 308):
                    answer = REDIRECT.format(status=status, to=to).encode()
                    with Listener(answer, "127.0.0.2") as first:
                        if not hasattr(self, "service"):
                            self.service = self.serve("--allow-net", "127.0.0.2/32",
                                                      "--download-deadline", "5")
                        job = self.by_http(self.service, f"http://127.0.0.2:{first.port}/clip.mp4")
                        self.assertEqual(self.service.wait(job)["status"], "failed", to)
                        self.assertGreater(first.calls, 0)
                        self.assertEqual(place.calls, 0, to)


if __name__ == "__main__":
    unittest.main()
