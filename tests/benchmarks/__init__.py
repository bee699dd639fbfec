"""How fast the program is, beside floors and peers that do the same work in the same run. `python -m benchmarks`."""
