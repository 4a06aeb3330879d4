"""Going through a derivation line by line: the cursor, its hints, its memory, its terminal."""
