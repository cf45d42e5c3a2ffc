"""google-auth gets a token of every kind of credentials from the emulator, and Vertex takes it."""

import os
import subprocess
import sys

import emulated
import programs

# Each in a process of its own: google-auth reads its environment once.
CLIENT = """
import google.auth
import google.auth.transport.requests

if KIND == "authorized-user":
    # google.auth.default() sends refresh tokens to Google, whatever the file says.
    import json
    import os
    import google.oauth2.credentials
    with open(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]) as file:
        user = json.load(file)
    credentials, project = google.oauth2.credentials.Credentials(
        None, user["refresh_token"], token_uri=user["token_uri"], client_id=user["client_id"],
        client_secret=user["client_secret"], quota_project_id=user["quota_project_id"]), "-"
else:
    credentials, project = google.auth.default(
        scopes=["https://www.googleapis.com/auth/cloud-platform"])
session = google.auth.transport.requests.AuthorizedSession(credentials)
url = f"{URL}/v1/projects/p/locations/us-central1/publishers/google/models/" \\
      "veo-3.1-generate-001:predictLongRunning"
answer = session.post(url, json={"instances": [{"prompt": "a boat"}],
                                 "parameters": {"durationSeconds": 4}})
print(type(credentials).__module__, project, answer.status_code, answer.json().get("name"))
"""


def try_kind(emulator, kind, expected, environment):
    done = subprocess.run(
        [sys.executable, "-c", f"URL, KIND = {emulator.url!r}, {kind!r}\n" + CLIENT], capture_output=True, text=True,
        env=emulated.environment(emulator) | environment, timeout=120, check=False)
    words = done.stdout.split()
    if len(words) != 4 or words[2] != "200" or not words[0].startswith(expected):
        return f"{kind}: {done.stdout}{done.stderr[-500:]}"
    return None


def main():
    failures = []
    # A tenth of a second's rendering would only be in the way.
    with emulated.Emulator("--fault", "filtered") as emulator:
        kinds = {"service-account": "google.oauth2.service_account",
                 "authorized-user": "google.oauth2.credentials",
                 "external-account": "google.auth.identity_pool",
                 "impersonated": "google.auth.identity_pool"}
        for kind, module in kinds.items():
            failures.append(try_kind(emulator, kind, module, {
                "GOOGLE_APPLICATION_CREDENTIALS": os.path.join(emulator.folder, kind + ".json"),
                "GOOGLE_CLOUD_PROJECT": "videogen-emulator"}))
        host = emulator.url.removeprefix("http://")
        failures.append(try_kind(emulator, "metadata", "google.auth.compute_engine", {
            "GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "HOME": emulator.folder}))
    programs.report("google-auth", len(failures), "kinds of credentials",
                    [failure for failure in failures if failure])


main()
