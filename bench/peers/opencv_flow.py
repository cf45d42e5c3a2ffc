"""Flow and warp error (Lai et al. 2018) as one writes them in Python with OpenCV and NumPy:
opencv_flow.py dis|farneback CLIP prints the mean over the clip.

Frames are made small by area to 180 lines, flow is estimated there and back, the later frame is
warped to the earlier one, and pixels that are occluded or at an edge of motion don't count: the
same work that one of our measures does, and nothing else.
"""

import sys

import cv2
import numpy as np

LINES = 180


def estimator(name):
    if name == "dis":
        search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        return lambda a, b: search.calc(a, b, None)
    return lambda a, b: cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 15, 3, 5, 1.2, 0)


def frames(path):
    video = cv2.VideoCapture(path)
    while True:
        more, frame = video.read()
        if not more:
            return
        height, width = frame.shape[:2]
        scale = min(1.0, LINES / min(height, width))
        yield cv2.resize(frame, (round(width * scale), round(height * scale)),
                         interpolation=cv2.INTER_AREA)


def trusted(forth, back):
    length = (forth ** 2).sum(-1)
    occluded = ((forth + back) ** 2).sum(-1) > 0.01 * (length + (back ** 2).sum(-1)) + 0.5
    right = np.diff(forth, axis=1, append=forth[:, -1:])
    down = np.diff(forth, axis=0, append=forth[-1:])
    edge = (right ** 2 + down ** 2).sum(-1) > 0.01 * length + 0.002
    return ~(occluded | edge)


def warp_error(first, second, forth, back):
    height, width = forth.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    to_x, to_y = x + forth[..., 0], y + forth[..., 1]
    warped = cv2.remap(second, to_x, to_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = trusted(forth, cv2.remap(back, to_x, to_y, cv2.INTER_LINEAR,
                                    borderMode=cv2.BORDER_REPLICATE))
    if not mask.any():
        return 0.0
    difference = (warped[mask].astype(np.float32) - first[mask]) / 255
    return float((difference ** 2).mean())


def main():
    flow = estimator(sys.argv[1])
    errors, last = [], None
    for frame in frames(sys.argv[2]):
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        if last is not None:
            errors.append(warp_error(last[0], frame, flow(last[1], grey), flow(grey, last[1])))
        last = frame, grey
    print(float(np.mean(errors)))


if __name__ == "__main__":
    main()
