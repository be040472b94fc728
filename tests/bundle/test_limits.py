"""Words on a file before it is carried elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.bundle.limits import an_interpreter, only_here, untried_on_windows
from pexlite.bundle.plan import Surroundings, plan_bundle
from pexlite.model import Bundle, EntryPoint, LaunchOptions, StartKind, Target, Wheel
from pexlite.targets.platforms import platform_target
from tests.bundle.values import roots, target, wheel

INTERPRETER = EntryPoint(StartKind.INTERPRETER)
SERVER = "for a server: pexlite probe USER@HOST"


def here(minor: int) -> Target:
    return replace(target(minor), interpreter=Path("/usr/bin/python3"))


def around(one: Target) -> Surroundings:
    return Surroundings(one, tuple(target(minor) for minor in range(6, 16) if f"cp3{minor}" != one.python))


def bundle(
    wheels: Sequence[Wheel], surroundings: Sequence[Surroundings], start: EntryPoint = INTERPRETER
) -> Bundle:
    return plan_bundle(roots(*(one.name for one in wheels)), wheels, surroundings, start, LaunchOptions())


COMPILED = wheel("charset_normalizer-3.4.4-cp313-cp313-manylinux_2_17_x86_64.whl")
NUMPY = wheel("numpy-2.3-cp313-cp313-manylinux_2_28_x86_64.whl")


@pytest.mark.parametrize(
    ("wheels", "with_pure", "said"),
    [
        ([wheel("a-1")], (), ()),
        ([wheel("a-1", python=">=3.9")], (), ()),
        ([wheel("a-1-cp38-abi3-manylinux_2_17_x86_64.whl")], (), ()),
        ([wheel("a-1"), COMPILED], (), (f"only CPython 3.13, because of charset-normalizer 3.4.4; {SERVER}",)),
        (
            [wheel("a-1"), COMPILED],
            {"charset-normalizer", "a"},
            (
                "only CPython 3.13, because of charset-normalizer 3.4.4 (--prefer-pure takes its pure wheel); "
                f"{SERVER}",
            ),
        ),
        # A way out that leads only half of the way is none.
        (
            [COMPILED, NUMPY],
            {"charset-normalizer"},
            (f"only CPython 3.13, because of charset-normalizer 3.4.4, numpy 2.3; {SERVER}",),
        ),
        (
            [replace(NUMPY, name=name, sha256=name) for name in ("n1", "n2", "n3", "n4", "n5")],  # type: ignore[arg-type]
            (),
            (f"only CPython 3.13, because of n1 2.3, n2 2.3, n3 2.3 and 2 more; {SERVER}",),
        ),
        # Each lets in others, but not the same ones.
        (
            [wheel("a-1", python="<3.14"), wheel("b-1", python=">=3.13")],
            (),
            (f"only CPython 3.13, because of a 1, b 1; {SERVER}",),
        ),
    ],
)
def test_the_wheels_that_bind_a_file_to_one_python_are_named(
    wheels: list[Wheel], with_pure: Sequence[str], said: tuple[str, ...]
) -> None:
    surroundings = [around(here(13))]
    assert only_here(bundle(wheels, surroundings), surroundings, with_pure) == said


def test_other_wheels_for_other_pythons_bind_a_file_too() -> None:
    app = wheel("a-1", ["b; python_version == '3.13'", "c; python_version != '3.13'"])
    surroundings = [around(here(13))]
    found = plan_bundle(roots("a"), [app, wheel("b-1")], surroundings, INTERPRETER, LaunchOptions())
    assert only_here(found, surroundings, ()) == (f"only CPython 3.13, since others need other wheels; {SERVER}",)


def test_who_names_pythons_for_elsewhere_is_not_told() -> None:
    for surroundings in (
        [around(target(13))],
        [around(here(13)), around(replace(here(12), tags=(*here(12).tags, *here(13).tags)))],
    ):
        assert only_here(bundle([COMPILED], surroundings), surroundings, ()) == ()


def test_a_wheel_that_was_built_here_is_told_with_the_c_library_that_it_asks_for() -> None:
    surroundings = [around(here(13)), around(here(12))]
    built = [wheel("built-1-cp313-cp313-linux_x86_64.whl"), wheel("built-1-cp312-cp312-linux_x86_64.whl")]
    sentence = "only where glibc is 2.28 or newer, as here, where built 1 was built"
    assert only_here(bundle(built, surroundings), surroundings, ()) == (sentence,)


HTTPIE = wheel("httpie-3", scripts={"https": "h:s", "http": "h:m", "python3": "h:p"})
PLAIN = wheel("plain-1")
OWN = wheel("own-1", local=True)
MANY = wheel("many-1", scripts={f"s{number}": "m:m" for number in range(5)})


@pytest.mark.parametrize(
    ("wheels", "asked_for", "start", "said"),
    [
        ([HTTPIE, PLAIN], {"httpie"}, INTERPRETER, ("starts a Python interpreter; httpie has -c http, https",)),
        ([HTTPIE, PLAIN], {"plain"}, INTERPRETER, ()),
        ([HTTPIE], {"httpie"}, EntryPoint(StartKind.MODULE, module="h"), ()),
        (
            [HTTPIE, MANY],
            {"httpie", "many"},
            INTERPRETER,
            ("starts a Python interpreter; httpie has -c http, https; many has -c s0, s1, s2 and 2 more",),
        ),
        (
            [OWN],
            {"own"},
            INTERPRETER,
            ("starts a Python interpreter; to start something in it: -e MODULE:FUNCTION",),
        ),
        (
            [OWN, HTTPIE],
            {"own", "httpie"},
            INTERPRETER,
            ("starts a Python interpreter; httpie has -c http, https",),
        ),
    ],
)
def test_a_file_that_starts_an_interpreter_though_it_could_start_more_says_so(
    wheels: list[Wheel], asked_for: set[str], start: EntryPoint, said: tuple[str, ...]
) -> None:
    assert an_interpreter(bundle(wheels, [around(here(13))], start), asked_for) == said


@pytest.mark.parametrize(
    ("platform", "python", "sh_boot", "told"),
    [
        ("manylinux_2_17_x86_64", "cp-311-cp311", True, ""),
        ("win_amd64", "cp-311-cp311", False, ""),
        ("win32", "cp-311-cp311", True, "--sh-boot does nothing on Windows"),
        ("win_amd64", "pp-311-pypy311_pp73", False, "nobody has started a file by PyPy on Windows yet"),
    ],
)
def test_what_nobody_has_tried_on_windows_is_told(platform: str, python: str, sh_boot: bool, told: str) -> None:
    implementation, version, abi = python.split("-")
    compiled = wheel(f"a-1-{implementation}{version}-{abi}-{platform}.whl")
    target = Surroundings(platform_target(f"{platform}-{python}"), (), wheels=(compiled,))
    launch = LaunchOptions(sh_boot=sh_boot)
    said = untried_on_windows(plan_bundle(roots("a"), [compiled], [target], INTERPRETER, launch))
    assert [sentence.startswith(told) for sentence in said] == ([True] if told else [])
