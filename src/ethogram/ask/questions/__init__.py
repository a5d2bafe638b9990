"""One question, one file: spec, partial, merge, finish."""
