"""Labels for the names in the engine's tables, each with its idea in two sentences. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from visualnet.core.nn.layers.names import KINDS

if TYPE_CHECKING:
    from visualnet.core.setup.layers import LayerSetup

LABELS = {
    **KINDS,
    "mse": "squared error",
    "mae": "absolute error",
    "huber": "Huber",
    "binary-cross-entropy": "binary cross-entropy",
    "sgd": "SGD",
    "nesterov": "Nesterov",
    "adagrad": "Adagrad",
    "rmsprop": "RMSProp",
    "adam": "Adam",
    "adamw": "AdamW",
    "lion": "Lion",
    "muon": "Muon",
    "step": "steps",
    "one-cycle": "one cycle",
    "xavier": "Xavier",
    "he": "He",
    "lecun": "LeCun",
    "zeros": "all zero",
    "too-large": "too large",
}
"""Labels that differ from the name."""

DATA_LABELS = {
    "mnist": "MNIST digits",
    "fashion-mnist": "Fashion-MNIST",
    "kmnist": "KMNIST letters",
    "gaussians": "Gaussians",
    "table": "Your table…",
    "arrays": "Your arrays…",
    "images": "Your images…",
    "xor": "XOR",
    "and": "AND",
    "or": "OR",
}
"""The same for data."""

IDEAS = {
    # Activations
    "relu": "Positive sums pass, negative ones become zero.\nFast and good; but a neuron whose sums are all negative learns no more.",
    "tanh": "Squeezes every sum between −1 and 1.\nFar from zero it is flat, and there gradients vanish.",
    "sigmoid": "Squeezes every sum between 0 and 1, like a probability.\nIts slope is a quarter at most, so gradients shrink from layer to layer.",
    "leaky-relu": "ReLU that lets a hundredth of negative sums through.\nSo no neuron is ever dead for good.",
    "elu": "ReLU whose negative side bends softly down to −1.\nOutputs lie around zero, which helps the next layer to learn.",
    "gelu": "Each sum times the chance that a normal number is smaller.\nA smooth ReLU that dips a little below zero; the usual choice in language models.",
    "silu": "Each sum times its sigmoid, also called swish.\nA smooth ReLU that dips a little below zero.",
    "softplus": "ReLU with its corner rounded off.\nThe slope is nowhere zero and nowhere jumps.",
    "sine": "A wave.\nFew neurons can draw fine detail with it, but small weights matter: too large ones only make noise.",
    "identity": "Nothing bends.\nLayers joined this way are together one straight map.",
    "none": "Nothing follows this layer.\nThe sums go on as they are.",
    # Losses
    "cross-entropy": "How surprised the network is by the right class among all of them.\nThe outputs become probabilities that add up to one; the usual choice for classes.",
    "binary-cross-entropy": "Each output answers yes or no for itself.\nFor two classes one output is enough: above zero means the second.",
    "hinge": "The right class must win by a margin; then nothing more is asked.\nExamples that are safe no longer move the weights.",
    "mse": "The mean of the squared errors.\nOne large error counts more than many small ones, so outliers pull hard.",
    "mae": "The mean size of the errors.\nOutliers pull no harder than others; the outputs tend to the median.",
    "huber": "Small errors squared, large ones as they are.\nAs smooth as squared error near the target, and as calm with outliers as absolute error.",
    # Optimizers
    "sgd": "Each step goes straight down the gradient of a few examples.\nPlain and slow across narrow valleys; everything else is measured by it.",
    "momentum": "The gradients push a ball that keeps rolling.\nIt runs through small bumps and along valleys instead of across them.",
    "nesterov": "Momentum that looks one step ahead.\nIt brakes before the slope turns, not after.",
    "adagrad": "Each weight's step is divided by all gradients it ever had.\nGood for rare features; the steps only become smaller.",
    "rmsprop": "Each weight's step is divided by the size of its latest gradients.\nSo steep and flat directions are walked at the same pace.",
    "adam": "Momentum, divided by the size of each weight's gradients.\nWorks nearly everywhere with the same rate.",
    "adamw": "Adam that also shrinks every weight a little at each step.\nThe usual choice for large networks.",
    "lion": "Only the sign of the direction counts: each weight moves by the same amount.\nIt remembers one vector where Adam remembers two, and wants a smaller rate.",
    "muon": "The step of a weight matrix is evened out in all its directions.\nRare directions are learnt as fast as common ones; biases are left to AdamW.",
    # Schedules
    "constant": "The rate is what you set.\nIt changes only when you change it.",
    "step": "The rate falls at once, every so many steps.\nThe loss often falls with it.",
    "exponential": "The rate falls a little at every step.\nThe same as falls in steps, spread evenly.",
    "cosine": "The rate comes down along half a wave.\nLong near the top, quick in the middle, and slow to rest at the end.",
    "one-cycle": "The rate goes up to its full size and then far down.\nThe large steps in the middle keep the network from sharp, narrow solutions.",
    # First weights
    "uniform": "Even between minus and plus the scale, whatever the layer's size.\nThe original program began like this.",
    "normal": "A bell around zero as wide as the scale, whatever the layer's size.\nWhat suits a narrow layer is too much for a wide one.",
    "xavier": "Even, and narrower the more neurons a layer joins.\nKeeps signals and gradients of a tanh network at their size.",
    "he": "A bell, narrower the more inputs a neuron has.\nMade for ReLU, which stops half of all signals.",
    "lecun": "A bell that gives every sum the size of its inputs.\nMade for tanh; half of He's variance.",
    "orthogonal": "The rows stand at right angles to each other.\nA signal keeps its length through many layers.",
    "zeros": "Every weight begins at zero, to see why that fails.\nAll neurons of a layer get the same gradient and stay alike for ever.",
    "too-large": "Ten times what He advises, to see why that fails.\nSignals grow from layer to layer; tanh saturates and the loss jumps.",
}  # fmt: skip
"""What each is, and why one would take it."""

LAYER_IDEAS = {
    "dense": "Dense: each neuron adds up all numbers that come in, each times a weight of its own.",
    "conv2d": "Convolution: each kernel slides over the image and looks for one small pattern everywhere.",
    "max-pool2d": "Max pooling: of each small square only the largest number goes on, so exact places matter less.",
    "avg-pool2d": "Average pooling: each small square becomes its mean.",
    "global-avg-pool2d": "Global average: each channel becomes one number.",
    "flatten": "Flatten: all channels are laid out in one row.",
    "dropout": "Dropout: in training a share of the numbers is left out by chance, so no neuron can lean on another.",
    "batch-norm": "Batch norm: each channel gets mean 0 and deviation 1 over the batch, which lets larger steps work.",
    "layer-norm": "Layer norm: each example gets mean 0 and deviation 1 over its own numbers.",
    "residual": "Skip: what goes in is added to what comes out, so gradients find a short way back.",
}
"""Layers that are no activations, in a line each."""

OPTIONS = {
    "units": ("Neurons", "How many neurons the layer has.\nEach one learns to look for something of its own in its inputs."),
    "channels": ("Kernels", "How many kernels slide over the image.\nEach one learns a pattern of its own, and gives one channel: a map of where it is."),
    "kernel": ("Kernel size", "Height and width of what a kernel sees at once.\nLarge ones see more, and have more weights to learn."),
    "size": ("Window", "Height and width of the squares that become one number each.\n2 makes an image half as high and half as wide."),
    "stride": ("Stride", "Numbers from one window to the next.\n2 makes an image half as high and half as wide."),
    "padding": ("Padding", "Zeros around the image.\nWith them a kernel looks at the rim as well, and the image can keep its size."),
    "rate": ("Share left out", "The share of the numbers that each step leaves out, by chance.\nAll of them count when the network is asked."),
    "momentum": ("Momentum", "How much of each batch goes into the running mean and deviation.\nThese stand for the batch when the network is asked."),
    "epsilon": ("Epsilon", "Added to the variance before its root divides.\nIt keeps numbers finite where all are alike."),
    "slope": ("Slope", "What sums below zero are multiplied by.\nThe larger it is, the straighter the bend."),
    "alpha": ("Alpha", "How far down the negative side bends.\n1 makes the bend smooth."),
}  # fmt: skip
"""What each option of a layer is called, and what it does."""

PADDINGS: dict[str | int, str] = {
    "valid": "No zeros.\nThe image becomes smaller, since every window must lie inside.",
    "same": "As many zeros as keep the image's size.\nAt stride 2 it becomes half as large.",
    1: "One row of zeros on each side.\nWith a kernel of 3 the image keeps its size.",
    2: "Two rows of zeros on each side.\nWith a kernel of 5 the image keeps its size.",
    3: "Three rows of zeros on each side.\nWith a kernel of 7 the image keeps its size.",
}
"""What one may choose as padding; a Setup may hold other numbers as well."""


def neuron_name(layer: str, place: int, count: int, classes: Sequence[str]) -> str:
    """What a neuron is called: by its class where it stands for one.

    Args:
        layer: what its layer is called.
        place: its place there, from 0.
        count: neurons that the layer has.
        classes: names of the classes, or none.
    """
    if not layer.startswith("Outputs"):
        return f"Neuron {place + 1:,}"
    if count == len(classes):
        return f"Class {classes[place]}"
    return "Output" if count == 1 else f"Output {place + 1:,}"


def answer_name(classes: Sequence[str], outputs: int, gives_probabilities: bool) -> str:
    """What the number is that a network says of a point with two classes, or of a value."""
    if len(classes) == 2 and gives_probabilities:
        return f"probability of {classes[1]}"
    return f"score of {classes[1]}" if len(classes) == 2 and outputs == 2 else "output"


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape in a few letters, which may go on in a second line: ``8×24×24``."""
    return "×\u200b".join(str(side) for side in shape)


def layer_words(layer: LayerSetup) -> str:
    """A layer of any kind in a few words: ``8 of 5 × 5``, ``max pooling 2``, ``dropout 0.5``."""
    options, name = dict(layer.options), KINDS.get(layer.kind, layer.kind)
    if layer.kind == "conv2d":
        stride = f", stride {options['stride']}" if options["stride"] > 1 else ""
        return f"{options['channels']} kernels of {options['kernel']} × {options['kernel']}{stride}"
    if layer.inner:
        return f"{name} ({', '.join(layer_words(inner) for inner in layer.inner)})"
    number = next((options[key] for key in ("units", "size", "rate") if key in options), None)
    return name if number is None else f"{name} {number:g}"
