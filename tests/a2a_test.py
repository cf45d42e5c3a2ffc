"""A2A over HTTP: both versions, every method, streams that never fall silent, webhooks."""

import json
import socket
import time
import unittest

from agents import KIT, ServedTest, Webhook, message, raw_part

ENDS = {"TASK_STATE_COMPLETED", "TASK_STATE_FAILED", "TASK_STATE_CANCELED", "TASK_STATE_REJECTED"}

# All that 1.0 knows; its Python client refuses anything else.
MEMBERS = {
    "task": {"id", "contextId", "status", "artifacts", "history", "metadata"},
    "status": {"state", "message", "timestamp"},
    "message": {"messageId", "contextId", "taskId", "role", "parts", "metadata", "extensions",
                "referenceTaskIds"},
    "part": {"text", "raw", "url", "data", "metadata", "filename", "mediaType"},
    "artifact": {"artifactId", "name", "description", "parts", "metadata", "extensions"},
    "statusUpdate": {"taskId", "contextId", "status", "metadata"},
    "artifactUpdate": {"taskId", "contextId", "artifact", "append", "lastChunk", "metadata"},
}
INSIDE = {"status": ("status", None), "message": ("message", None), "parts": ("part", list),
          "history": ("message", list), "artifacts": ("artifact", list),
          "artifact": ("artifact", None)}


def strangers(value, kind):
    """Members that 1.0 does not know, with their places."""
    found = [f"{kind}.{name}" for name in value.keys() - MEMBERS[kind]]
    for name, inner in value.items():
        if name in INSIDE and name != "data":
            below, shape = INSIDE[name]
            for one in inner if shape is list else [inner]:
                found += strangers(one, below)
    return found


class A2a(ServedTest):
    def rpc(self, method, params, headers=None, identity=1):
        answer = self.ask("POST", "/a2a", {"jsonrpc": "2.0", "id": identity, "method": method,
                                           "params": params}, headers)
        self.assertEqual(answer.status, 200, answer.body)
        document = answer.json()
        self.assertEqual((document["jsonrpc"], document["id"]), ("2.0", identity))
        return document

    def result(self, method, params):
        document = self.rpc(method, params)
        self.assertNotIn("error", document)
        return document["result"]

    def code(self, method, params, headers=None):
        error = self.rpc(method, params, headers)["error"]
        (info,) = error["data"]
        self.assertEqual((info["@type"], info["domain"]),
                         ("type.googleapis.com/google.rpc.ErrorInfo", "a2a-protocol.org"))
        return error["code"], info["reason"]

    def send(self, *parts, configuration=None, **more):
        params = {"message": message(*parts, **more)}
        if configuration:
            params["configuration"] = configuration
        task = self.result("SendMessage", params)["task"]
        self.assertEqual(strangers(task, "task"), [])
        return task


class Validation(A2a):
    flags = ("--allow-net", "127.0.0.0/8")

    def test_a_clip_is_judged_and_its_bytes_do_not_come_back(self):
        clip = self.sample("clip.mp4", "--defect", "freeze@1:heavy")
        task = self.send({"text": "check this"}, raw_part(clip))
        self.assertEqual(task["status"]["state"], "TASK_STATE_COMPLETED")
        report = task["artifacts"][0]["parts"][0]["data"]
        self.assertEqual((task["artifacts"][0]["artifactId"], report["schema"]),
                         ("report", "videogen.report/1"))
        self.assertTrue(task["status"]["message"]["parts"][0]["text"].startswith(report["verdict"]))
        self.assertNotIn(raw_part(clip)["raw"][:100], json.dumps(task))
        kept = task["history"][0]["parts"][1]["metadata"]["kept"]
        self.assertEqual(kept["bytes"], clip.stat().st_size)
        # The job is the same under the plain API.
        job = self.ask("GET", f"/v1/jobs/{task['id']}").json()
        self.assertEqual((job["status"], job["result"]), ("completed", report))
        page = next(part["url"] for part in task["artifacts"][0]["parts"] if "url" in part)
        self.assertEqual(page, f"http://127.0.0.1:{self.port}/v1/jobs/{task['id']}/report")

    def test_what_is_missing_is_asked_for(self):
        asked = self.send({"text": "hello"})
        self.assertEqual(asked["status"]["state"], "TASK_STATE_INPUT_REQUIRED")
        again = self.send({"text": "check my clip"}, taskId=asked["id"])
        self.assertEqual((again["id"], again["status"]["state"]),
                         (asked["id"], "TASK_STATE_INPUT_REQUIRED"))
        self.assertIn("Which clip", again["status"]["message"]["parts"][0]["text"])
        done = self.send(raw_part(self.sample("clip.mp4")), taskId=asked["id"])
        self.assertEqual(done["status"]["state"], "TASK_STATE_COMPLETED")
        self.assertEqual([len(done["history"]), done["contextId"]], [3, asked["contextId"]])

    def test_help_is_a_message_and_no_task(self):
        result = self.result("SendMessage", {"message": message({"text": "help"})})
        self.assertEqual(list(result), ["message"])
        self.assertEqual(strangers(result["message"], "message"), [])

    def test_a_message_that_comes_twice_is_one_task(self):
        sent = message({"text": "hello"})
        first = self.result("SendMessage", {"message": sent})["task"]
        self.assertEqual(self.result("SendMessage", {"message": sent})["task"]["id"], first["id"])
        other = sent | {"parts": [{"text": "good morning"}]}
        self.assertEqual(self.code("SendMessage", {"message": other}),
                         (-32602, "INVALID_PARAMS"))

    def test_bad_messages_are_refused_and_nothing_is_left(self):
        for wrong in (None, {}, message(), message({}), message({"text": "a", "url": "b"}),
                      message({"raw": "%"}), message({"text": 1}),
                      message({"text": "x"}) | {"role": "ROLE_AGENT"},
                      message({"text": "x"}) | {"messageId": ""},
                      message({"data": {"skill": "dance"}}),
                      message({"data": {"skill": "validate", "uri": "https://a.example/b",
                                        "thresold": 1}}),
                      message({"data": {"skill": "validate", "uri": "http://169.254.169.254/x"}}),
                      message({"data": {"skill": "validate", "uri": "/etc/passwd"}}),
                      message({"text": "x"}, contextId="a\nb")):
            self.assertEqual(self.code("SendMessage", {"message": wrong}),
                             (-32602, "INVALID_PARAMS"), wrong)
        self.assertEqual(self.code("SendMessage", {"message": message(
            {"text": "x", "mediaType": "audio/mpeg"})}), (-32005, "CONTENT_TYPE_NOT_SUPPORTED"))
        self.assertEqual(self.result("ListTasks", {})["totalSize"], 0)
        self.assertEqual(list((self.folder / "data/incoming").iterdir()), [])

    def test_a_webhook_hears_of_it_and_is_tried_again(self):
        hook = Webhook(self, statuses=[503])
        clip = self.sample("clip.mp4")
        task = self.send(raw_part(clip), {"text": "check"}, configuration={
            "returnImmediately": True,
            "taskPushNotificationConfig": {
                "url": hook.url, "token": "t0", "authentication": {"scheme": "Bearer",
                                                                   "credentials": "c0"}}})
        headers, body = hook.wait_for(self, lambda b: b.get("statusUpdate", {}).get(
            "status", {}).get("state") == "TASK_STATE_COMPLETED")
        self.assertEqual(strangers(body["statusUpdate"], "statusUpdate"), [])
        self.assertEqual((headers["Authorization"], headers["X-A2A-Notification-Token"],
                          headers["A2A-Notification-Token"]), ("Bearer c0", "t0", "t0"))
        self.assertEqual(body["statusUpdate"]["taskId"], task["id"])
        self.assertEqual(hook.calls[0][1], hook.calls[1][1], "the refused one came again")
        artifacts = [b["artifactUpdate"]["artifact"]["artifactId"] for _, b in hook.calls[1:]
                     if "artifactUpdate" in b]
        self.assertEqual(artifacts, ["report"])

    def test_a_webhook_of_0_3_gets_the_task(self):
        hook = Webhook(self)
        self.rpc("message/send", {
            "message": {"kind": "message", "messageId": "m", "role": "user",
                        "parts": [{"kind": "text", "text": "hello"}]},
            "configuration": {"pushNotificationConfig": {"url": hook.url}}})
        # Whoever names the address afterwards hears what comes then.
        task = self.result("ListTasks", {})["tasks"][0]["id"]
        self.rpc("tasks/cancel", {"id": task})
        _, body = hook.wait_for(self, lambda b: b["status"]["state"] == "canceled")
        self.assertEqual((body["kind"], body["id"]), ("task", task))


class Guarded(A2a):
    def test_webhooks_on_this_machine_are_refused_without_an_exception(self):
        hook = Webhook(self)
        task = self.send({"text": "hello"})["id"]
        for url in (hook.url, hook.url.replace("127.0.0.1", "localhost"), "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/",
                    "ftp://a.example/", "http://user@a.example/", "http://0x7f.1/", ""):
            self.assertEqual(self.code("CreateTaskPushNotificationConfig",
                                       {"taskId": task, "url": url})[0], -32602, url)
        self.assertEqual(self.result("ListTaskPushNotificationConfigs",
                                     {"taskId": task})["configs"], [])
        self.result("CancelTask", {"id": task})
        self.assertEqual(hook.calls, [])

    def test_secrets_that_would_end_a_header_are_refused(self):
        task = self.send({"text": "hello"})["id"]
        for more in ({"token": "a\r\nb"}, {"authentication": {"scheme": "Bearer x"}},
                     {"authentication": {"scheme": "Bearer", "credentials": "a\nb"}}):
            params = {"taskId": task, "url": "https://a.example/"} | more
            self.assertEqual(self.code("CreateTaskPushNotificationConfig", params)[0], -32602)

    def test_push_configurations_are_kept_listed_and_deleted(self):
        task = self.send({"text": "hello"})["id"]
        made = self.result("CreateTaskPushNotificationConfig",
                           {"taskId": task, "id": "one", "url": "https://a.example/"})
        self.assertEqual(made, {"taskId": task, "id": "one", "url": "https://a.example/"})
        self.assertEqual(self.result("GetTaskPushNotificationConfig",
                                     {"task_id": task, "id": "one"}), made)
        listed = self.rpc("tasks/pushNotificationConfig/list", {"id": task})["result"]
        self.assertEqual(listed, [{"taskId": task, "pushNotificationConfig": {
            "id": "one", "url": "https://a.example/"}}])
        for _ in range(2):  # idempotent
            self.assertEqual(self.result("DeleteTaskPushNotificationConfig",
                                         {"taskId": task, "id": "one"}), {})
        self.assertEqual(self.result("ListTaskPushNotificationConfigs", {"taskId": task}),
                         {"configs": [], "nextPageToken": ""})
        for i in range(16):
            self.result("CreateTaskPushNotificationConfig",
                        {"taskId": task, "id": str(i), "url": "https://a.example/"})
        self.assertEqual(self.code("CreateTaskPushNotificationConfig",
                                   {"taskId": task, "url": "https://a.example/"})[0], -32602)

    def test_the_card_serves_both_versions(self):
        hybrid = self.ask("GET", "/.well-known/agent-card.json")
        card = hybrid.json()
        self.assertEqual(card, self.ask("GET", "/.well-known/agent.json").json())
        self.assertEqual((card["protocolVersion"], card["preferredTransport"]), ("0.3.0", "JSONRPC"))
        self.assertEqual([(i["protocolBinding"], i["protocolVersion"])
                          for i in card["supportedInterfaces"]],
                         [("JSONRPC", "1.0"), ("HTTP+JSON", "1.0"), ("JSONRPC", "0.3")])
        self.assertTrue(all(skill["examples"] for skill in card["skills"]))
        pure = self.ask("GET", "/.well-known/agent-card.json", headers={"A2A-Version": "1.0"})
        self.assertNotIn("url", pure.json())
        self.assertNotEqual(pure.headers["ETag"], hybrid.headers["ETag"])
        self.assertEqual(hybrid.headers["Vary"], "A2A-Version")
        self.assertIn("max-age=", hybrid.headers["Cache-Control"])
        known = self.ask("GET", "/.well-known/agent-card.json",
                         headers={"If-None-Match": hybrid.headers["ETag"]})
        self.assertEqual((known.status, known.body), (304, b""))

    def test_json_rpc_answers_what_is_no_call(self):
        def code(body, kind="application/json"):
            answer = self.ask("POST", "/a2a", body, {"Content-Type": kind})
            return answer.status, answer.json()["error"]["code"]

        self.assertEqual(code(b"{"), (200, -32700))
        self.assertEqual(code(b"[]"), (200, -32600))
        self.assertEqual(code(b'{"jsonrpc":"2.0","method":"GetTask"}'), (200, -32600))
        self.assertEqual(code(b'{"jsonrpc":"2.0","method":"GetTask"}', "text/plain"),
                         (415, -32005))
        self.assertEqual(self.rpc("Dance", {})["error"]["code"], -32601)
        self.assertEqual(self.rpc("tasks/dance", {})["error"]["code"], -32601)
        self.assertEqual(self.code("GetTask", {"id": "none"}, {"A2A-Version": "0.9"}),
                         (-32009, "VERSION_NOT_SUPPORTED"))
        for version in ("", "0.3", "1.0", "1.0.1"):
            self.assertEqual(self.code("GetTask", {"id": "none"}, {"A2A-Version": version}),
                             (-32001, "TASK_NOT_FOUND"))
        for identity in ("7", 7, 0, "", None, 1.5):
            self.rpc("GetTask", {"id": "none"}, identity=identity)
        self.assertEqual(self.ask("POST", "/a2a/", b"{}").status, 200)

    def test_tasks_are_listed_in_pages_newest_first(self):
        ids = [self.send({"text": "hello"}, contextId="c")["id"] for _ in range(3)]
        other = self.send({"text": "hello"})["id"]
        first = self.result("ListTasks", {"pageSize": 2, "contextId": "c"})
        self.assertEqual(([t["id"] for t in first["tasks"]], first["totalSize"]),
                         (ids[:0:-1], 3))
        rest = self.result("ListTasks", {"pageSize": 2, "contextId": "c",
                                         "pageToken": first["nextPageToken"]})
        self.assertEqual(([t["id"] for t in rest["tasks"]], rest["nextPageToken"]), (ids[:1], ""))
        self.assertNotIn("history", rest["tasks"][0])
        self.result("CancelTask", {"id": other})
        ended = self.result("ListTasks", {"status": "TASK_STATE_CANCELED", "historyLength": 1})
        self.assertEqual([t["id"] for t in ended["tasks"]], [other])
        self.assertEqual(len(ended["tasks"][0]["history"]), 1)
        late = self.result("ListTasks", {"statusTimestampAfter": "2999-01-01T00:00:00Z"})
        self.assertEqual((late["tasks"], late["pageSize"]), ([], 50))
        for wrong in ({"pageSize": 0}, {"pageSize": 101}, {"pageToken": "x"}, {"status": "x"},
                      {"historyLength": -1}, {"statusTimestampAfter": "yesterday"}):
            self.assertEqual(self.code("ListTasks", wrong)[0], -32602, wrong)

    def test_a_task_is_left_as_it_ended(self):
        task = self.send({"text": "hello"}, contextId="c")["id"]
        self.assertEqual(self.code("SendMessage", {"message": message(
            {"text": "x"}, taskId=task, contextId="d")})[0], -32602)
        self.assertEqual(self.result("CancelTask", {"id": task})["status"]["state"],
                         "TASK_STATE_CANCELED")
        self.assertEqual(self.code("CancelTask", {"id": task}),
                         (-32002, "TASK_NOT_CANCELABLE"))
        self.assertEqual(self.code("SubscribeToTask", {"id": task})[0], -32004)
        self.assertEqual(self.code("SendMessage", {"message": message(
            {"text": "x"}, taskId=task)})[0], -32004)
        self.assertEqual(self.code("SendMessage", {"message": message(
            {"text": "x"}, taskId="none")})[0], -32001)

    def test_history_is_as_long_as_asked(self):
        task = self.send({"text": "hello"})["id"]
        self.send({"text": "check it"}, taskId=task)
        lengths = [len(self.result("GetTask", {"id": task} | more).get("history", []))
                   for more in ({}, {"historyLength": 0}, {"history_length": 1},
                                {"historyLength": 9})]
        self.assertEqual(lengths, [2, 0, 1, 2])

    def test_http_speaks_the_same(self):
        sent = self.ask("POST", "/a2a/v1/message:send", {"message": message({"text": "hello"})})
        self.assertEqual((sent.status, sent.headers["Content-Type"]),
                         (200, "application/a2a+json"))
        task = sent.json()["task"]["id"]
        self.assertEqual(self.ask("GET", f"/a2a/v1/tasks/{task}?historyLength=0").json()["id"], task)
        self.assertEqual(self.ask("GET", "/a2a/v1/tasks?pageSize=1").json()["totalSize"], 1)
        config = self.ask("POST", f"/a2a/v1/tasks/{task}/pushNotificationConfigs",
                          {"url": "https://a.example/", "id": "p"}).json()
        path = f"/a2a/v1/tasks/{task}/pushNotificationConfigs"
        self.assertEqual(self.ask("GET", path + "/p").json(), config)
        self.assertEqual(self.ask("GET", path).json()["configs"], [config])
        self.assertEqual(self.ask("DELETE", path + "/p").json(), {})
        self.assertEqual(self.ask("POST", f"/a2a/v1/tasks/{task}:cancel").json()["status"]["state"],
                         "TASK_STATE_CANCELED")
        for answer, status, reason in (
                (self.ask("GET", "/a2a/v1/tasks/none"), 404, "TASK_NOT_FOUND"),
                (self.ask("POST", f"/a2a/v1/tasks/{task}:cancel"), 400, "TASK_NOT_CANCELABLE"),
                (self.ask("POST", "/a2a/v1/message:send", b"{"), 400, "PARSE_ERROR"),
                (self.ask("POST", "/a2a/v1/message:send", b"x", {"Content-Type": "text/plain"}),
                 415, "CONTENT_TYPE_NOT_SUPPORTED"),
                (self.ask("GET", "/a2a/v1/tasks/none", headers={"A2A-Version": "2.0"}), 400,
                 "VERSION_NOT_SUPPORTED"),
                (self.ask("GET", "/a2a/v1/tasks?pageSize=x"), 400, "INVALID_PARAMS"),
                (self.ask("GET", "/a2a/v1/extendedAgentCard"), 400, "UNSUPPORTED_OPERATION")):
            self.assertEqual(answer.status, status, answer.body)
            error = answer.json()["error"]
            self.assertEqual((error["code"], error["details"][0]["reason"]), (status, reason))


class Tenants(A2a):
    def setUp(self):
        super(ServedTest, self).setUp()
        (self.folder / "tokens").write_text("ann secret-of-ann\nbob secret-of-bob\n")
        self.serve("--token-file", "tokens")

    def test_tasks_of_others_look_nonexistent(self):
        ann, bob = ({"Authorization": f"Bearer secret-of-{name}"} for name in ("ann", "bob"))
        params = {"message": message({"text": "hello"})}
        task = self.rpc("SendMessage", params, ann)["result"]["task"]["id"]
        for method, more in (("GetTask", {}), ("CancelTask", {}), ("SubscribeToTask", {}),
                             ("ListTaskPushNotificationConfigs", {"taskId": task})):
            mine = self.rpc(method, {"id": "none", "taskId": "none"}, bob)["error"]
            theirs = self.rpc(method, {"id": task} | more, bob)["error"]
            self.assertEqual((theirs["code"], mine["code"]), (-32001, -32001), method)
        self.assertEqual(self.rpc("ListTasks", {}, bob)["result"]["tasks"], [])
        # The same message of another is another task.
        self.assertNotEqual(self.rpc("SendMessage", params, bob)["result"]["task"]["id"], task)
        refused = self.ask("POST", "/a2a", {})
        self.assertEqual(refused.status, 401)
        self.assertIn("Bearer", refused.headers["WWW-Authenticate"])
        card = self.ask("GET", "/.well-known/agent-card.json").json()
        self.assertEqual(card["securitySchemes"]["bearer"],
                         {"httpAuthSecurityScheme": {"scheme": "Bearer"}, "type": "http",
                          "scheme": "bearer"})
        self.assertEqual(card["securityRequirements"], [{"schemes": {"bearer": {"list": []}}}])


class Scripted(A2a):
    """Against the scripted server of the conformance kit."""

    def setUp(self):
        if not KIT.exists():
            raise unittest.SkipTest("a2a_tck_server is not built")
        super(ServedTest, self).setUp()
        self.environment["TCK_STREAMING_TIMEOUT"] = "2"
        self.serve(program=KIT)

    def script(self, name, **more):
        return message({"text": "x"}, messageId=name) | more

    def state(self, name):
        return self.result("SendMessage", {"message": self.script(name)})["task"]["status"]["state"]

    def test_every_end_is_told(self):
        self.assertEqual(self.state("tck-complete-task-1"), "TASK_STATE_COMPLETED")
        self.assertEqual(self.state("tck-reject-task-1"), "TASK_STATE_REJECTED")
        self.assertEqual(self.state("tck-input-required-1"), "TASK_STATE_INPUT_REQUIRED")
        result = self.result("SendMessage", {"message": self.script("tck-message-response-1")})
        self.assertEqual(result["message"]["parts"], [{"text": "Direct message response"}])
        for name, part in (("text", {"text": "Generated text content"}),
                           ("file", {"raw": "dGNr", "filename": "output.txt",
                                     "mediaType": "text/plain"}),
                           ("file-url", {"url": "https://example.com/output.txt",
                                         "filename": "output.txt", "mediaType": "text/plain"}),
                           ("data", {"data": {"key": "value", "count": 42}})):
            task = self.result("SendMessage", {"message": self.script(f"tck-artifact-{name}-1")})
            self.assertEqual(task["task"]["artifacts"][0]["parts"], [part])

    def test_a_stream_tells_in_order_and_ends(self):
        def items(name):
            body = {"jsonrpc": "2.0", "id": "s", "method": "SendStreamingMessage",
                    "params": {"message": self.script(name)}}
            for event in self.stream("/a2a", body):
                self.assertEqual((event["id"], event["jsonrpc"]), ("s", "2.0"))
                ((kind, item),) = event["result"].items()
                self.assertEqual(strangers(item, kind), [])
                yield kind, item

        chunked = list(items("tck-stream-artifact-chunked-1"))
        self.assertEqual([kind for kind, _ in chunked],
                         ["task", "statusUpdate", "artifactUpdate", "artifactUpdate",
                          "statusUpdate"])
        self.assertEqual([(item["append"], item["lastChunk"]) for kind, item in chunked
                          if kind == "artifactUpdate"], [(False, False), (True, True)])
        self.assertEqual([chunked[1][1]["status"]["state"], chunked[-1][1]["status"]["state"]],
                         ["TASK_STATE_WORKING", "TASK_STATE_COMPLETED"])
        self.assertEqual([kind for kind, _ in items("tck-message-response-2")], ["message"])

    def test_a_subscriber_sees_the_task_and_then_the_end(self):
        begun = self.result("SendMessage", {
            "message": self.script("test-resubscribe-message-id-1"),
            "configuration": {"returnImmediately": True}})["task"]
        self.assertNotIn(begun["status"]["state"], ENDS)
        seen = list(self.stream(f"/a2a/v1/tasks/{begun['id']}:subscribe", None, method="GET"))
        self.assertEqual(list(seen[0]), ["task"])
        self.assertEqual(seen[-1]["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED")

    def test_nothing_is_silent_for_3_seconds(self):
        """Neither a stream nor an answer that is waited for, even while a task says nothing."""
        for method in ("SendStreamingMessage", "SendMessage"):
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {
                "message": self.script("test-resubscribe-message-id-2")}}).encode()
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.settimeout(3)
                connection.sendall(b"POST /a2a HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                                   b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                                   % len(body) + body)
                began, last, text = time.monotonic(), time.monotonic(), b""
                while piece := connection.recv(65536):
                    self.assertLess(time.monotonic() - last, 3)
                    last = time.monotonic()
                    text += piece
                self.assertGreater(last - began, 3.5)
                self.assertIn(b"TASK_STATE_COMPLETED", text)

    def test_a_caller_that_leaves_ends_nothing(self):
        body = {"jsonrpc": "2.0", "id": 1, "method": "SendStreamingMessage",
                "params": {"message": self.script("tck-delayed-complete-1")}}
        events = self.stream("/a2a", body)
        task = next(events)["result"]["task"]["id"]
        events.close()
        end = time.monotonic() + 20
        while self.result("GetTask", {"id": task})["status"]["state"] != "TASK_STATE_COMPLETED":
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)

    def test_a_running_task_is_cancelled(self):
        task = self.result("SendMessage", {
            "message": self.script("test-resubscribe-message-id-3"),
            "configuration": {"returnImmediately": True}})["task"]["id"]
        began = time.monotonic()
        self.assertEqual(self.result("CancelTask", {"id": task})["status"]["state"],
                         "TASK_STATE_CANCELED")
        self.assertLess(time.monotonic() - began, 2)

    def test_0_3_gets_its_own_shapes(self):
        params = {"message": {"kind": "message", "role": "user", "messageId": "tck-artifact-data-2",
                              "parts": [{"kind": "text", "text": "x"}]}}
        task = self.rpc("message/send", params)["result"]
        self.assertEqual((task["kind"], task["status"]["state"], task["history"][0]["kind"],
                          task["history"][0]["role"], task["artifacts"][0]["parts"]),
                         ("task", "completed", "message", "user",
                          [{"kind": "data", "data": {"key": "value", "count": 42}}]))
        params["message"]["messageId"] = "tck-artifact-file-3"
        file = self.rpc("message/send", params)["result"]["artifacts"][0]["parts"][0]
        self.assertEqual(file, {"kind": "file", "file": {
            "bytes": "dGNr", "name": "output.txt", "mimeType": "text/plain"}})
        body = {"jsonrpc": "2.0", "id": 5, "method": "message/stream", "params": params}
        events = [event["result"] for event in self.stream("/a2a", body)]
        self.assertEqual([e["kind"] for e in events],
                         ["task", "status-update", "artifact-update", "status-update"])
        self.assertEqual([e["final"] for e in events if e["kind"] == "status-update"],
                         [False, True])
        # A stream, whatever comes: its clients wait for one.
        body = {"jsonrpc": "2.0", "id": 6, "method": "tasks/resubscribe", "params": {"id": "none"}}
        (event,) = self.stream("/a2a", body)
        self.assertEqual((event["id"], event["error"]["code"]), (6, -32001))
        self.assertEqual(self.rpc("agent/getAuthenticatedExtendedCard", {})["error"]["code"],
                         -32007)


if __name__ == "__main__":
    unittest.main()
