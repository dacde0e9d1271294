"""EXPORT: `python -m training.mask.export --net net.pt --out masks.onnx`, and says its row."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import torch

from training.mask.net import SIDE, Calibrated, MaskNet


def main() -> int:
    ask = _asked()
    trained = torch.load(ask.net, weights_only=True)
    net = MaskNet()
    net.load_state_dict(trained["net"])
    written(Calibrated(net, trained["temperature"]).eval(), ask.out)
    content = ask.out.read_bytes()
    print(f'"{ask.out.name}", "{hashlib.sha256(content).hexdigest()}", {len(content)}')
    return 0


def _asked() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", type=Path, required=True, metavar="FILE", help="as training.mask.train wrote it")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the network, ONNX")
    return parser.parse_args()


def written(net: Calibrated, path: Path) -> None:
    """Write `net` to `path`, for any number of faces at once."""
    torch.onnx.export(
        net,
        (torch.zeros(1, 3, SIDE, SIDE),),
        str(path),
        input_names=["faces"],
        output_names=["states"],
        dynamic_axes={"faces": {0: "n"}, "states": {0: "n"}},
        opset_version=17,
        dynamo=False,  # the newer exporter wants packages more, and writes their versions into the file
    )


if __name__ == "__main__":
    sys.exit(main())
