"""The A2A client of PyPI's a2a-sdk, by JSON-RPC, by HTTP and with the card of 0.3."""

import asyncio
import http.server
import json
import sys
import threading
import uuid

import httpx
from a2a.client import A2ACardResolver, ClientConfig, ClientFactory
from a2a.types import a2a_pb2
from a2a.utils.errors import A2AError
from google.protobuf import json_format, struct_pb2

import served

count = 0


def equal(got, wanted, what):
    global count
    if got != wanted:
        sys.exit(f"check_a2a_python: {what}: {got!r}, not {wanted!r}")
    count += 1


class Webhook:
    """Keeps what is posted to it."""

    def __enter__(self):
        self.calls = calls = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.append((dict(self.headers), json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def message(*parts, prefix="", **more):
    return a2a_pb2.Message(message_id=f"{prefix}{uuid.uuid4()}", role=a2a_pb2.ROLE_USER,
                           parts=[a2a_pb2.Part(**part) for part in parts], **more)


def data_part(**members):
    return {"data": json_format.ParseDict(members, struct_pb2.Value())}


async def client_of(url, binding, streaming, legacy=False):
    # No timeout is given: httpx's own 5 s apply.
    connection = httpx.AsyncClient()
    card = await A2ACardResolver(connection, url).get_agent_card()
    if legacy:
        kept = [one for one in card.supported_interfaces if one.protocol_version == "0.3"]
        del card.supported_interfaces[:]
        card.supported_interfaces.extend(kept)
    config = ClientConfig(httpx_client=connection, streaming=streaming,
                          supported_protocol_bindings=[binding])
    return ClientFactory(config).create(card), card


async def send(client, what, **configuration):
    """All that came, and the task as it stands after it."""
    request = a2a_pb2.SendMessageRequest(message=what)
    if configuration:
        request.configuration.CopyFrom(a2a_pb2.SendMessageConfiguration(**configuration))
    events = [event async for event in client.send_message(request)]
    return events


def kinds(events):
    return [event.WhichOneof("payload") for event in events]


def final_task(events):
    return events[-1].task


async def validates(url, clip, binding, legacy):
    what = f"{binding}{' 0.3' if legacy else ''}"
    client, _ = await client_of(url, binding, False, legacy)
    events = await send(client, message({"text": "check this clip"},
                                        {"raw": clip.read_bytes(), "filename": "clip.mp4",
                                         "media_type": "video/mp4"}))
    task = final_task(events)
    equal(task.status.state, a2a_pb2.TASK_STATE_COMPLETED, f"{what}: raw part")
    report = json_format.MessageToDict(task.artifacts[0].parts[0].data)
    equal(report["verdict"], "pass", f"{what}: verdict")
    equal([part.WhichOneof("content") for part in task.history[0].parts], ["text", "text"],
          f"{what}: the raw part does not come back")

    streaming, _ = await client_of(url, binding, True, legacy)
    events = await send(streaming, message(data_part(skill="validate", uri=str(clip))))
    equal(kinds(events)[0], "task", f"{what}: the task comes first")
    equal("artifact_update" in kinds(events), True, f"{what}: artifact")
    equal(events[-1].status_update.status.state, a2a_pb2.TASK_STATE_COMPLETED, f"{what}: the end")

    found = await client.get_task(a2a_pb2.GetTaskRequest(id=task.id))
    equal(found.id, task.id, f"{what}: get")
    asked = final_task(await send(client, message({"text": "please check my clip"})))
    equal(asked.status.state, a2a_pb2.TASK_STATE_INPUT_REQUIRED, f"{what}: asks for the clip")
    answered = final_task(await send(client, message({"raw": clip.read_bytes()}, task_id=asked.id)))
    equal((answered.id, answered.status.state), (asked.id, a2a_pb2.TASK_STATE_COMPLETED),
          f"{what}: second turn")
    waiting = final_task(await send(client, message({"text": "hello"})))
    cancelled = await client.cancel_task(a2a_pb2.CancelTaskRequest(id=waiting.id))
    equal(cancelled.status.state, a2a_pb2.TASK_STATE_CANCELED, f"{what}: cancel")
    for wrong in (client.cancel_task(a2a_pb2.CancelTaskRequest(id=waiting.id)),
                  client.get_task(a2a_pb2.GetTaskRequest(id="none"))):
        try:
            await wrong
        except A2AError as error:
            equal(type(error).__name__ in ("TaskNotCancelableError", "TaskNotFoundError"), True,
                  f"{what}: {error!r}")
        else:
            sys.exit(f"check_a2a_python: {what}: no error")
    if not legacy:
        page = await client.list_tasks(a2a_pb2.ListTasksRequest(page_size=1))
        equal((len(page.tasks), page.page_size, bool(page.next_page_token)), (1, 1, True),
              f"{what}: list")
    await client.close()
    await streaming.close()


async def notifies(url, clip):
    client, _ = await client_of(url, "JSONRPC", False)
    with Webhook() as hook:
        config = a2a_pb2.TaskPushNotificationConfig(
            url=hook.url, token="secret",
            authentication=a2a_pb2.AuthenticationInfo(scheme="Bearer", credentials="abc"))
        await send(client, message({"raw": clip.read_bytes()}, {"text": "check this"}),
                   task_push_notification_config=config)
        for _ in range(100):
            if any("COMPLETED" in json.dumps(body) for _, body in hook.calls):
                break
            await asyncio.sleep(0.1)
        headers, body = hook.calls[-1]
        equal(body["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED", "webhook")
        equal((headers["X-A2A-Notification-Token"], headers["Authorization"]),
              ("secret", "Bearer abc"), "webhook's headers")
        for _, body in hook.calls:
            json_format.ParseDict(body, a2a_pb2.StreamResponse())
            equal(len(body), 1, "one kind a notification")


FILE = {"raw": "dGNr", "filename": "output.txt", "mediaType": "text/plain"}
DONE, ASKED, REJECTED = "COMPLETED", "INPUT_REQUIRED", "REJECTED"
# What the A2A compatibility kit (branch 1.0-dev, scenarios/*.feature and the agent that it makes of
# them) wants of each beginning of a message's id: the end, its words, and what was made.
SCRIPT = [
    ("tck-complete-task", DONE, "Hello from TCK", []),
    ("tck-delayed-complete", DONE, "Done after delay", []),
    ("tck-artifact-text", DONE, None, [{"text": "Generated text content"}]),
    ("tck-artifact-file", DONE, None, [FILE]),
    ("tck-artifact-file-url", DONE, None,
     [{"url": "https://example.com/output.txt", "filename": "output.txt",
       "mediaType": "text/plain"}]),
    ("tck-artifact-data", DONE, None, [{"data": {"key": "value", "count": 42.0}}]),
    ("tck-input-required", ASKED, None, []),
    ("tck-reject-task", REJECTED, None, []),
    ("tck-stream-001", DONE, None, [{"text": "Stream hello from TCK"}]),
    ("tck-stream-002", DONE, None, []),
    ("tck-stream-003", DONE, None, [{"text": "Stream task lifecycle"}]),
    ("tck-stream-ordering-001", DONE, None, [{"text": "Ordered output"}]),
    ("tck-stream-artifact-text", DONE, None, [{"text": "Streamed text content"}]),
    ("tck-stream-artifact-file", DONE, None, [FILE]),
    ("tck-stream-artifact-chunked", DONE, None, [{"text": "chunk-1 "}, {"text": "chunk-2"}]),
]


def made(artifacts):
    return [json_format.MessageToDict(part) for artifact in artifacts for part in artifact.parts]


async def scripted(url, binding):
    """Every message that the kit scripts, at once and as a stream."""
    client, _ = await client_of(url, binding, False)
    streaming, _ = await client_of(url, binding, True)
    for prefix, end, words, parts in SCRIPT:
        what = f"{binding}, {prefix}"
        task = final_task(await send(client, message({"text": "x"}, prefix=prefix)))
        state = a2a_pb2.TaskState.Name(task.status.state)
        equal((state, made(task.artifacts)), (f"TASK_STATE_{end}", parts), what)
        if words:
            equal([part.text for part in task.status.message.parts], [words], what)
        events = await send(streaming, message({"text": "x"}, prefix=prefix))
        order = kinds(events)
        last = events[-1].status_update.status
        equal((order[0], a2a_pb2.TaskState.Name(last.state)), ("task", f"TASK_STATE_{end}"),
              f"{what}: stream")
        equal(made(e.artifact_update.artifact for e in events
                   if e.WhichOneof("payload") == "artifact_update"), parts, f"{what}: stream")
    for sender in (client, streaming):
        events = await send(sender, message({"text": "x"}, prefix="tck-message-response"))
        equal((kinds(events), [part.text for part in events[0].message.parts]),
              (["message"], ["Direct message response"]), f"{binding}: a message and no task")
        await sender.close()


async def waits(url):
    """8 s without news, over clients that give up after 5 s of silence."""
    for streaming in (False, True):
        client, _ = await client_of(url, "JSONRPC", streaming)
        events = await send(client, message({"text": "x"}, prefix="test-resubscribe-message-id"))
        end = events[-1]
        state = end.status_update.status.state if streaming else end.task.status.state
        equal(state, a2a_pb2.TASK_STATE_COMPLETED, "a long task")
        await client.close()


async def main():
    with served.Service() as service:
        clip = service.clip()
        await validates(service.url, clip, "JSONRPC", False)
        await validates(service.url, clip, "HTTP+JSON", False)
        await validates(service.url, clip, "JSONRPC", True)
        await notifies(service.url, clip)
    with served.kit() as service:
        await asyncio.gather(waits(service.url), scripted(service.url, "JSONRPC"),
                             scripted(service.url, "HTTP+JSON"))
    print(f"a2a-sdk: {count} uses: equal")


asyncio.run(main())
