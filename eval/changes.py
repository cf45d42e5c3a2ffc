"""Change maps as videogen_findings writes them, and what the network sees of them: the planes of
src/coherence/change_watch.h, in NumPy."""

import numpy

BLOCK_FEATURES, PAIR_FEATURES = 14, 9  # of change_map.h
LEAVING, ARRIVING, STEP_PEAK = 0, 1, 8
PLANES = 3 * BLOCK_FEATURES + 2 + PAIR_FEATURES + 2
AROUND_S, APART_S = 1.7, 0.05


class Clip:
    """The maps of one clip: times [n, 2], planes [n, rows, columns, PLANES]."""

    def __init__(self, path):
        raw = numpy.fromfile(path, numpy.uint8)
        count, rows, columns, block_features, pair_features = raw[:20].view(numpy.int32)
        if (block_features, pair_features) != (BLOCK_FEATURES, PAIR_FEATURES):
            raise SystemExit(f"{path}: {block_features} and {pair_features} features; this program "
                             f"knows {BLOCK_FEATURES} and {PAIR_FEATURES}")
        table = raw[20:].view(numpy.float32).reshape(count, 2 + pair_features + block_features * rows * columns)
        self.times = table[:, :2].astype(float)
        pair = table[:, 2:2 + pair_features]
        blocks = table[:, 2 + pair_features:].reshape(count, block_features, rows, columns)
        blocks = blocks.transpose(0, 2, 3, 1)
        self.planes = self.in_context(pair, blocks)

    def in_context(self, pair, blocks):
        first, last = self.times.T
        mutual = numpy.minimum(blocks[..., LEAVING], blocks[..., ARRIVING])
        peak = blocks[..., STEP_PEAK]
        planes = numpy.zeros((*blocks.shape[:3], PLANES), numpy.float32)
        for i in range(len(blocks)):
            precedes, follows = last <= first[i] + APART_S, first >= last[i] - APART_S
            others = (precedes | follows) & (abs(first - first[i]) <= AROUND_S)
            before, after = numpy.flatnonzero(precedes), numpy.flatnonzero(follows)
            shown = [i, before[-1] if len(before) else i, after[0] if len(after) else i]
            planes[i, ..., :3 * BLOCK_FEATURES] = numpy.concatenate([blocks[k] for k in shown], axis=-1)
            for k, values in enumerate((mutual, peak)):
                planes[i, ..., 3 * BLOCK_FEATURES + k] = (numpy.percentile(values[others], 60, axis=0)
                                                 if others.any() else values[i])
            planes[i, ..., 3 * BLOCK_FEATURES + 2:-2] = pair[i]
            planes[i, ..., -2:] = bool(len(before)), bool(len(after))
        return planes

    def labels(self, truth):
        """[n, rows, columns]: 1 where a morph has just happened, 0 where nothing has, −1 for
        what is neither and is not learned from."""
        first, last = self.times.T
        count, rows, columns = self.planes.shape[:3]
        labels = numpy.zeros((count, rows, columns), numpy.int8)
        row, column = numpy.mgrid[:rows, :columns]
        for defect in truth:
            start, end = defect["start_s"], defect["end_s"]
            touched = (last > start - 0.02) & (first < end + 0.02)
            if "place" not in defect:
                labels[touched] = -1
                continue
            # Most of it happens between the two frames.
            third = 0.35 * (end - start)
            straddles = (first <= start + third) & (last >= end - third)
            place = defect["place"]
            distance = numpy.hypot(((column + 0.5) / columns - place["x"]) * columns / rows,
                                   (row + 0.5) / rows - place["y"]) / place["radius"]
            core = (distance < 0.75) | (distance == distance.min())
            labels[touched] = numpy.where(distance < 1.7, -1, labels[touched])
            labels[straddles] = numpy.where(core, 1, labels[straddles])
        return labels
