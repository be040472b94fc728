"""Count books sold by language area, on the workers of a Ray cluster."""

from collections import Counter

import ray
from numbers_of_books import SALES, area

ray.init(runtime_env={"working_dir": ".", "py_executable": "./env.pex"})

# These functions, and with them stdnum, run on the workers.
areas = ray.get([ray.remote(area).remote(number) for number in SALES])
copies: Counter[str] = Counter()
for name, sold in zip(areas, SALES.values(), strict=True):
    copies[name] += sold
for name in sorted(copies):
    print(f"{name:8} {copies[name]:3}")
