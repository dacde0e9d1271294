"""A film through the reader and the writer, as `redact` drives them, with or without paint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from garim.media import Codec, Encoding, Frame, Reader, Writer

FINE = Encoding("ultrafast", 8)


def fine(codec: Codec | None) -> Encoding:
    """As good as it gets, in a codec."""
    return Encoding("ultrafast", 8, codec)


def copied(
    source: Path,
    *,
    paint: Callable[[Frame], None] | None = None,
    mute: bool = False,
    suffix: str = "",
    encoding: Encoding = FINE,
) -> Path:
    """`source` written anew beside it."""
    output = source.with_name(f"{source.stem}.copy{suffix or source.suffix}")
    with Reader(source) as reader, Writer(output, reader, output, encoding, mute=mute) as writer:
        for frame in reader.frames(writer.copy):
            if paint:
                paint(frame)
            writer.write(frame)
    return output
