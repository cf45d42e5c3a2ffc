"""The classifier of morphs: small networks over the features of a change (src/coherence/
change_map.h), learned with NumPy.

A planted morph is known by its time, not by its place, and each pair of frames offers up to
three places: of a pair that straddles the change, the place that the networks of the round
before like best is taken for damage (multiple-instance learning).
"""

import numpy

NETWORKS = 5
HIDDEN = (24, 12)
ROUNDS = 3
STEPS = 700
BATCH = 512


class Network:
    def __init__(self, inputs, seed):
        random = numpy.random.default_rng(seed)
        sizes = (inputs, *HIDDEN, 1)
        self.weights = [random.normal(0, 1 / numpy.sqrt(a), (a, b)) for a, b in zip(sizes, sizes[1:])]
        self.biases = [numpy.zeros(b) for b in sizes[1:]]

    def forward(self, x):
        layers = [x]
        for i, (weights, biases) in enumerate(zip(self.weights, self.biases)):
            z = layers[-1] @ weights + biases
            layers.append(numpy.maximum(z, 0) if i + 1 < len(self.weights) else z)
        return layers

    def logits(self, x):
        return self.forward(x)[-1][:, 0]

    def fit(self, x, y, weight, seed):
        """Adam on the logistic loss, decayed weights, some noise on the features."""
        random = numpy.random.default_rng(seed)
        parameters = self.weights + self.biases
        first = [numpy.zeros_like(p) for p in parameters]
        second = [numpy.zeros_like(p) for p in parameters]
        chance = weight / weight.sum()
        for step in range(1, STEPS + 1):
            chosen = random.choice(len(x), BATCH, p=chance)
            layers = self.forward(x[chosen] + random.normal(0, 0.05, (BATCH, x.shape[1])))
            delta = ((1 / (1 + numpy.exp(-layers[-1][:, 0]))) - y[chosen])[:, None] / BATCH
            by_weights, by_biases = [], []
            for i in reversed(range(len(self.weights))):
                by_weights.insert(0, layers[i].T @ delta + 2e-3 * self.weights[i])
                by_biases.insert(0, delta.sum(0))
                delta = (delta @ self.weights[i].T) * (layers[i] > 0)
            rate = 4e-3 if step < 0.6 * STEPS else 8e-4
            for k, gradient in enumerate(by_weights + by_biases):
                first[k] = 0.9 * first[k] + 0.1 * gradient
                second[k] = 0.99 * second[k] + 0.01 * gradient**2
                parameters[k] -= rate * (first[k] / (1 - 0.9**step)) / (
                    numpy.sqrt(second[k] / (1 - 0.99**step)) + 1e-8)


class Model:
    def __init__(self, mean, deviation, networks):
        self.mean, self.deviation, self.networks = mean, deviation, networks

    def logits(self, x):
        normal = (x - self.mean) / self.deviation
        return numpy.mean([network.logits(normal) for network in self.networks], axis=0)


class Moment:
    """One pair of frames and its candidate places."""

    def __init__(self, rows):
        self.start_s, self.end_s = rows[0][0], rows[0][1]
        self.places = numpy.array([row[2:4] for row in rows])
        self.features = numpy.array([row[4:] for row in rows], dtype=float)

    def straddles(self, start_s, end_s):
        """Shares enough with a change that most of it happens between the two frames."""
        third = 0.35 * (end_s - start_s)
        return self.start_s <= start_s + third and self.end_s >= end_s - third

    def touches(self, start_s, end_s):
        return self.end_s > start_s - 0.02 and self.start_s < end_s + 0.02


def moments(found):
    by_time = {}
    for row in found["changes"]:
        by_time.setdefault((row[0], row[1]), []).append(row)
    return [Moment(rows) for _, rows in sorted(by_time.items())]


def train(clips, seed=1):
    """clips: [(moments, [(start_s, end_s) of planted morphs])]."""
    damaged, sound = [], []
    for clip, truth in clips:
        for moment in clip:
            if any(moment.straddles(*span) for span in truth):
                damaged.append(moment.features)
            elif not any(moment.touches(*span) for span in truth):
                sound.append(moment.features)
    negatives = numpy.concatenate(sound)
    mean, deviation = negatives.mean(0), negatives.std(0) + 1e-3
    chosen = [features[0] for features in damaged]
    model = None
    for turn in range(ROUNDS):
        x = (numpy.concatenate([numpy.array(chosen), negatives]) - mean) / deviation
        y = numpy.r_[numpy.ones(len(chosen)), numpy.zeros(len(negatives))]
        weight = numpy.r_[numpy.full(len(chosen), 1 / len(chosen)),
                          numpy.full(len(negatives), 1 / len(negatives))]
        networks = [Network(x.shape[1], 100 * seed + k) for k in range(NETWORKS)]
        for k, network in enumerate(networks):
            network.fit(x, y, weight, 1000 * seed + 10 * turn + k)
        model = Model(mean, deviation, networks)
        chosen = [features[numpy.argmax(model.logits(features))] for features in damaged]
    return model


def findings(clip, model):
    """As detect_morph.cc has it: [(raw, start_s, end_s)], overlapping ones left in."""
    logits = [model.logits(moment.features) for moment in clip]
    found = []
    for m, moment in enumerate(clip):
        best = int(numpy.argmax(logits[m]))
        strongest, support = logits[m][best], None
        start_s, end_s = moment.start_s, moment.end_s
        for n in range(max(0, m - 2), min(len(clip), m + 3)):
            near = numpy.abs(clip[n].places - moment.places[best]).max(1) < 0.12
            if n == m or not near.any():
                continue
            agreed = logits[n][near].max()
            support = agreed if support is None else max(support, agreed)
            if strongest > 0 and agreed > 0.5 * strongest:
                later, sooner = max(start_s, clip[n].start_s), min(end_s, clip[n].end_s)
                if later < sooner:
                    start_s, end_s = later, sooner
        raw = 0.5 * strongest - 1 if support is None else 0.5 * strongest + 0.5 * min(strongest, support)
        found.append((float(raw), start_s, end_s))
    return found


def source_text(model, command):
    """morph_weights.cc."""
    def array(name, values):
        numbers = [f"{v:.5g}" for v in numpy.ravel(values)]
        numbers = [n + ("F" if "." in n or "e" in n else ".0F") for n in numbers]
        lines = [", ".join(numbers[i:i + 8]) for i in range(0, len(numbers), 8)]
        return f"constexpr float {name}[] = {{\n    " + ",\n    ".join(lines) + "};\n"

    parts = [f"// Written by `{command}`; not for reading.\n// clang-format off\n"
             '#include "coherence/morph_model.h"\n\nnamespace videogen::coherence {\nnamespace {\n\n',
             array("kMean", model.mean), array("kDeviation", model.deviation)]
    for n, network in enumerate(model.networks):
        layers = []
        for i, (weights, biases) in enumerate(zip(network.weights, network.biases)):
            parts += [array(f"kWeights{n}{i}", weights), array(f"kBiases{n}{i}", biases)]
            layers.append(f"    {{{weights.shape[0]}, {weights.shape[1]}, kWeights{n}{i}, kBiases{n}{i}}}")
        parts.append(f"constexpr MorphLayer kNetwork{n}[] = {{\n" + ",\n".join(layers) + "};\n")
    names = ", ".join(f"kNetwork{n}" for n in range(len(model.networks)))
    parts.append(f"constexpr std::span<const MorphLayer> kNetworks[] = {{{names}}};\n"
                 "constexpr MorphModel kModel{kMean, kDeviation, kNetworks};\n\n}  // namespace\n\n"
                 "const MorphModel& morph_model() { return kModel; }\n\n"
                 "}  // namespace videogen::coherence\n")
    return "".join(parts)
