"""Benchmarks: each module with a `measure()` compares a figure with a baseline from the same run (`make bench`)."""
