"""`pexlite cache`: show or remove what builds and built files keep on this machine."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from pexlite.cli.help import VERBOSE, GroupedCommand
from pexlite.cli.say import say, write
from pexlite.cli.words import count_in_words, size_in_words
from pexlite.cli.words_first import WordFirst

if TYPE_CHECKING:
    from pexlite.tools.caches import Removed, StoreContent, Unpacked

_JSON = click.Option(["--json", "as_json"], is_flag=True, help="As JSON on stdout (default: in words).")


def directory() -> None:
    """Say where the store of builds is: PEXLITE_CACHE_DIR, else where this platform has caches."""
    from pexlite.files.places import store_place

    write(str(store_place().root))


def info(as_json: bool) -> None:
    """Say what the store of builds and the cache of built files (PEX_ROOT or ~/.pex) hold."""
    from pexlite.tools import caches

    store, unpacked = caches.store_content(), caches.unpacked()
    if as_json:
        both = {"store": asdict(store), "unpacked": asdict(unpacked)}
        write(json.dumps(both, indent=2, default=str))
    else:
        say(*info_in_words(store, unpacked))


def info_in_words(store: StoreContent, unpacked: Unpacked) -> list[str]:
    """A line for each cache, for each unpacked app, and for the cache of earlier versions' files."""
    wheels = count_in_words(store.wheels, "wheel")
    apps = f"{count_in_words(len(unpacked.apps), 'app')}, {count_in_words(unpacked.wheels, 'wheel')}"
    lines = [
        f"builds       {store.root}  {wheels}, {size_in_words(store.size)}",
        f"built files  {unpacked.root}  {apps}, {size_in_words(unpacked.size)}",
    ]
    width = max((len(app.name) for app in unpacked.apps), default=0)
    for app in unpacked.apps:
        days = int(max(0.0, time.time() - app.last_used) // 86400)
        used = f"{count_in_words(days, 'day')} ago" if days else "today"
        lines.append(f"  {app.name:{width}}  {app.python:6}  used {used}")
    if unpacked.earlier:
        place = unpacked.root.with_name("lite-1")
        size = size_in_words(unpacked.earlier)
        lines.append(f"earlier      {place}  {size}; remove it when no file that an earlier version built is used")
    return lines


def prune(days: float | None, as_json: bool) -> None:
    """Remove from both caches what has not been used for a while and is not in use now."""
    from pexlite.tools import caches

    _tell(caches.prune(days), as_json, f"used in the last {caches.KEPT_DAYS if days is None else days:g} days")


def clear(as_json: bool) -> None:
    """Remove the store of builds, and all that built files have unpacked and no process uses."""
    from pexlite.tools import caches

    _tell(caches.clear(), as_json, "put there meanwhile")


def _tell(removed: Removed, as_json: bool, why_kept: str) -> None:
    if as_json:
        write(json.dumps(asdict(removed), indent=2))
        return
    words = [
        f"{count_in_words(removed.stored_wheels, 'wheel')} of builds",
        count_in_words(removed.apps, "unpacked app"),
        f"{count_in_words(removed.unpacked_wheels, 'wheel')} of those",
    ]
    say(f"removed {', '.join(words)}: {size_in_words(removed.size)}", err=True)
    for app in removed.kept:
        say(f"kept {app.name} ({app.python}): {app.why}", err=True)
    if removed.stored_wheels_kept:
        say(f"kept {count_in_words(removed.stored_wheels_kept, 'wheel')} of builds: {why_kept}", err=True)


class _Days(click.FloatRange):
    """A number of days; "nan" is refused, although Python accepts it as a float."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        days = super().convert(value, param, ctx)
        if not math.isfinite(days):
            self.fail(f"{value!r} is no number of days", param, ctx)
        return days


_DAYS = click.Option(
    ["--days"],
    type=_Days(min=0),
    metavar="N",
    help="What has been used in the last N days stays (default: 90; for built files PEX_KEEP_DAYS).",
)

CACHE = WordFirst(
    "cache",
    help="Look after what builds and built files keep on this machine. All of it can be made again.",
    short_help="what is kept on this machine: dir, info, prune, clear",
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    commands=[
        GroupedCommand("dir", callback=directory, help=directory.__doc__, sections={"Output": (VERBOSE,)}),
        GroupedCommand("info", callback=info, help=info.__doc__, sections={"Output": (_JSON, VERBOSE)}),
        GroupedCommand("prune", callback=prune, help=prune.__doc__, sections={"Output": (_DAYS, _JSON, VERBOSE)}),
        GroupedCommand("clear", callback=clear, help=clear.__doc__, sections={"Output": (_JSON, VERBOSE)}),
    ],
)
