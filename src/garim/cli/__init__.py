"""THE ONLY PLACE WHERE ROOMS MEET: words to calls, results to words. Nothing is decided here."""
