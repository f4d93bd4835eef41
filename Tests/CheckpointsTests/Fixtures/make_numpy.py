#!/usr/bin/env python3
"""Writes arrays as NumPy does: stored, deflated, alone, of several types; and maps with tokens.

Run from the repository root, with numpy:

    python Tests/CheckpointsTests/Fixtures/make_numpy.py
"""

import pathlib

import numpy as np

OUT = pathlib.Path(__file__).resolve().parent / "numpy"


def main():
    OUT.mkdir(exist_ok=True)
    # Multiples of 1/8 survive every type.
    ramp = np.arange(24).reshape(2, 3, 4) / 8
    arrays = {
        "f8": ramp, "f4": ramp.astype("<f4"), "f2": ramp.astype("<f2"), "i8": np.arange(5),
        "u1": np.arange(5, dtype="u1"), "text": np.array(["a", "ünder", "🙂", ""]),
        "bytes": np.array([b"ab", b"c"]), "scalar": np.float32(0.5), "empty": np.zeros((0, 3), "f4"),
    }
    np.savez(OUT / "stored.npz", **arrays)
    np.savez_compressed(OUT / "packed.npz", **arrays)
    np.save(OUT / "alone.npy", ramp.astype("<f4"))
    np.save(OUT / "fortran.npy", np.asfortranarray(ramp))
    np.save(OUT / "big.npy", ramp.astype(">f4"))

    scores = np.random.default_rng(3).normal(size=(2, 3, 5, 5)).astype("f4")
    scores[..., np.triu(np.ones((5, 5), bool), 1)] = -np.inf
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    tokens = np.array(["When", " Mary", " and", " John", " went"])
    np.savez_compressed(OUT / "maps.npz", attention=weights.astype("f4"), tokens=tokens)
    cross = np.full((2, 3, 4), 0.25, "f4")
    np.savez(
        OUT / "cross.npz", attention=cross, query_tokens=np.array(["a", "b", "c"]),
        key_tokens=np.array(["w", "x", "y", "z"]))


if __name__ == "__main__":
    main()
