"""PROVEN BYTES -> A NETWORK: the only importer of the runtime, on the CPU, from memory, silent.

Laws: a network is born of pinned bytes whose declared outputs are those that its purpose allows, or not at all;
the runtime opens no socket and writes no file.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from garim.core.errors import Misuse, NoWeights
from garim.core.memory import give_back
from garim.inference.weights import Weight, read

if TYPE_CHECKING:
    import openvino

F32 = NDArray[np.float32]

Numbers = int | tuple[int | None, ...]
"""So many a place, f32[1,places,n]; or, of the whole picture, f32[1,*shape], None where its size decides."""

SIZES_HELD = 4  # compiled at once; each holds its own scratch memory
TOGETHER = 8  # of small pictures a sixth cheaper than one by one; more at once are no cheaper


class Network:
    """A model by its outputs' names: `network(bgr u8[h,w,3])` gives f32[1,...] for each, as its purpose has it.

    `network.many(bgr u8[n,h,w,3])` gives f32[n,...] for each. Compiled at the first picture of a size (a quarter of a
    second). Several threads may ask at once; of one size, one after the other.
    """

    def __init__(self, model: openvino.Model, *, threads: int = 1) -> None:
        self._model = model
        # asked now: compiling gives outputs further names
        self._names = [_name(port) for port in model.outputs]
        self._threads = threads
        self._requests: dict[tuple[int, int, int], tuple[openvino.InferRequest, Lock]] = {}
        self._compiling = Lock()

    def __call__(self, bgr: NDArray[np.uint8]) -> dict[str, F32]:
        return self._answer(bgr[None])

    def many(self, bgr: NDArray[np.uint8]) -> dict[str, F32]:
        """What pictures of one size answer, one at least, side by side: `TOGETHER` at once, and the rest one by one.

        Raises `ValueError` where there is no picture, or the model cannot answer of each of several.
        """
        whole = len(bgr) - len(bgr) % TOGETHER
        starts = [*range(0, whole, TOGETHER), *range(whole, len(bgr))]
        if not starts:
            raise ValueError("many: one picture at least")
        parts = [self._answer(bgr[at : at + (TOGETHER if at < whole else 1)]) for at in starts]
        return {name: np.concatenate([part[name] for part in parts]) for name in self._names}

    def rest(self) -> None:
        """Let go of what was compiled, and of its memory: the next picture of each size is compiled anew."""
        with self._compiling:
            self._requests.clear()

    def _answer(self, bgr: NDArray[np.uint8]) -> dict[str, F32]:
        count, height, width = bgr.shape[:3]
        request, busy = self._request(count, height, width)
        with busy:
            # numpy makes the floats: given u8, the runtime transposes, converts and reorders in turn, a tenth slower
            request.input_tensors[0].data[...] = bgr
            request.infer()
            return {name: request.get_tensor(name).data.copy() for name in self._names}

    def _request(self, count: int, height: int, width: int) -> tuple[openvino.InferRequest, Lock]:
        size = count, height, width
        with self._compiling:
            if size not in self._requests:
                while len(self._requests) >= SIZES_HELD:
                    del self._requests[next(iter(self._requests))]
                self._requests[size] = _compiled(self._model, size, self._threads), Lock()
                give_back()  # compiling leaves 10 MB behind
            return self._requests[size]


def load(weight: Weight, outputs: Mapping[str, Numbers], *, threads: int = 1) -> Network:
    """The network of a pinned `weight` that declares just `outputs`: a name each, and what numbers it gives.

    One file is a model by itself; of two, the first describes what the second weighs (OpenVINO's .xml and .bin).
    Raises `NoWeights` where the files are missing or others than pinned, or the model answers anything else.
    """
    content, *rest = read(weight)
    try:
        model = _core(_runtime()).read_model(model=content, weights=rest[0] if rest else b"")
    except RuntimeError as error:
        raise NoWeights(f"{weight.name}: not a model: {str(error).splitlines()[-1]}. Correct its row") from None
    _refuse_others(weight, model, outputs)
    return Network(model, threads=threads)


def _runtime() -> Any:
    # it phones home: imported as it comes, it writes ~/intel/openvino_ga_cid and posts to an analytics host
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise Misuse(
            f"openvino cannot be imported: {error}; nothing was begun. pip install 'garim[footage]' or 'garim[gate]'"
        ) from None
    return openvino


@cache
def _core(runtime: Any) -> openvino.Core:
    # one for all: each new one takes a tenth of a second to load the processor's own part
    return runtime.Core()


def _refuse_others(weight: Weight, model: openvino.Model, outputs: Mapping[str, Numbers]) -> None:
    declared = {_name(port): port for port in model.outputs}
    wrong = [
        name
        for name in sorted({*declared, *outputs})
        if name not in declared or name not in outputs or not _gives(declared[name], outputs[name])
    ]
    if wrong:
        pairs = ", ".join(f"{name} {_told(declared.get(name))} for {outputs.get(name)}" for name in wrong)
        raise NoWeights(
            f"{weight.name}: does not answer for {weight.purpose}: {pairs}; it was not used. Correct its row"
        )


def _name(port: Any) -> str:
    return str(port.get_any_name())


def _shape(port: Any) -> tuple[int | None, ...]:
    return tuple(None if side.is_dynamic else int(side.get_length()) for side in port.get_partial_shape())


def _gives(port: Any, numbers: Numbers) -> bool:
    if port.get_element_type().get_type_name() != "f32":
        return False
    if isinstance(numbers, int):
        return len(_shape(port)) == 3 and _shape(port)[2] == numbers
    # of how many pictures a file speaks is no matter: it is shaped anew for one
    own = _shape(port)[1:]
    return len(own) == len(numbers) and all(n in (None, side) for side, n in zip(own, numbers, strict=True))


def _told(port: Any) -> str:
    if port is None:
        return "None"
    kind, shape = port.get_element_type().get_type_name(), _shape(port)
    return str(shape[2]) if (kind, len(shape)) == ("f32", 3) else f"{kind}{port.get_partial_shape()}"


def _compiled(model: openvino.Model, size: tuple[int, int, int], threads: int) -> openvino.InferRequest:
    openvino = _runtime()
    from openvino.preprocess import PrePostProcessor

    count, height, width = size
    sized = model.clone()
    sized.reshape([count, 3, height, width])
    if count > 1 and any(_shape(port)[:1] != (count,) for port in sized.outputs):
        raise ValueError(f"many: {', '.join(map(_name, sized.outputs))}: not an answer for each of {count} pictures")
    steps = PrePostProcessor(sized)
    steps.input().tensor().set_layout(openvino.Layout("NHWC"))
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "ENABLE_CPU_PINNING": False,  # else all networks of all processes wait for one and the same core
        "INFERENCE_PRECISION_HINT": "f32",  # with bf16 one processor would see faces that another misses
    }
    return _core(_runtime()).compile_model(steps.build(), "CPU", settings).create_infer_request()
