"""The windows of a convolution or a pooling: sizes, strides, padding."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.core.nn.layers.base import Shape

PADDINGS = ("valid", "same")


def image_shape(shape: Shape) -> tuple[int, int, int]:
    """(channels, height, width) of such a shape, or of (height, width), which has one channel.

    Raises:
        ValueError: for any other shape.
    """
    if len(shape) == 3:
        return shape[0], shape[1], shape[2]
    if len(shape) == 2:
        return 1, shape[0], shape[1]
    raise ValueError(f"needs inputs of (channels, height, width) or (height, width), not {shape}")


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows along one axis.

    Attributes:
        length: numbers along the axis.
        size: numbers in a window.
        stride: numbers from one window's start to the next one's.
        before: zeros put before the axis.
        count: how many windows there are.
    """

    length: int
    size: int
    stride: int
    before: int
    count: int

    @staticmethod
    def along(length: int, size: int, stride: int, padding: int | str = "valid") -> Windows:
        """The windows along an axis of this length.

        With ``same`` there are ceil(length / stride) windows; zeros are shared out to both sides, the odd
        one to the end. With stride 1 that is PyTorch's ``padding="same"``, with a longer one ONNX's
        ``SAME_UPPER``. ``valid`` puts no zeros, a number puts so many on each side. Numbers at the end
        that fill no window are left out.

        Raises:
            ValueError: when not even one window fits.
        """
        if padding == "same":
            count = -(-length // stride)
            return Windows(length, size, stride, max((count - 1) * stride + size - length, 0) // 2, count)
        before = padding if isinstance(padding, int) else 0
        if length + 2 * before < size:
            raise ValueError(f"needs at least {size - 2 * before} numbers along each side, not {length}")
        return Windows(length, size, stride, before, (length + 2 * before - size) // stride + 1)

    @property
    def reach(self) -> int:
        """Numbers from the first window's start to the last one's end."""
        return (self.count - 1) * self.stride + self.size

    @property
    def after(self) -> int:
        """Zeros that windows reach behind the axis."""
        return max(self.reach - self.before - self.length, 0)

    @property
    def inside(self) -> tuple[slice, slice]:
        """The part of the axis that windows reach, and its place in the padded axis of length ``reach``."""
        stop = min(self.length, self.reach - self.before)
        return slice(0, stop), slice(self.before, self.before + stop)

    def seen_at(self, offset: int) -> tuple[slice, slice]:
        """Which numbers of the axis lie ``offset`` into a window, and the windows that they lie in.

        Windows whose number there is padding are left out.
        """
        first = max(0, -(-(self.before - offset) // self.stride))
        last = min(self.count - 1, (self.length - 1 + self.before - offset) // self.stride)
        start = first * self.stride + offset - self.before
        stop = last * self.stride + offset - self.before + 1
        return slice(start, max(stop, start), self.stride), slice(first, max(last + 1, first))


def windows_over(
    shape: Shape, size: int, stride: int, padding: int | str = "valid"
) -> tuple[Windows, Windows]:
    """The windows down and across an image of such a shape, see ``image_shape`` and ``Windows.along``.

    Raises:
        ValueError: when it is no image's shape, or not even one window fits.
    """
    _, height, width = image_shape(shape)
    try:
        return Windows.along(height, size, stride, padding), Windows.along(width, size, stride, padding)
    except ValueError as error:
        raise ValueError(f"{error}; its inputs are {shape}") from None
