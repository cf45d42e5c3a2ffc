"""The pipeline that this program replaces, loaded once and asked by several at once, as a service
around it would be.

original_serving.py MODEL AT_ONCE CLIP…     prints clips a second
"""

import concurrent.futures
import sys
import time

from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

from original import similarities


def main():
    folder, at_once, *clips = sys.argv[1:]
    model = CLIPVisionModelWithProjection.from_pretrained(folder).eval()
    processor = CLIPImageProcessor.from_pretrained(folder)
    similarities(model, processor, clips[0])
    with concurrent.futures.ThreadPoolExecutor(int(at_once)) as pool:
        started = time.perf_counter()
        list(pool.map(lambda clip: similarities(model, processor, clip), clips))
        print(len(clips) / (time.perf_counter() - started))


main()
