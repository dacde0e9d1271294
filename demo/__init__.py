"""THE DEMO: a film of faces with exact truth, redacted by the real command, and measured on the pixels that leave.

faces     two public-domain portraits out of PyPI wheels -> sprites
scene     what the demo's film shows (data)
backdrop  a street from a seed
clip      scene -> frames and truth (pure)
film      frames <-> H.264
measure   truth, film before, film after -> what leaked (pure)
sheet     film before, film after -> one picture for the eye
"""
