"""BYTES <-> FRAMES; the only importer of PyAV.

Laws: a film is read whole or not at all (a damaged or cut one is an error, never a shorter film); time is
rational, in ticks of the stream's own time base; what is not picture or sound does not reach the output.
"""

from garim.wall import Side, arm

arm(Side.FOOTAGE)

from garim.media.codecs import PRESETS, Codec, Encoding  # noqa: E402 - the wall stands before PyAV loads
from garim.media.outputs import output_suffix, refuse_unfit  # noqa: E402 - as above
from garim.media.probe import BARE, Film, probe  # noqa: E402 - as above
from garim.media.reader import Frame, Reader  # noqa: E402 - as above
from garim.media.writer import Writer  # noqa: E402 - as above

__all__ = [
    "BARE",
    "PRESETS",
    "Codec",
    "Encoding",
    "Film",
    "Frame",
    "Reader",
    "Writer",
    "output_suffix",
    "probe",
    "refuse_unfit",
]
