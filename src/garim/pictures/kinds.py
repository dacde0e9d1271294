"""What a file is, by its first bytes: a name can be wrong."""

from __future__ import annotations

HEAD = 64
"""How many first bytes `kind_of` wants."""

# kind -> how its outputs end; a kind that is not here is known, and not taken
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg"),
    "PNG": (".png", ".apng"),
    "WebP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "GIF": (".gif",),
    "AVIF": (".avif",),
    "HEIC": (".jpg", ".jpeg"),  # no encoder of HEVC comes under a licence that we take
}
_STARTS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"8BPS": "PSD",
    b"BM": "BMP",
}
_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"heim": "HEIC",
    b"heis": "HEIC",
    b"hevc": "HEIC",
    b"hevx": "HEIC",
}


def kind_of(head: bytes) -> str | None:
    """The kind of picture that begins with `head`, `HEAD` bytes of it or all; None where it is no picture."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _branded(head)
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), None)


def _branded(head: bytes) -> str | None:
    """By the brand, or by one that it is compatible with where the brand only says "a picture"."""
    size = int.from_bytes(head[:4], "big")
    brand = head[8:12]
    if brand not in (b"mif1", b"msf1"):
        return _BRANDS.get(brand)
    others = [head[at : at + 4] for at in range(16, min(size, len(head)), 4)]
    return next((_BRANDS[other] for other in others if other in _BRANDS), None)
