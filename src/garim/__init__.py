"""Garim takes every face out of footage and names nobody. The rooms are its submodules; nothing loads here."""
