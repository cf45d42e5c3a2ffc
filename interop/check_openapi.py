"""What the service says of itself, by the tools of others: openapi-spec-validator reads the
description, schemathesis asks what it allows and what it does not, prometheus_client reads the
metrics. Examples are drawn by a seed."""

import json
import subprocess
import sys
import urllib.request

import openapi_spec_validator
from prometheus_client.parser import text_string_to_metric_families

import served

EXAMPLES = 12  # of each operation
SEED = 6
# Streams end with the caller; a login gives a redirect that leads away from the description.
LEFT_OUT = ("/v1/events", "/v1/jobs/{id}/events")


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


def check_metrics(url):
    families = list(text_string_to_metric_families(fetch(url + "/metrics")))
    names = {family.name for family in families}
    for needed in ("videogen_http_requests", "videogen_jobs_queued", "videogen_pool_leased_bytes"):
        if needed not in names:
            sys.exit(f"check_openapi: no metric {needed} among {sorted(names)}")
    if not all(name.startswith("videogen_") for name in names):
        sys.exit(f"check_openapi: foreign metrics: {sorted(names)}")
    return len(families)


def check_calls(url, folder):
    # 501 is honest: this service was started without a back end.
    config = folder / "schemathesis.toml"
    config.write_text('[checks]\nnot_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", '
                      '"501"]\n')
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run",
               url + "/openapi.json",
               "--max-examples", str(EXAMPLES), "--seed", str(SEED), "--generation-deterministic",
               "--workers", "4", "--request-timeout", "20", "--no-color",
               "--phases", "examples,coverage,fuzzing",
               "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
               "response_headers_conformance,response_schema_conformance,unsupported_method"]
    for path in LEFT_OUT:
        command += ["--exclude-path", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                          cwd=folder)
    if done.returncode != 0:
        sys.exit("check_openapi: schemathesis:\n" + (done.stdout + done.stderr)[-6000:])


def main():
    with served.Service("--queue", "20") as service:
        document = json.loads(fetch(service.url + "/openapi.json"))
        openapi_spec_validator.validate(document)
        check_calls(service.url, service.folder)
        metrics = check_metrics(service.url)
    operations = sum(method != "parameters" for methods in document["paths"].values()
                     for method in methods)
    print(f"openapi-spec-validator, schemathesis, prometheus_client: {operations} operations, "
          f"{metrics} metrics: as described")


main()
