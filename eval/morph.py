"""How the network of changes is learned from planted morphs, and what detect_morph makes of it.

A batch holds windows of maps: half of them show damage, half are of clean clips. Every damaged
map weighs the same, however large the damage.
"""

import numpy

from network import Adam, Network, encoded

STEPS, BATCH, WINDOW = 4000, 12, (14, 16)  # at 10,000 steps, clips left out are told worse again
MOST_DEVIATIONS = 4  # of change_network.cc
SUPPORTERS, NEAR = 2, 2  # of change_watch.cc
LEAST_RESIDUAL, APART_S, AROUND_S, ENOUGH, SHARE = 2, 0.45, 6, 3, 0.8  # of detect_morph.cc


class Model:
    def __init__(self, mean, deviation, networks):
        self.mean, self.deviation, self.networks = mean, deviation, networks

    def logits(self, planes):
        normal = normalised(planes, self.mean, self.deviation)
        return numpy.mean([network.forward(normal)[0] for network in self.networks], axis=0)

    def document(self):
        return {"mean": encoded(self.mean), "deviation": encoded(self.deviation),
                "members": [network.document() for network in self.networks]}


def normalised(planes, mean, deviation):
    normal = ((planes - mean) / deviation).astype(numpy.float32)
    return normal.clip(-MOST_DEVIATIONS, MOST_DEVIATIONS)


def windows(x, labels, mean, random):
    """A window of one map, mirrored half of the time; on its damage, where it has some."""
    rows, columns = labels.shape
    height, width = min(WINDOW[0], rows), min(WINDOW[1], columns)
    if (labels == 1).any():
        places = numpy.argwhere(labels == 1)
        row, column = places[random.integers(len(places))]
        top = numpy.clip(row - random.integers(height), 0, rows - height)
        left = numpy.clip(column - random.integers(width), 0, columns - width)
    else:
        top, left = random.integers(rows - height + 1), random.integers(columns - width + 1)
    window = numpy.broadcast_to(mean, (*WINDOW, len(mean))).astype(numpy.float32)
    window_labels = numpy.full(WINDOW, -1, numpy.int8)
    window[:height, :width] = x[top:top + height, left:left + width]
    window_labels[:height, :width] = labels[top:top + height, left:left + width]
    turn = -1 if random.random() < 0.5 else 1
    return window[:, ::turn], window_labels[:, ::turn]


def learn(network, damaged, sound, mean, deviation, seed):
    """damaged: for each clip [(planes, labels) of its maps with damage]; sound: the same, clean."""
    random = numpy.random.default_rng(seed)
    adam = Adam(network)
    for step in range(STEPS):
        x, labels = [], []
        for turn in range(BATCH):
            clips = damaged if turn % 2 == 0 else sound
            maps = clips[random.integers(len(clips))]
            window = windows(*maps[random.integers(len(maps))], mean, random)
            x.append(window[0])
            labels.append(window[1])
        labels = numpy.stack(labels)
        x = normalised(numpy.stack(x), mean, deviation)
        x += random.normal(0, 0.1, x.shape).astype(numpy.float32)
        weight = (labels == 0) / max(1, (labels == 0).sum())
        for one, one_labels in zip(weight, labels):
            if (one_labels == 1).any():
                one[one_labels == 1] = 2 / BATCH / (one_labels == 1).sum()
        logits, seen, out = network.forward(x)
        chance = 1 / (1 + numpy.exp(-numpy.clip(logits, -30, 30)))
        rate = 3e-3 if step < 0.6 * STEPS else 8e-4 if step < 0.85 * STEPS else 2e-4
        adam.step(*network.backward((chance - (labels == 1)) * weight, seen, out), rate)


def train(clips, members=1, seed=1):
    """clips: [(changes.Clip, truth of its planted morphs)]."""
    damaged, sound = [], []
    for clip, truth in clips:
        labels = clip.labels(truth)
        wanted = [i for i in range(len(labels)) if (labels[i] == 1).any()] if truth else range(len(labels))
        maps = [(clip.planes[i], labels[i]) for i in wanted]
        if maps:
            (damaged if truth else sound).append(maps)
    samples = numpy.concatenate([planes.reshape(-1, planes.shape[-1])[::7]
                                 for maps in sound for planes, _ in maps[::5]])
    mean, deviation = samples.mean(0), samples.std(0) + 1e-2
    networks = [Network(len(mean), 100 * seed + k) for k in range(members)]
    for k, network in enumerate(networks):
        learn(network, damaged, sound, mean, deviation, 1000 * seed + k)
    return Model(mean, deviation, networks)


def smoothed(logits):
    rows, columns = logits.shape[1:]
    padded = numpy.pad(logits, ((0, 0), (1, 1), (1, 1)), "edge")
    return sum(padded[:, i:i + rows, j:j + columns] for i in range(3) for j in range(3)) / 9


def findings(clip, model):
    """As ChangeWatch and detect_morph have it: [(raw, start_s, end_s)], overlapping ones left in."""
    if len(clip.times) == 0:
        return []
    logits = smoothed(model.logits(clip.planes))
    count, rows, columns = logits.shape
    worst = [numpy.unravel_index(one.argmax(), one.shape) for one in logits]
    mutual = numpy.expm1(clip.planes[..., :2].min(axis=-1))
    found = []
    for m, (row, column) in enumerate(worst):
        strongest, support = logits[m].max(), -1e9
        start_s, end_s = clip.times[m]
        near = slice(max(0, row - NEAR), row + NEAR + 1), slice(max(0, column - NEAR), column + NEAR + 1)
        for n in range(max(0, m - SUPPORTERS), min(count, m + SUPPORTERS + 1)):
            if n == m:
                continue
            support = max(support, logits[n][near].max())
            same = (abs(worst[n][0] - row) / rows < 0.12) and (abs(worst[n][1] - column) / columns < 0.12)
            if same and strongest > 0 and logits[n].max() > 0.5 * strongest:
                later, sooner = max(start_s, clip.times[n][0]), min(end_s, clip.times[n][1])
                if later < sooner:
                    start_s, end_s = later, sooner
        agreed = max(-30.0, float(0.5 * strongest + 0.5 * min(strongest, support)))
        found.append((agreed if mutual[m, row, column] >= LEAST_RESIDUAL else -30.0, start_s, end_s))
    return less_usual(found, clip.times[:, 0])


def less_usual(found, begins):
    """Each less what is said at most other times around it."""
    raw = numpy.array([one[0] for one in found])
    kept = []
    for m, (value, start_s, end_s) in enumerate(found):
        away = abs(begins - begins[m])
        others = raw[(away > APART_S) & (away <= AROUND_S)]
        ordered = numpy.sort(others if len(others) >= ENOUGH else raw[away <= AROUND_S])
        usual = ordered[min(len(ordered) - 1, int(SHARE * len(ordered)))]
        kept.append((max(-30.0, float(value - max(0.0, usual))), start_s, end_s))
    return kept
