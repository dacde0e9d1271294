"""THE NETWORK: a crop of a face in, three probabilities out; nothing else can be read from it.

    faces f32[n,3,48,48], BGR 0..255  ->  states f32[n,3]: worn, absent, incorrect; they sum to 1

Plain convolutions, since on a CPU they are quicker than the same number of cleverer ones; 3 numbers leave it, never a
feature. The light of a crop is evened within the network, so that whoever runs it has nothing to prepare.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SIDE = 48
STATES = ("worn", "absent", "incorrect")
_WIDTHS = (12, 16, 40, 80)


class Block(nn.Module):
    """Two convolutions of three by three and a way round them."""

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        self.first = _conv(narrow, wide)
        self.second = nn.Sequential(nn.Conv2d(wide, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return torch.relu(x + self.second(x))


class MaskNet(nn.Module):
    """Logits of the states; `Calibrated` makes probabilities of them."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, last = _WIDTHS
        self.stem = nn.Sequential(_conv(3, first, stride=2))
        self.body = nn.Sequential(
            Block(first, second),
            nn.MaxPool2d(2),
            Block(second, third),
            nn.MaxPool2d(2),
            Block(third, last),
            nn.Dropout2d(0.1),
        )
        self.head = nn.Linear(2 * last, len(STATES))

    def forward(self, faces: Tensor) -> Tensor:
        x = self.body(self.stem(_even(faces)))
        # the face's lower half and its upper one are asked apart: a mask is a matter of where
        upper, lower = x[:, :, :3].mean((2, 3)), x[:, :, 3:].mean((2, 3))
        logits: Tensor = self.head(torch.cat([upper, lower], 1))
        return logits


class Calibrated(nn.Module):
    """Probabilities, by the temperature that people who were not trained on asked for."""

    def __init__(self, net: MaskNet, temperature: float) -> None:
        super().__init__()
        self.net = net
        self.temperature = temperature

    def forward(self, faces: Tensor) -> Tensor:
        return torch.softmax(self.net(faces) / self.temperature, 1)


def _conv(narrow: int, wide: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(narrow, wide, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU()
    )


def _even(faces: Tensor) -> Tensor:
    """Each crop with its own mean taken off and its own contrast: colours among its pixels stay."""
    mean = faces.mean((1, 2, 3), keepdim=True)
    spread = (faces - mean).square().mean((1, 2, 3), keepdim=True).sqrt()
    return (faces - mean) / (spread + 12.0)
