"""The models that the gate owns, and those of `recognise`, which only the gate may show."""

from garim.inference.weights import Pinned, Upstream, Weight
from garim.recognise.weights import WEIGHTS as COMPARING

HEAD_POSE = Weight(
    name="head-pose",
    purpose="which way a head is turned, to see whether a challenge is answered",
    licence="Apache-2.0",
    files=(
        Pinned(
            "head-pose-estimation-adas-0001.xml",
            "7a00509b02c15371c8156b848daf2825a061488b6f1b257ccbb648596c0a1ef3",
            78824,
        ),
        Pinned(
            "head-pose-estimation-adas-0001.bin",
            "035c41b04268c4541fc0d7fc4a131070bc2d424324ad8e1163f83953ee8bb0b1",
            3823816,
        ),
    ),
    sources=(
        Upstream(
            "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/models_bin/1/"
            "head-pose-estimation-adas-0001/FP16/head-pose-estimation-adas-0001.{xml,bin}"
        ),
    ),
    card="docs/models/head-pose.md",
)

MINIFASNET_V2 = Weight(
    name="minifasnet-v2",
    purpose="whether a face is a print or a screen, from close by: a weak signal",
    licence="Apache-2.0",
    files=(
        Pinned(
            "2.7_80x80_MiniFASNetV2.onnx",
            "e9c1694b736a332790e1888e820033552ea187a6257b8d8369b5d22c84df7c1f",
            1744935,
        ),
    ),
    sources=(Upstream("https://github.com/minivision-ai/Silent-Face-Anti-Spoofing"),),
    card="docs/models/minifasnet.md",
)

MINIFASNET_V1SE = Weight(
    name="minifasnet-v1se",
    purpose="the same, with what is around the face",
    licence="Apache-2.0",
    files=(
        Pinned(
            "4_0_0_80x80_MiniFASNetV1SE.onnx",
            "b260e3708a394a76aac7c9e9d9f49586d8937abdddfb5e62e4c9c1bea0ea69ef",
            1744217,
        ),
    ),
    sources=(Upstream("https://github.com/minivision-ai/Silent-Face-Anti-Spoofing"),),
    card="docs/models/minifasnet.md",
)

WEIGHTS = (*COMPARING, HEAD_POSE, MINIFASNET_V2, MINIFASNET_V1SE)
