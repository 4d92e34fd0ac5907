"""Runs the table of trajectories.py in PyTorch and writes what came of it to trajectories.npz.

    python -m tests.golden.make_trajectories

The file in the repository was made by this script with PyTorch 2.13 (BSD 3-Clause) on a CPU; it holds numbers that
PyTorch computed from our data, and nothing of PyTorch itself. Our engine is asked only for the shapes of its
layers and, since no two libraries draw alike, for what dropout leaves out.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_, parameters_to_vector, vector_to_parameters
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tests.golden.trajectories import CASES, EXAMPLES, FILE, SHOWN, STEPS, Case
from visualnet.core.nn import layers as ours
from visualnet.core.nn.network import Network
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.setup.setup import Setup
from visualnet.core.streams import Purpose, stream

Array = NDArray[Any]


class Clock:
    """The present training step, which dropout's draws follow from."""

    step = 0


class Sine(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return torch.sin(inputs)


class Dropout(nn.Module):
    """Leaves out what ours does; the draws have the batch last."""

    def __init__(self, rate: float, seed: int, place: tuple[int, ...], clock: Clock) -> None:
        super().__init__()
        self.rate, self.seed, self.place, self.clock = rate, seed, place, clock

    def forward(self, inputs: Tensor) -> Tensor:
        if not self.training:
            return inputs
        generator = stream(self.seed, Purpose.DROPOUT, *self.place, self.clock.step)
        draws = generator.random((*inputs.shape[1:], len(inputs)), dtype=np.float32)
        is_kept = torch.from_numpy(np.moveaxis(draws, -1, 0) >= np.float32(self.rate))
        return torch.where(is_kept, inputs / (1 - self.rate), 0)


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = inputs + self.inner(inputs)
        return outputs


ACTIVATIONS: dict[type[ours.Layer], Callable[[Any], nn.Module]] = {
    ours.Identity: lambda layer: nn.Identity(),
    ours.ReLU: lambda layer: nn.ReLU(),
    ours.LeakyReLU: lambda layer: nn.LeakyReLU(layer.slope),
    ours.ELU: lambda layer: nn.ELU(layer.alpha),
    ours.GELU: lambda layer: nn.GELU(),
    ours.SiLU: lambda layer: nn.SiLU(),
    ours.Tanh: lambda layer: nn.Tanh(),
    ours.Sigmoid: lambda layer: nn.Sigmoid(),
    ours.Softplus: lambda layer: nn.Softplus(threshold=1e9),
    ours.Sine: lambda layer: Sine(),
}
"""PyTorch's softplus is the identity above its threshold of 20, where ours is exact."""


def batch_norm(layer: ours.BatchNorm) -> nn.Module:
    kind = nn.BatchNorm1d if len(layer.input_shape) == 1 else nn.BatchNorm2d
    return kind(layer.input_shape[0], eps=layer.epsilon, momentum=layer.momentum)


LAYERS: dict[type[ours.Layer], Callable[[Any], nn.Module]] = {
    **ACTIVATIONS,
    ours.Dense: lambda layer: nn.Sequential(nn.Flatten(), nn.Linear(prod(layer.input_shape), layer.units)),
    ours.Conv2D: lambda layer: nn.Conv2d(
        layer.input_shape[0], layer.channels, layer.kernel, layer.stride, layer.padding
    ),
    ours.MaxPool2D: lambda layer: nn.MaxPool2d(layer.size, layer.stride),
    ours.AvgPool2D: lambda layer: nn.AvgPool2d(layer.size, layer.stride),
    ours.GlobalAvgPool2D: lambda layer: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    ours.Flatten: lambda layer: nn.Flatten(),
    ours.BatchNorm: batch_norm,
    ours.LayerNorm: lambda layer: nn.LayerNorm(layer.input_shape, eps=layer.epsilon),
}


def module_of(layers: Sequence[ours.Layer], clock: Clock) -> nn.Module:
    """The same layers in PyTorch, with parameters in the same order."""
    return nn.Sequential(*(one_module(layer, clock) for layer in layers))


def one_module(layer: ours.Layer, clock: Clock) -> nn.Module:
    if isinstance(layer, ours.Dropout):
        return Dropout(layer.rate, layer.mode.seed, layer.place, clock)
    if isinstance(layer, ours.Residual):
        return Residual(module_of(layer.layers, clock))
    return LAYERS[type(layer)](layer)


def loss_of(setup: Setup) -> Callable[[Tensor, Tensor], Tensor]:
    smoothing = setup.label_smoothing
    binary = nn.BCEWithLogitsLoss()
    losses: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "cross-entropy": nn.CrossEntropyLoss(label_smoothing=smoothing),
        "binary-cross-entropy": lambda outputs, targets: binary(
            outputs, targets * (1 - smoothing) + smoothing / 2
        ),
        "hinge": nn.MultiMarginLoss(),
        "mse": nn.MSELoss(),
        "mae": nn.L1Loss(),
        "huber": nn.HuberLoss(),
    }
    return losses[setup.loss]


def targets_of(case: Case, outputs: int, dtype: torch.dtype) -> Tensor:
    targets = torch.from_numpy(np.array(case.dataset().train.targets))
    if case.values:
        return targets.to(dtype)
    if case.setup.loss in ("cross-entropy", "hinge"):
        return targets
    values = targets[:, None] if outputs == 1 else nn.functional.one_hot(targets, outputs)
    return values.to(dtype)


def optimizer_of(net: nn.Module, setup: OptimizerSetup, decay: float) -> torch.optim.Optimizer:
    """PyTorch's; with ``decay`` its AdamW, whose decay is for weights alone, in place of Adam."""
    parameters = list(net.parameters())
    options = {
        "momentum": 0.9 if setup.momentum is None else setup.momentum,
        "beta1": 0.9 if setup.beta1 is None else setup.beta1,
        "beta2": 0.999 if setup.beta2 is None else setup.beta2,
    }
    rest = {
        name: getattr(setup, name) for name in ("alpha", "weight_decay") if getattr(setup, name) is not None
    }
    rest |= {} if setup.epsilon is None else {"eps": setup.epsilon}
    rate, momentum, betas = setup.learning_rate, options["momentum"], (options["beta1"], options["beta2"])
    if decay:
        assert setup.name == "adam"
        weights = [parameter for parameter in parameters if parameter.ndim > 1]
        others = [parameter for parameter in parameters if parameter.ndim == 1]
        groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0}]
        return torch.optim.AdamW(groups, rate, betas, **rest)
    makers: dict[str, Callable[[], torch.optim.Optimizer]] = {
        "sgd": lambda: torch.optim.SGD(parameters, rate),
        "momentum": lambda: torch.optim.SGD(parameters, rate, momentum),
        "nesterov": lambda: torch.optim.SGD(parameters, rate, momentum, nesterov=True),
        "adagrad": lambda: torch.optim.Adagrad(parameters, rate, **rest),
        "rmsprop": lambda: torch.optim.RMSprop(parameters, rate, **rest),
        "adam": lambda: torch.optim.Adam(parameters, rate, betas, **rest),
        "adamw": lambda: torch.optim.AdamW(parameters, rate, betas, **rest),
    }
    return makers[setup.name]()


def scheduler_of(optimizer: torch.optim.Optimizer, setup: ScheduleSetup) -> lr_scheduler.LRScheduler:
    rate, warmup = optimizer.param_groups[0]["lr"], setup.warmup_steps
    steps, decay, interval = STEPS - warmup, setup.decay, setup.interval or 1
    makers: dict[str, Callable[[], lr_scheduler.LRScheduler]] = {
        "constant": lambda: lr_scheduler.ConstantLR(optimizer, 1.0),
        "step": lambda: lr_scheduler.StepLR(optimizer, interval, decay),
        "exponential": lambda: lr_scheduler.ExponentialLR(optimizer, decay ** (1 / interval)),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, steps, rate * setup.final),
        "one-cycle": lambda: lr_scheduler.OneCycleLR(
            optimizer, rate, steps, pct_start=setup.rise, cycle_momentum=False,
            div_factor=1 / setup.start, final_div_factor=setup.start / setup.final,
        ),
    }  # fmt: skip
    if not warmup:
        return makers[setup.name]()
    if setup.name == "one-cycle":
        return warmed_cycle(optimizer, setup, makers["one-cycle"])
    rising = lr_scheduler.LinearLR(optimizer, 1 / warmup, 1.0, warmup - 1)
    return lr_scheduler.SequentialLR(optimizer, [rising, makers[setup.name]()], [warmup])


def warmed_cycle(
    optimizer: torch.optim.Optimizer, setup: ScheduleSetup, make: Callable[[], lr_scheduler.LRScheduler]
) -> lr_scheduler.LRScheduler:
    """OneCycleLR's own rates after a rise to its first: it cannot be the second part of a SequentialLR."""
    rate = optimizer.param_groups[0]["lr"]
    cycle = make()
    rates = []
    for _ in range(STEPS - setup.warmup_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        cycle.step()
    rising = [rates[0] * (step + 1) / setup.warmup_steps for step in range(setup.warmup_steps)]
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = rate
    return lr_scheduler.LambdaLR(optimizer, lambda step: [*rising, *rates, rates[-1]][step] / rate)


def penalty_of(net: nn.Module, setup: Setup) -> Tensor:
    """What L1 and L2 add to the loss that is learnt from."""
    rules = setup.regularization
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    absolute = torch.stack([weight.abs().sum() for weight in weights]).sum()
    squares = torch.stack([weight.square().sum() for weight in weights]).sum()
    return rules.l1 * absolute + rules.l2 / 2 * squares


def shorten(net: nn.Module, limit: float) -> None:
    """Max-norm along the first axis. Like ours without the 1e-7 of torch.renorm, which exceeds the test's tolerance."""
    for parameter in net.parameters():
        if parameter.ndim > 1:
            lengths = parameter.data.flatten(1).norm(dim=1).reshape(-1, *[1] * (parameter.ndim - 1))
            parameter.data *= (limit / lengths).clamp(max=1)


def buffers_of(net: nn.Module) -> Array:
    buffers = [buffer.numpy() for name, buffer in net.named_buffers() if not name.endswith("tracked")]
    return np.concatenate([np.empty(0), *buffers])


class TorchRun:
    """One case in PyTorch."""

    def __init__(self, case: Case, dtype: torch.dtype) -> None:
        self.setup = setup = case.setup
        self.rules, self.clock = setup.regularization, Clock()
        network = Network([layer.make() for layer in setup.layers], case.input_shape, np.float64, setup.seed)
        self.net = module_of(network.layers, self.clock).to(dtype)
        start = torch.from_numpy(case.start(len(network.parameters))).to(dtype)
        vector_to_parameters(start, self.net.parameters())
        inputs = torch.from_numpy(np.array(case.dataset().train.inputs)).to(dtype)
        self.inputs = inputs.reshape(-1, *case.input_shape)
        self.targets = targets_of(case, network.output_shape[0], dtype)
        self.loss = loss_of(setup)
        self.optimizer = optimizer_of(self.net, setup.optimizer, self.rules.weight_decay)
        self.scheduler = scheduler_of(self.optimizer, setup.schedule)
        self.average: AveragedModel | None = None
        if self.rules.ema_decay:
            self.average = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(self.rules.ema_decay))
            self.average.update_parameters(self.net)  # the first call copies

    def step(self, batch: slice) -> float:
        """One step; its loss, without penalties."""
        self.optimizer.zero_grad()
        loss = self.loss(self.net(self.inputs[batch]), self.targets[batch])
        (loss + penalty_of(self.net, self.setup)).backward()
        if self.rules.clip_value:
            clip_grad_value_(self.net.parameters(), self.rules.clip_value)
        if self.rules.clip_norm:
            clip_grad_norm_(self.net.parameters(), self.rules.clip_norm)
        self.optimizer.step()
        self.scheduler.step()
        if self.rules.max_norm:
            shorten(self.net, self.rules.max_norm)
        if self.average:
            self.average.update_parameters(self.net)
        self.clock.step += 1
        return loss.item()

    def all_steps(self) -> list[float]:
        """The losses of STEPS steps over the examples in their order."""
        starts = itertools.cycle(range(0, EXAMPLES, self.setup.batch_size))
        return [
            self.step(slice(start, start + self.setup.batch_size))
            for start in itertools.islice(starts, STEPS)
        ]

    def result(self) -> dict[str, Array]:
        """Losses, what it ends with, and what it then says of the first examples."""
        losses = self.all_steps()
        self.net.eval().requires_grad_(False)
        found = {
            "losses": np.array(losses),
            "parameters": parameters_to_vector(self.net.parameters()).numpy(),
            "buffers": buffers_of(self.net),
            "outputs": self.net(self.inputs[:SHOWN]).numpy(),
        }
        if self.average:
            found["average"] = parameters_to_vector(self.average.parameters()).detach().numpy()
        return found


def main() -> None:
    torch.set_num_threads(1)
    arrays = {
        f"{case.name}/{name}/{part}": values.astype(name)
        for case in CASES
        for name, dtype in (("float32", torch.float32), ("float64", torch.float64))
        for part, values in TorchRun(case, dtype).result().items()
    }
    np.savez_compressed(FILE, torch=np.array(torch.__version__), **arrays)
    print(f"{len(CASES)} cases, {FILE.stat().st_size / 1e3:.0f} kB: {FILE}")


if __name__ == "__main__":
    main()
