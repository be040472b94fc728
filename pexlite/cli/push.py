"""`pexlite push`: put a built file on other machines, sending only what they lack."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pexlite.cli.help import VERBOSE, GroupedCommand
from pexlite.cli.option_values import LINK
from pexlite.cli.say import say, write
from pexlite.cli.sent import shown_sent
from pexlite.cli.signers_options import check_signed, signed_options, signed_values
from pexlite.cli.words import share_in_words, size_in_words
from pexlite.errors import HostError, UsageError

if TYPE_CHECKING:
    from pexlite.ship.destination import Destination
    from pexlite.ship.shipment import Failed, Pushed, PushOptions

_EXAMPLES = (
    ("pexlite push app.pex user@server:bin/app.pex", "only what the server lacks is sent"),
    ("pexlite push app.pex --hosts hosts.txt /srv/{host}/app.pex --warm", "to many hosts, unpacked there"),
    ("pexlite push app.pex server:bin/app.pex --dry-run", "what would be sent"),
    ("pexlite push app.pex server:bin/app.pex --keep", "the old file stays as bin/app.pex.previous"),
    ("pexlite push --rollback server:bin/app.pex", "and comes back"),
)


def push(words: Sequence[str], hosts: Path | None, rollback: bool, as_json: bool, **given: Any) -> None:
    """Put FILE on each host at its path; a HOST is what ssh takes, so its configuration and agent count.

    A running old version is not disturbed. Cut off, the old file stays, and the next push goes on.
    """
    if rollback:
        _roll_back(words, hosts, as_json, given)
        return
    if len(words) < 2:
        raise UsageError(
            "push takes a file and where it goes", hint="pexlite push app.pex user@server:bin/app.pex"
        )
    from pexlite.ship.destination import destinations
    from pexlite.ship.shipment import PushOptions

    check_signed(Path(words[0]), **signed_values(given))
    options = PushOptions(**{name: given[name] for name in ("keep", "warm", "dry_run", "link", "jobs")})
    to = destinations(words[1:], hosts)
    results = push_file(Path(words[0]), to, options, told=not given["quiet"] and not as_json)
    if as_json:
        write(json.dumps([in_json(result) for result in results], indent=2))
    fail_if_any_did(results, as_json=as_json)


def push_file(path: Path, to: Sequence[Destination], options: PushOptions, *, told: bool) -> list[Pushed | Failed]:
    """How each push of the file at `path` ended; people are told of it, and see the bytes, if `told`."""
    from pexlite.files.paths import is_file
    from pexlite.ship.connection import begun_ahead
    from pexlite.ship.one_host import by_host

    groups = by_host(to)
    with begun_ahead([group[0] for group in groups][: options.jobs] if is_file(path) else ()) as connect:
        # These take as long to import as ssh takes to reach a host.
        from pexlite.ship.many import Planner, push_all
        from pexlite.ship.new_file import new_file
        from pexlite.ship.old_contents import ContentsHere, beside

        with new_file(path) as file, shown_sent(quiet=not told) as watch:
            planner = Planner(ContentsHere(beside(path)), options.link)
            ended = _say_end if told and len(to) > 1 else lambda _: None
            found = push_all(file, groups, options, planner, watch, ended=ended, connect=connect)
    results = _in_order(to, found)
    if told:
        _show(results)
    return results


def fail_if_any_did(results: Sequence[Pushed | Failed], *, as_json: bool) -> None:
    """Raise the error of the only push, or one about several; with JSON, which has them all, only exit with 7."""
    failed = [result for result in results if hasattr(result, "error")]
    if failed and as_json:
        for result in failed:
            say(f"error: {result.destination}: {result.error.message}", err=True)
        click.get_current_context().exit(HostError.exit_code)
    if failed and len(results) == 1:
        raise failed[0].error
    if failed:
        raise HostError(
            f"{len(failed)} of {len(results)} pushes failed",
            causes=[f"{result.destination}: {result.error.message}" for result in failed],
            hint="push again: those that have it already take a moment",
        )


def _roll_back(words: Sequence[str], hosts: Path | None, as_json: bool, given: dict[str, Any]) -> None:
    from pexlite.ship.destination import destinations
    from pexlite.ship.one_host import by_host
    from pexlite.ship.rollback import roll_back_all

    wrong = [name for name in ("keep", "warm", "dry_run", *signed_values(given)) if given[name]]
    if wrong:
        raise UsageError(
            f"--rollback takes no --{wrong[0].replace('_', '-')}", hint="pexlite push --rollback HOST:PATH"
        )
    if not words:
        raise UsageError("--rollback takes where the file is", hint="pexlite push --rollback HOST:PATH")
    to = destinations(words, hosts)
    results = _in_order(to, roll_back_all(by_host(to), jobs=given["jobs"]))
    if as_json:
        write(json.dumps([in_json(result) for result in results], indent=2))
    elif not given["quiet"]:
        _show(results)
    fail_if_any_did(results, as_json=as_json)


def _in_order(to: Sequence[Destination], found: Sequence[Pushed | Failed]) -> list[Pushed | Failed]:
    """The results of hosts, in the order in which their places were named."""
    by_place = {result.destination: result for result in found}
    return [by_place[place] for place in to]


def _show(results: Sequence[Pushed | Failed]) -> None:
    """Say how the only push ended, or all in a table."""
    if len(results) == 1:
        _say_end(results[0])
    else:
        say(*_table(results), err=True)


def _say_end(result: Pushed | Failed) -> None:
    if not hasattr(result, "error"):
        say(in_words(result), err=True)
        if result.warm and result.warm["code"]:
            last = (str(result.warm["words"]).splitlines() or [""])[-1]
            say(f"note: it is there, but could not be unpacked on {result.destination.host}: {last}", err=True)


def in_words(pushed: Pushed) -> str:
    """The end of a push in a line: `pushed server:bin/app.pex  130 MB  sent 0.5 MB (0.4 %)`."""
    words = [f"{pushed.state} {pushed.destination}"]
    if pushed.state == "rolled back":
        return words[0]
    words.append(size_in_words(pushed.size))
    amount = pushed.planned if pushed.state == "would push" else pushed.sent
    said = "to send" if pushed.state == "would push" else "sent"
    words.append(f"{said} {size_in_words(amount)} ({share_in_words(amount, pushed.size)})")
    if pushed.copied:
        words[2] = f"copied there from {pushed.copied}"
    if pushed.resumed:
        words.append(f"{size_in_words(pushed.resumed)} had arrived before")
    return "  ".join(words)


def in_json(result: Pushed | Failed) -> dict[str, Any]:
    """The end of a push for programs."""
    to = {"host": result.destination.host, "path": result.destination.path, "port": result.destination.port}
    if hasattr(result, "error"):
        return {**to, "state": "failed", "error": result.error.message, "causes": list(result.error.causes)}
    said: dict[str, Any] = {
        **to,
        "state": result.state,
        "size": result.size,
        "planned": result.planned,
        "sent": result.sent,
        "received": result.received,
        "resumed": result.resumed,
        "copied": result.copied,
        "warm": dict(result.warm) if result.warm else None,
    }
    if result.delta:
        plan = result.delta.plan
        said["wheels"] = {"there": list(plan.whole), "changed": list(plan.changed), "new": list(plan.new)}
    return said


def _table(results: Sequence[Pushed | Failed]) -> list[str]:
    """A line for each host, in order: where, how it ended, the bytes sent."""
    width = max(len(str(result.destination)) for result in results)
    lines = [""]
    for result in results:
        if hasattr(result, "error"):
            lines.append(f"{result.destination!s:{width}}  failed         {result.error.message}")
        else:
            amount = result.planned if result.state == "would push" else result.sent
            lines.append(f"{result.destination!s:{width}}  {result.state:13}  {size_in_words(amount)}")
    return lines


PUSH = GroupedCommand(
    "push",
    callback=push,
    help=push.__doc__,
    short_help="a file to other machines over ssh, sending only what they lack",
    examples=_EXAMPLES,
    sections={
        "Where to": (
            click.Argument(["words"], nargs=-1, metavar="FILE [USER@]HOST:PATH..."),
            click.Option(
                ["--hosts"],
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Hosts, a name a line, for a PATH without a host; {host} in it is the name (default: none).",
            ),
            click.Option(
                ["--jobs"],
                type=click.IntRange(1, 64),
                default=8,
                metavar="N",
                help="Push to so many hosts at once (default: 8, since sshd refuses more that come at once).",
            ),
        ),
        "What happens there": (
            click.Option(["--keep"], is_flag=True, help="Leave the old file as PATH.previous (default: it goes)."),
            click.Option(
                ["--rollback"],
                is_flag=True,
                help="Put PATH.previous back, and keep what it replaces; no FILE is named (default: push).",
            ),
            click.Option(
                ["--warm"], is_flag=True, help="Have the host unpack the file (default: its first start does)."
            ),
        ),
        "Output": (
            click.Option(["--dry-run"], is_flag=True, help="Ask and plan, but send nothing (default: push)."),
            *signed_options(),
            LINK,
            click.Option(["-q", "--quiet"], is_flag=True, help="Say nothing but errors (default: a line a host)."),
            click.Option(["--json", "as_json"], is_flag=True, help="As JSON on stdout (default: in words)."),
            VERBOSE,
        ),
    },
)
