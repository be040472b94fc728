"""A file of a wheel that only has another name is sent as a difference too."""

from __future__ import annotations

import random
from pathlib import Path

from pexlite.cli.main import run
from tests.bundles import bundle_file, function
from tests.factories import make_wheel


def chunk(seed: int, more: str = "") -> str:
    """A page's script as bundlers write it, in which words are made up."""
    chosen = random.Random(seed)
    words = ["".join(chosen.choices("abcdefghijklmnopqrstuvwxyz", k=8)) for _ in range(900)]
    return ",".join(f"{chosen.choice(words)}:{chosen.choice(words)}" for _ in range(4000)) + more


def built(place: Path, version: str, files: dict[str, str]) -> Path:
    place = place / version
    place.mkdir()
    code = {"app.py": "def main():\n    pass\n"}
    wheel = make_wheel(
        place, "page", version, files={**code, **{f"page/static/{name}": text for name, text in files.items()}}
    )
    return bundle_file(place / "app.pex", [wheel], function("app", "main"))


def test_a_renumbered_chunk_is_told_by_its_words(tmp_path: Path) -> None:
    old = built(tmp_path, "1.0", {"4155.1fa5e0b8.js": chunk(1), "227.9b0125af.js": chunk(2)})
    new = built(tmp_path, "2.0", {"8891.cd6317f0.js": chunk(1, ",new"), "785.1438df20.js": chunk(2, ",newer")})
    other = built(tmp_path, "3.0", {"8891.cd6317f0.js": chunk(3), "785.1438df20.js": chunk(4)})
    sizes = []
    for file in (new, other):
        delta = file.with_suffix(".delta")
        assert run(["delta", str(old), str(file), "-o", str(delta)]) == 0
        sizes.append(delta.stat().st_size)
    alike, foreign = sizes
    assert alike < 12_000 and foreign > 20_000
