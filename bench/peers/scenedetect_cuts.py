"""Cuts with PySceneDetect, as its documentation has it: scenedetect_cuts.py CLIP prints their
times in seconds. It looks for cuts only."""

import json
import sys

from scenedetect import ContentDetector, detect

scenes = detect(sys.argv[1], ContentDetector())
print(json.dumps([start.seconds for start, _ in scenes[1:]]))
