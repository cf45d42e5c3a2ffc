"""The vision tower in OpenVINO, latency mode, all cores.

openvino_tower.py MODEL PRECISION BATCH   answers with the mean milliseconds of a call, as
                                          Google Benchmark gives ours
"""

import sys
import time

import numpy as np
import openvino as ov
import torch
from transformers import CLIPVisionModelWithProjection

from resident import answer

SECONDS = 1.0


def main():
    model, precision, batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
    tower = CLIPVisionModelWithProjection.from_pretrained(model).eval()
    graph = ov.convert_model(tower, example_input=torch.zeros(batch, 3, 224, 224))
    graph.reshape([batch, 3, 224, 224])
    compiled = ov.Core().compile_model(
        graph, "CPU", {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision})
    request = compiled.create_infer_request()
    pixels = np.random.default_rng(1).standard_normal((batch, 3, 224, 224), np.float32)

    def milliseconds():
        request.infer([pixels])  # others have had the caches
        calls, started = 0, time.perf_counter()
        while time.perf_counter() - started < SECONDS:
            request.infer([pixels])
            calls += 1
        return (time.perf_counter() - started) * 1e3 / calls

    answer(milliseconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
