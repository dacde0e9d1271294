"""PASSIVE AUTHENTICATION: the files of a passport's chip, read as a border reads them (ICAO Doc 9303-10 to -12)."""
