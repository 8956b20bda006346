"""The steps of example_python: plain Python, with what the interpreter's environment has."""

from statistics import mean


def summarize(fares, unit="dollars"):
    print(f"{len(fares)} fares")
    return {"mean": mean(fares), "unit": unit}
