"""The network of src/coherence/change_network.h, and how it learns, in NumPy."""

import base64

import numpy

# Side and outputs of each layer; what it sees of a block, it sees of two blocks around it, too.
LAYERS = [(1, 20), (3, 24), (3, 16), (1, 1)]


def neighbours(x):
    """[n, rows, columns, 9 · planes]: the 3×3 blocks around each; nothing beyond the border."""
    padded = numpy.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = x.shape[1:3]
    return numpy.concatenate([padded[:, i:i + rows, j:j + columns]
                              for i in range(3) for j in range(3)], axis=-1)


def back_to_blocks(gradient, planes):
    rows, columns = gradient.shape[1:3]
    padded = numpy.zeros((len(gradient), rows + 2, columns + 2, planes), numpy.float32)
    for tap in range(9):
        i, j = divmod(tap, 3)
        padded[:, i:i + rows, j:j + columns] += gradient[..., tap * planes:(tap + 1) * planes]
    return padded[:, 1:-1, 1:-1]


class Network:
    def __init__(self, planes, seed):
        random = numpy.random.default_rng(seed)
        self.sides, self.weights, self.biases = [], [], []
        inputs = planes
        for side, outputs in LAYERS:
            fan_in = side * side * inputs
            scale = numpy.sqrt((2 if outputs > 1 else 1) / fan_in)
            self.sides.append(side)
            self.weights.append(random.normal(0, scale, (fan_in, outputs)).astype(numpy.float32))
            self.biases.append(numpy.zeros(outputs, numpy.float32))
            inputs = outputs
        self.biases[-1][:] = -3  # damage is rare

    def forward(self, x):
        """Logits [n, rows, columns], and what backward() needs."""
        seen, out = [], []
        for i, side in enumerate(self.sides):
            seen.append(neighbours(x) if side == 3 else x)
            x = seen[-1] @ self.weights[i] + self.biases[i]
            if i + 1 < len(self.sides):
                x = numpy.maximum(x, 0)
            out.append(x)
        return x[..., 0], seen, out

    def backward(self, slope, seen, out):
        """Gradients of weights and biases from that of the logits."""
        delta = slope[..., None].astype(numpy.float32)
        by_weights, by_biases = [], []
        for i in reversed(range(len(self.sides))):
            flat = delta.reshape(-1, delta.shape[-1])
            by_weights.insert(0, seen[i].reshape(-1, seen[i].shape[-1]).T @ flat)
            by_biases.insert(0, flat.sum(0))
            if i > 0:
                delta = delta @ self.weights[i].T
                if self.sides[i] == 3:
                    delta = back_to_blocks(delta, out[i - 1].shape[-1])
                delta = delta * (out[i - 1] > 0)
        return by_weights, by_biases

    def document(self):
        return [{"side": side, "outputs": weights.shape[1], "weights": encoded(weights),
                 "biases": encoded(biases)}
                for side, weights, biases in zip(self.sides, self.weights, self.biases)]


class Adam:
    DECAY = 1e-3  # of the weights

    def __init__(self, network):
        self.network = network
        self.parameters = network.weights + network.biases
        self.first = [numpy.zeros_like(p) for p in self.parameters]
        self.second = [numpy.zeros_like(p) for p in self.parameters]
        self.steps = 0

    def step(self, by_weights, by_biases, rate):
        self.steps += 1
        for k, gradient in enumerate(by_weights + by_biases):
            if k < len(by_weights):
                gradient = gradient + self.DECAY * self.parameters[k]
            self.first[k] = 0.9 * self.first[k] + 0.1 * gradient
            self.second[k] = 0.999 * self.second[k] + 0.001 * gradient**2
            self.parameters[k] -= rate * (self.first[k] / (1 - 0.9**self.steps)) / (
                numpy.sqrt(self.second[k] / (1 - 0.999**self.steps)) + 1e-8)


def encoded(values):
    return base64.b64encode(numpy.ascontiguousarray(values, "<f4").tobytes()).decode()
