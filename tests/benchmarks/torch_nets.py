"""PyTorch at its best at what the engine's benchmark asks: float32 tensors in memory, one thread.

Importing it raises ImportError where there is no PyTorch.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.datasets.dataset import Split
from visualnet.core.training.evaluation import CHUNK

FLAT, IMAGE = (784,), (1, 28, 28)

torch.set_num_threads(1)


def dense_net(sizes: Sequence[int]) -> nn.Module:
    """Linear layers of these sizes with ReLUs between them."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def conv_net(channels: tuple[int, int] = (8, 16), kernel: int = 5) -> nn.Module:
    """The convolutional network of the benchmark."""
    torch.manual_seed(0)
    first, second = channels
    side = ((28 - kernel + 1) // 2 - kernel + 1) // 2
    return nn.Sequential(
        nn.Conv2d(1, first, kernel), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(first, second, kernel), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(second * side * side, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip


def _tensors(split: Split, shape: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.from_numpy(split.inputs.astype(np.float32) / 255).reshape(-1, *shape)
    return images, torch.from_numpy(np.array(split.targets))


def training(
    net: nn.Module, shape: tuple[int, ...], optimizer: torch.optim.Optimizer, batch_size: int, steps: int
) -> Callable[[], None]:
    """So many steps over shuffled MNIST, each image of this shape."""
    images, labels = _tensors(load_dataset("mnist").train, shape)
    loss_function = nn.CrossEntropyLoss()

    def act() -> None:
        order = torch.randperm(len(images))
        for step in range(steps):
            start = step * batch_size % (len(images) - batch_size)
            batch = order[start : start + batch_size]
            loss = loss_function(net(images[batch]), labels[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    return act


def evaluating(net: nn.Module, shape: tuple[int, ...]) -> Callable[[], None]:
    """Loss and accuracy on MNIST's test set, in chunks as ours: at once takes it twice as long."""
    images, labels = _tensors(load_dataset("mnist").test, shape)

    @torch.inference_mode()
    def act() -> None:
        loss, right = 0.0, 0
        for part, answers in zip(images.split(CHUNK), labels.split(CHUNK), strict=True):
            outputs = net(part)
            loss += float(nn.functional.cross_entropy(outputs, answers, reduction="sum"))
            right += int((outputs.argmax(1) == answers).sum())

    return act
