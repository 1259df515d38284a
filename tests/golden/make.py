"""Rewrite the stored outputs (`make golden`); look at what changed, and why, before committing it."""

import sys

import numpy as np
from golden_cases import STORED, outputs


def main() -> int:
    made = outputs()
    before = dict(np.load(STORED)) if STORED.exists() else {}
    for name, value in made.items():
        old = before.get(name)
        change = (
            "new" if old is None or old.shape != value.shape else f"changed by {np.abs(old - value).max():.2g} at most"
        )
        print(f"{name:28s} {value.shape!s:18s} {change}")
    np.savez_compressed(STORED, **made)
    print(f"{STORED.name}: {STORED.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
