"""How much a look may cost: each effort has its measured leaks and its measured price."""

from enum import StrEnum


class Effort(StrEnum):
    """One family of detector; two, the second where the first is in doubt; two everywhere, in more sizes."""

    FAST = "fast"
    NORMAL = "normal"
    THOROUGH = "thorough"
