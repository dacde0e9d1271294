"""TRAIN: `python -m training.mask.train --crops DIR --out net.pt`, 10 minutes on two cores.

On the people of `train` alone. The temperature is then chosen on those of `calibrate`, whom the network has never seen;
nothing is chosen on `test`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training.mask.crops import Crops
from training.mask.net import SIDE, MaskNet

BATCH = 256
BEST_RATE = 4e-3
SMOOTH = 0.04
LEAN = 14.0  # degrees, a standard deviation: heads lean more than they were drawn
SMALL_PX = 14.0  # faces smaller than that are weighed down: there is little to be learnt from them


def main() -> int:
    ask = _asked()
    torch.manual_seed(ask.seed)
    torch.use_deterministic_algorithms(True)
    net = trained(Crops.read(ask.crops, "train"), Crops.read(ask.crops, "calibrate"), ask.epochs, ask.seed)
    temperature = calibrated(net, Crops.read(ask.crops, "calibrate"))
    torch.save({"net": net.state_dict(), "temperature": temperature}, ask.out)
    print(f"{ask.out}: temperature {temperature:.2f}", file=sys.stderr)
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crops", type=Path, required=True, metavar="DIR", help="as training.mask.make made them")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the weights, for training.mask.export")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="[1]")
    parser.add_argument("--epochs", type=int, default=12, metavar="N", help="[12]")
    return parser.parse_args()


def trained(crops: Crops, held: Crops, epochs: int, seed: int) -> MaskNet:
    """A network for `crops`; how it does on `held` is told after each epoch, and chooses nothing."""
    random = np.random.default_rng(seed)
    net = MaskNet().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=BEST_RATE, weight_decay=2e-2)
    steps = epochs * (len(crops.state) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, BEST_RATE, total_steps=steps, pct_start=0.15)
    faces, states = torch.from_numpy(crops.faces), torch.from_numpy(crops.state)
    weights = torch.from_numpy(np.clip(crops.size / SMALL_PX, 0.4, 1).astype(np.float32))
    loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTH, reduction="none")
    began = time.monotonic()
    for epoch in range(epochs):
        net.train()
        order = torch.from_numpy(random.permutation(len(states)))
        total = 0.0
        for first in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[first : first + BATCH]
            logits = net(_varied(faces[rows], random))
            loss = (loss_of(logits, states[rows]) * weights[rows]).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        right = (answers(net, held.faces).argmax(1) == held.state).mean()
        spent = time.monotonic() - began
        print(
            f"epoch {epoch + 1}: loss {total * BATCH / len(order):.3f}, held {right:.4f}, {spent:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    return net.eval()


def answers(net: nn.Module, faces: np.ndarray) -> np.ndarray:
    """What `net` says of crops u8[n,48,48,3]: f32[n,3]."""
    net.eval()
    with torch.no_grad():
        parts = [net(_floats(torch.from_numpy(faces[first : first + 2000]))) for first in range(0, len(faces), 2000)]
    return torch.cat(parts).numpy()


def calibrated(net: MaskNet, held: Crops) -> float:
    """The temperature that people not trained on need (Guo et al. 2017, "On Calibration of Modern Neural Networks")."""
    logits, states = torch.from_numpy(answers(net, held.faces)), torch.from_numpy(held.state)
    tried = torch.linspace(0.5, 3, 126)
    losses = [float(nn.functional.cross_entropy(logits / temperature, states)) for temperature in tried]
    return float(tried[int(np.argmin(losses))])


def _floats(faces: Tensor) -> Tensor:
    return faces.permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)


def _varied(faces: Tensor, random: np.random.Generator) -> Tensor:
    """Each crop leant, shifted, at times mirrored, its light changed; of some a piece is taken away."""
    batch = _floats(faces)
    count = len(batch)
    lean = np.radians(np.clip(random.normal(0, LEAN, count), -40, 40))
    mirror, size = random.choice([-1, 1], count), random.uniform(0.9, 1.12, count)
    moves = np.stack(
        [
            np.stack([mirror * np.cos(lean) / size, -np.sin(lean) / size, random.normal(0, 0.05, count)], 1),
            np.stack([mirror * np.sin(lean) / size, np.cos(lean) / size, random.normal(0, 0.05, count)], 1),
        ],
        1,
    )
    places = nn.functional.affine_grid(
        torch.from_numpy(moves.astype(np.float32)), list(batch.shape), align_corners=False
    )
    batch = nn.functional.grid_sample(batch, places, padding_mode="border", align_corners=False)
    gain = torch.from_numpy(random.normal(1, 0.12, (count, 1, 1, 1)).astype(np.float32))
    tint = torch.from_numpy(random.normal(1, 0.04, (count, 3, 1, 1)).astype(np.float32))
    batch = batch * gain * tint
    for row in np.flatnonzero(random.random(count) < 0.15):
        y, x = random.integers(-6, SIDE - 6, 2)
        high, wide = random.integers(6, 14, 2)
        batch[row, :, max(0, y) : y + high, max(0, x) : x + wide] = float(random.uniform(0, 255))
    return batch


if __name__ == "__main__":
    sys.exit(main())
