"""WEIGHTS -> ANSWERS: loads a pinned file or refuses; the only importer of the runtime."""
