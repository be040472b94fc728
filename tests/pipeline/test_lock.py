"""Locks are written, and files are built from locks of pexlite and of others.

Longer than 400 lines, since half of it is the text of other tools' locks.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import FetchError, HashMismatch, PexliteError, ResolutionError, UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline import lock as locking
from pexlite.pipeline.build import build
from pexlite.resolve.resolvers import find_resolver
from tests.factories import make_project, make_wheel
from tests.interpreters import supported
from tests.pylock.values import sha256

UV = find_resolver("uv").program.command


pytestmark = pytest.mark.usefixtures("bare_machine")


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """click 8.0, 8.1 and 9.0; rich needs click>=8.1, and colour on Windows; web and dev need nothing."""
    directory = tmp_path / "links"
    directory.mkdir()
    for version in ("8.0", "8.1", "9.0"):
        make_wheel(directory, "click", version, files={"click.py": f"version = '{version}'\n"})
    make_wheel(directory, "rich", requires=["click>=8.1", "colour; sys_platform == 'win32'"])
    for name in ("colour", "web", "dev"):
        make_wheel(directory, name)
    return directory


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that needs click below 9."""
    files = {"my_app.py": "import click\n\n\ndef main():\n    print('click', click.version)\n"}
    return make_project(tmp_path, "my-app", files=files, requires=["click<9"], scripts={"my-app": "my_app:main"})


def request(directory: Path, *inputs: str, **more: Any) -> BuildRequest:
    index = IndexSettings(no_index=True, find_links=(str(directory / "links"),))
    return BuildRequest(directory=directory, requirements=inputs, **({"index": index} | more))


def offline(directory: Path, *inputs: str, **more: Any) -> BuildResult:
    """Build with nothing at hand but a lock and the store."""
    nowhere = IndexSettings(no_index=True)
    return build(request(directory, *inputs, index=nowhere, output=Path("x.pex"), **more))


def names(result: BuildResult) -> list[str]:
    return [f"{wheel.name} {wheel.version}" for wheel in result.wheels]


# -- written -------------------------------------------------------------------------------------


def test_the_notices_of_a_lock_have_no_passwords(links: Path, tmp_path: Path) -> None:
    address = f"https://someone:{'pass' + 'word'}@127.0.0.1/other.whl"
    done = locking.lock(request(tmp_path, "rich", overrides=(f"other @ {address}",)))
    (notice,) = [notice for notice in done.notices if "--override" in notice]
    assert "127.0.0.1" in notice
    assert "pass" + "word" not in notice


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_what_is_locked_is_built_without_resolving(resolver: str, links: Path, tmp_path: Path) -> None:
    done = locking.lock(request(tmp_path, "rich", resolver=resolver, output=Path("pylock.toml")))
    assert done.path == tmp_path / "pylock.toml"
    assert done.path.read_text() == done.text
    make_wheel(links, "rich", "2.0")
    assert names(offline(tmp_path, lock=Path("pylock.toml"))) == ["click 9.0", "rich 1.0"]


def test_a_lock_by_uv_is_for_every_platform_and_one_by_pip_for_its_targets(links: Path, tmp_path: Path) -> None:
    everywhere = locking.lock(request(tmp_path, "rich", resolver="uv")).lock
    assert everywhere.environments is None
    assert {package.name: str(package.marker) for package in everywhere.packages if package.marker} == {
        "colour": 'sys_platform == "win32"'
    }
    for resolver in ("uv", "pip"):
        here = locking.lock(request(tmp_path, "rich", resolver=resolver, platforms=("current",))).lock
        assert [package.name for package in here.packages] == ["click", "rich"]
        assert len(here.environments or ()) == 1


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_targets_asked_for_are_merged_and_others_refused(resolver: str, links: Path, tmp_path: Path) -> None:
    platforms = ("linux_x86_64-cp-311-cp311", "win_amd64-cp-311-cp311")
    locking.lock(request(tmp_path, "rich", resolver=resolver, platforms=platforms, output=Path("pylock.toml")))
    lock = Path("pylock.toml")
    assert names(offline(tmp_path, lock=lock, platforms=platforms[:1])) == ["click 9.0", "rich 1.0"]
    assert names(offline(tmp_path, lock=lock, platforms=platforms[1:])) == ["click 9.0", "colour 1.0", "rich 1.0"]
    with pytest.raises(FetchError) as caught:
        offline(tmp_path, lock=lock, platforms=("macosx_14_0_arm64-cp-313-cp313",))
    assert "the lock is for other environments" in caught.value.causes[0]


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_local_code_is_in_a_lock_by_its_place_and_nothing_of_the_machine(
    resolver: str, links: Path, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "loose.py").write_text("")
    inputs = ("./my-app", str(tmp_path / "links" / "web-1.0-py3-none-any.whl"), "./loose.py")
    done = locking.lock(request(tmp_path, *inputs, resolver=resolver, output=Path("pylock.toml")))
    assert str(tmp_path) not in done.text
    packages = {package["name"]: package for package in tomllib.loads(done.text)["packages"]}
    assert packages["my-app"]["directory"] == {"path": "my-app"}
    assert packages["web"]["archive"]["path"] == "links/web-1.0-py3-none-any.whl"
    assert set(packages) == {"click", "my-app", "web"}
    assert "loose.py is no project, so the lock has only what it needs" in done.notices
    result = offline(tmp_path, lock=Path("pylock.toml"), script="my-app")
    assert names(result) == ["click 8.1", "my-app 1.0", "web 1.0"]


def test_the_same_request_gives_the_same_text(links: Path, tmp_path: Path) -> None:
    texts = {locking.lock(request(tmp_path, "rich", "web")).text for _ in range(2)}
    assert len(texts) == 1


def test_what_was_excluded_and_overridden_is_so_in_the_build(links: Path, tmp_path: Path) -> None:
    asked = request(
        tmp_path, "rich", "web", excluded=("web",), overrides=("click==8.0",), output=Path("pylock.toml")
    )
    locking.lock(asked)
    assert names(offline(tmp_path, lock=Path("pylock.toml"))) == ["click 8.0", "rich 1.0"]


def test_a_notice_about_an_address_tells_no_password(links: Path, tmp_path: Path) -> None:
    password = "correct" + "horse"
    override = f"core @ https://somebody:{password}@a.test/core-1-py3-none-any.whl"
    done = locking.lock(request(tmp_path, "rich", overrides=(override,)))
    (notice,) = [notice for notice in done.notices if "--override" in notice]
    assert "changes nothing" in notice
    assert password not in notice


NOTHING = [
    ((), {}, "nothing to lock"),
    ((), {"requirement_files": ("pylock.toml",)}, "what is asked for is a lock already"),
]


@pytest.mark.parametrize(("inputs", "more", "message"), NOTHING)
def test_what_cannot_be_locked_is_said(
    inputs: tuple[str, ...], more: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / "links").mkdir(exist_ok=True)
    (tmp_path / "pylock.toml").write_text(lock_text("other", []))
    with pytest.raises(UsageError, match=message):
        locking.lock(request(tmp_path, *inputs, **more))


# -- locks of others -----------------------------------------------------------------------------


def lock_text(tool: str, wheels: list[Path], *, top: str = "", markers: dict[str, str] | None = None) -> str:
    """A lock of `wheels` as `tool` writes it: which tables are inline, which extra fields there are."""
    lines = ['lock-version = "1.0"', f'created-by = "{tool}"', *top.splitlines()]
    if not wheels:
        lines.append("packages = []")
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        lines += ["", "[[packages]]", f'name = "{name}"', f'version = "{version}"']
        if markers and name in markers:
            lines.append(f'marker = "{markers[name]}"')
        path = f"links/{wheel.name}"
        match tool:
            case "pip":
                lines += ["[[packages.wheels]]", f'name = "{wheel.name}"', f'path = "{path}"']
                lines += ["[packages.wheels.hashes]", f'sha256 = "{sha256(wheel)}"']
            case "uv":
                lines.append(f'wheels = [{{ path = "{path}", hashes = {{ sha256 = "{sha256(wheel)}" }} }}]')
            case "pdm":
                lines.append(f'wheels = [{{name = "{wheel.name}",path = "{path}",')
                lines[-1] += f'hashes = {{sha256 = "{sha256(wheel)}"}}}}]'
                lines += ["[packages.tool.pdm]", "dependencies = []"]
            case "poetry-plugin-export":
                lines += ['requires-python = ">=3.8"', 'index = "https://index.test/simple"']
                lines.append(
                    f'wheels = [{{name = "{wheel.name}", path = "{path}", upload-time = 2026-01-31T12:00:00Z,'
                )
                lines[-1] += f' size = {wheel.stat().st_size}, hashes = {{sha256 = "{sha256(wheel)}"}}}}]'
    return "\n".join([*lines, ""])


TOPS = {
    "pip": "",
    "uv": 'requires-python = ">=3.8"',
    "pdm": 'requires-python = ">=3.8"\nenvironments = ["python_version >= \\"3.8\\""]',
    "poetry-plugin-export": 'environments = ["python_version >= \\"3.8\\""]\nrequires-python = ">=3.8"',
}


@pytest.mark.parametrize("tool", TOPS)
def test_locks_of_every_tool_are_taken(tool: str, links: Path, tmp_path: Path) -> None:
    wheels = [links / "click-8.1-py3-none-any.whl", links / "rich-1.0-py3-none-any.whl"]
    (tmp_path / "pylock.toml").write_text(lock_text(tool, wheels, top=TOPS[tool]))
    assert names(offline(tmp_path, lock=Path("pylock.toml"))) == ["click 8.1", "rich 1.0"]


GROUPED = """\
requires-python = ">=3.8"
environments = []
extras = ["web"]
dependency-groups = ["default", "dev"]
default-groups = ["default"]"""
MARKERS = {
    "click": "'default' in dependency_groups or 'dev' in dependency_groups",
    "rich": "'default' in dependency_groups",
    "web": "'web' in extras",
    "dev": "python_version > '3' and 'dev' in dependency_groups",
}

CHOSEN: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["click 8.1", "rich 1.0"]),
    ({"extras": ("web",)}, ["click 8.1", "rich 1.0", "web 1.0"]),
    ({"groups": ("dev",)}, ["click 8.1", "dev 1.0", "rich 1.0"]),
    ({"groups": ("dev",), "extras": ("web",)}, ["click 8.1", "dev 1.0", "rich 1.0", "web 1.0"]),
]


@pytest.mark.parametrize(("more", "expected"), CHOSEN)
def test_extras_and_groups_of_a_lock_go_in_where_they_are_asked_for(
    more: dict[str, Any], expected: list[str], links: Path, tmp_path: Path
) -> None:
    wheels = [links / f"{name}-py3-none-any.whl" for name in ("click-8.1", "rich-1.0", "web-1.0", "dev-1.0")]
    (tmp_path / "pylock.toml").write_text(lock_text("pdm", wheels, top=GROUPED, markers=MARKERS))
    assert names(offline(tmp_path, lock=Path("pylock.toml"), **more)) == expected


def test_an_extra_or_group_the_lock_does_not_have_is_an_error(links: Path, tmp_path: Path) -> None:
    (tmp_path / "pylock.toml").write_text(lock_text("pdm", [], top=GROUPED))
    with pytest.raises(UsageError, match="the lock has no extra 'wep'"):
        offline(tmp_path, lock=Path("pylock.toml"), extras=("wep",))
    with pytest.raises(UsageError, match="--group test belongs to"):
        offline(tmp_path, lock=Path("pylock.toml"), groups=("test",))


def test_versions_that_differ_by_marker_reach_each_its_own_python(links: Path, tmp_path: Path) -> None:
    old, new = links / "click-8.0-py3-none-any.whl", links / "click-8.1-py3-none-any.whl"
    first = lock_text("uv", [old], markers={"click": "python_version < '3.11'"})
    second = lock_text("uv", [new], markers={"click": "python_version >= '3.11'"})
    (tmp_path / "pylock.toml").write_text(first + second.partition("\n\n")[2])
    platforms = ("linux_x86_64-cp-310-cp310", "linux_x86_64-cp-312-cp312")
    result = offline(tmp_path, lock=Path("pylock.toml"), platforms=platforms)
    taken = {variant.pythons: [names(result)[place] for place in variant.wheels] for variant in result.variants}
    assert all(("click 8.0" if "cp310" in pythons else "click 8.1") in held for pythons, held in taken.items())
    assert len(taken) == 2
    assert all(len(held) == 1 for held in taken.values())


def test_a_file_with_another_hash_is_refused(links: Path, tmp_path: Path) -> None:
    wheel = links / "click-8.1-py3-none-any.whl"
    text = lock_text("uv", [wheel]).replace(sha256(wheel), "0" * 64)
    (tmp_path / "pylock.toml").write_text(text)
    with pytest.raises(HashMismatch):
        offline(tmp_path, lock=Path("pylock.toml"))
    assert not (tmp_path / "x.pex").exists()


def test_a_project_at_hand_wins_over_the_lock_that_has_it_too(links: Path, project: Path, tmp_path: Path) -> None:
    wheels = [links / "click-8.1-py3-none-any.whl", make_wheel(links, "my-app", "9.0")]
    (tmp_path / "pylock.toml").write_text(lock_text("uv", wheels).replace('"my_app"', '"my-app"'))
    assert names(offline(tmp_path, "./my-app", lock=Path("pylock.toml"))) == ["click 8.1", "my-app 1.0"]


def test_what_only_an_excluded_package_needs_is_left_out_of_a_lock_too(links: Path, tmp_path: Path) -> None:
    wheels = [links / f"{name}-py3-none-any.whl" for name in ("click-8.1", "rich-1.0", "web-1.0")]
    (tmp_path / "pylock.toml").write_text(lock_text("uv", wheels))
    assert names(offline(tmp_path, lock=Path("pylock.toml"), excluded=("rich",))) == ["web 1.0"]


# -- a lock that must fit ------------------------------------------------------------------------


@pytest.fixture
def locked(links: Path, project: Path, tmp_path: Path) -> Path:
    """The project with click 8.1 locked beside it; the newest click that it accepts is 8.9 by now."""
    locking.lock(request(project, ".", index=settings(tmp_path), output=Path("pylock.toml")))
    make_wheel(links, "click", "8.9", files={"click.py": ""})
    return project


def settings(tmp_path: Path) -> IndexSettings:
    return IndexSettings(no_index=True, find_links=(str(tmp_path / "links"),))


def built(project: Path, tmp_path: Path, *inputs: str, **more: Any) -> BuildResult:
    output = tmp_path / "app.pex"
    return build(request(project, ".", *inputs, index=settings(tmp_path), output=output, **more))


def needs(project: Path, line: str) -> None:
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("'click<9'", line))


def test_a_lock_beside_the_project_is_used_and_said(locked: Path, tmp_path: Path) -> None:
    result = built(locked, tmp_path)
    assert names(result) == ["click 8.1", "my-app 1.0"]
    assert result.notices == ("pylock.toml beside the project is used; --no-lock builds without it",)


def test_no_lock_builds_without_it(locked: Path, tmp_path: Path) -> None:
    result = built(locked, tmp_path, ignore_locks=True)
    assert (names(result), result.notices) == (["click 8.9", "my-app 1.0"], ())


def test_a_lock_that_no_longer_fits_is_passed_over_where_its_pins_stay(
    locked: Path, links: Path, tmp_path: Path
) -> None:
    (links / "click-8.9-py3-none-any.whl").unlink()
    needs(locked, "'click<9', 'dev'")
    result = built(locked, tmp_path)
    assert names(result) == ["click 8.1", "dev 1.0", "my-app 1.0"]
    assert "no longer satisfies the requirements; + dev" in result.notices[0]
    assert "and what it pins stays as it is" in result.notices[0]


@pytest.mark.parametrize("bound", ["'click>=8.5'", "'click<9', 'dev'"])
@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_where_its_pins_would_change_the_build_ends(
    resolver: str, bound: str, locked: Path, tmp_path: Path
) -> None:
    needs(locked, bound)
    with pytest.raises(ResolutionError, match=r"pylock\.toml cannot be used, and without it other") as caught:
        built(locked, tmp_path, resolver=resolver)
    assert caught.value.causes[0].startswith("pylock.toml no longer satisfies the requirements")
    assert caught.value.causes[1] == f"click 8.1 -> {'9.0' if '>=' in bound else '8.9'}"
    assert (caught.value.hint or "").endswith("or build without it: --no-lock")
    assert not (tmp_path / "app.pex").exists()
    assert "my-app 1.0" in names(built(locked, tmp_path, resolver=resolver, ignore_locks=True))


@pytest.mark.parametrize("also_gone", [False, True], ids=["alone", "among several failures"])
@pytest.mark.parametrize("locked_too", [False, True], ids=["beside the project", "--locked"])
def test_a_file_that_the_lock_beside_the_project_does_not_name_is_always_an_error(
    locked_too: bool, also_gone: bool, locked: Path, links: Path, tmp_path: Path
) -> None:
    wheels = [links / "click-8.1-py3-none-any.whl", make_wheel(tmp_path, "gone", "1.0")]
    text = lock_text("uv", wheels[: 1 + also_gone]).replace(sha256(wheels[0]), "0" * 64)
    (locked / "pylock.toml").write_text(text)
    shutil.copytree(links, locked / "links")
    with pytest.raises(HashMismatch) as caught:
        built(locked, tmp_path, locked=locked_too)
    assert "click-8.1-py3-none-any.whl is not the file" in "\n".join([caught.value.message, *caught.value.causes])
    assert ("2 of 2" in caught.value.message) == also_gone
    assert not (tmp_path / "app.pex").exists()


def test_with_locked_it_is_an_error_with_a_diff(locked: Path, tmp_path: Path) -> None:
    assert names(built(locked, tmp_path, locked=True)) == ["click 8.1", "my-app 1.0"]
    needs(locked, "'click>=8.5', 'web'")
    with pytest.raises(ResolutionError) as caught:
        built(locked, tmp_path, "rich", locked=True)
    assert caught.value.message == "pylock.toml no longer satisfies the requirements"
    assert caught.value.causes == (
        "- click 8.1",
        "+ click>=8.5  asked for by my_app-1.0-py3-none-any.whl",
        "+ rich  asked for by the command line",
        "+ web  asked for by my_app-1.0-py3-none-any.whl",
    )


def test_a_lock_that_is_named_is_checked_too(links: Path, tmp_path: Path) -> None:
    locking.lock(request(tmp_path, "click<8.1", output=Path("pylock.old.toml")))
    lock = Path("pylock.old.toml")
    assert names(offline(tmp_path, "click", lock=lock, locked=True)) == ["click 8.0"]
    with pytest.raises(ResolutionError, match=r"pylock\.old\.toml no longer satisfies"):
        offline(tmp_path, "click>8", lock=lock, locked=True)


def test_locked_without_a_lock_is_an_error(links: Path, project: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no lock"):
        built(project, tmp_path, locked=True)


def test_settings_that_a_lock_does_not_heed_are_named(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locking.lock(request(tmp_path, "click<9", output=Path("pylock.toml")))
    (tmp_path / "constraints.txt").write_text("click==8.0\n")
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "constraints.txt"))
    monkeypatch.setenv("PIP_UPLOADED_PRIOR_TO", "2020-01-01")
    result = offline(tmp_path, lock=Path("pylock.toml"))
    assert names(result) == ["click 8.1"]
    assert (
        "settings of pip are not heeded where a lock is followed: constraint, uploaded-prior-to" in result.notices
    )


OTHERWISE: list[tuple[dict[str, Any], str]] = [
    ({"constraint_files": ("constraints.txt",)}, "--constraint asks for other versions"),
]


@pytest.mark.parametrize(("more", "why"), OTHERWISE)
def test_other_wishes_win_over_a_lock_nobody_named(
    more: dict[str, Any], why: str, locked: Path, tmp_path: Path
) -> None:
    (locked / "constraints.txt").write_text("click==8.0\n")
    result = built(locked, tmp_path, **more)
    assert names(result) == ["click 8.0", "my-app 1.0"]
    assert result.notices == (f"pylock.toml was passed over ({why}); all is resolved anew",)
    with pytest.raises(UsageError, match="cannot be used"):
        built(locked, tmp_path, locked=True, **more)


# -- uv.lock -------------------------------------------------------------------------------------


@pytest.fixture
def uv_project(links: Path, project: Path) -> Path:
    """The project as uv has locked it, with click 8.1; the newest click that it accepts is 8.9 by now."""
    command = [*UV, "lock", "--quiet", "--offline", "--no-index", "--find-links", str(links)]
    text = (project / "pyproject.toml").read_text()
    more = 'requires-python = ">=3.11"\n[project.optional-dependencies]\nweb = ["web"]\n'
    text = text.replace("[project.scripts]", f"{more}[project.scripts]") + '[dependency-groups]\ndev = ["dev"]\n'
    (project / "pyproject.toml").write_text(text)
    subprocess.run(command, cwd=project, check=True)
    make_wheel(links, "click", "8.9", files={"click.py": ""})
    return project


UV_ROWS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["click 8.1", "my-app 1.0"]),
    ({"groups": ("dev",)}, ["click 8.1", "dev 1.0", "my-app 1.0"]),
]


@pytest.mark.parametrize(("more", "expected"), UV_ROWS)
def test_uv_lock_is_used_through_uv(
    more: dict[str, Any], expected: list[str], uv_project: Path, tmp_path: Path
) -> None:
    before = (uv_project / "uv.lock").read_bytes()
    result = built(uv_project, tmp_path, resolver="uv", **more)
    assert names(result) == expected
    assert result.notices == ("uv.lock beside the project is used; --no-lock builds without it",)
    assert (uv_project / "uv.lock").read_bytes() == before
    assert sorted(path.name for path in uv_project.iterdir() if path.name.startswith(".")) == []


def test_the_lock_of_a_workspace_is_that_of_its_members(links: Path, tmp_path: Path) -> None:
    root = make_project(tmp_path, "root")
    packages = root / "packages"
    for directory, name, needed in ((packages, "app", ["core", "click<9"]), (packages, "core", [])):
        make_project(directory, name, files={f"{name}.py": ""}, requires=needed)
    table = '[tool.uv.workspace]\nmembers = ["packages/*"]\n[tool.uv.sources]\ncore = { workspace = true }\n'
    with (root / "pyproject.toml").open("a") as file:
        file.write(table)
    command = [*UV, "lock", "--quiet", "--offline", "--no-index", "--find-links", str(links)]
    subprocess.run(command, cwd=root, check=True)
    make_wheel(links, "click", "8.9", files={"click.py": ""})
    result = built(packages / "app", tmp_path, resolver="uv")
    assert names(result) == ["app 1.0", "click 8.1", "core 1.0"]
    assert result.notices[0] == "uv.lock of the workspace is used; --no-lock builds without it"


def test_uv_lock_that_no_longer_fits_ends_the_build_where_its_pins_would_change(
    uv_project: Path, tmp_path: Path
) -> None:
    needs(uv_project, "'click>=8.5'")
    with pytest.raises(ResolutionError, match=r"uv\.lock cannot be used, and without it other") as caught:
        built(uv_project, tmp_path, resolver="uv")
    assert caught.value.hint == "make it anew (uv lock), or build without it: --no-lock"
    with pytest.raises(ResolutionError) as caught:
        built(uv_project, tmp_path, resolver="uv", locked=True)
    assert caught.value.hint == "lock again (uv lock), or build without --locked"


def test_pip_says_that_only_uv_reads_it(uv_project: Path, tmp_path: Path) -> None:
    with pytest.raises(ResolutionError, match=r"uv\.lock cannot be used") as caught:
        built(uv_project, tmp_path, resolver="pip")
    assert caught.value.causes == ("only uv can read it: --resolver uv", "click 8.1 -> 8.9")
    (tmp_path / "links" / "click-8.9-py3-none-any.whl").unlink()
    result = built(uv_project, tmp_path, resolver="pip")
    assert names(result) == ["click 8.1", "my-app 1.0"]
    assert "uv.lock was passed over (only uv can read it" in result.notices[0]


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_the_lock_that_uv_keeps_beside_a_script_is_followed_too(
    resolver: str, links: Path, tmp_path: Path
) -> None:
    script = tmp_path / "my job.py"
    script.write_text('# /// script\n# requires-python = ">=3.9"\n# dependencies = ["click<9"]\n# ///\n')
    command = [*UV, "lock", "--quiet", "--offline", "--no-index", "--find-links", str(links)]
    subprocess.run([*command, "--script", str(script)], check=True)
    make_wheel(links, "click", "8.9", files={"click.py": ""})

    def made(**more: Any) -> BuildResult:
        asked = request(tmp_path, executable=script, resolver=resolver, index=settings(tmp_path), **more)
        return build(replace(asked, output=Path("x.pex")))

    if resolver == "uv":
        result = made()
        assert "click 8.1" in names(result)
        assert result.notices[0] == "my job.py.lock beside the script is used; --no-lock builds without it"
    else:
        with pytest.raises(ResolutionError, match=r"my job\.py\.lock cannot be used") as caught:
            made()
        assert caught.value.causes == ("only uv can read it: --resolver uv", "click 8.1 -> 8.9")
        assert "uv lock --script my job.py" in (caught.value.hint or "")
    assert "click 8.9" in names(made(ignore_locks=True))


UNREADABLE = {
    "pylock.toml": [
        "no = toml = at all",
        "lock-version = '2.0'\npackages = []",
        "lock-version = '1.0'\npackages = 5",
    ],
    "uv.lock": ["no = toml = at all", "version = 2\n[[package]]\nname = 'click'\nversion = '8.1'", "\0"],
}


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_lock_that_cannot_be_read_ends_the_build(
    name: str, row: int, resolver: str, links: Path, project: Path, tmp_path: Path
) -> None:
    (project / name).write_text(UNREADABLE[name][row])
    with pytest.raises(ResolutionError, match=f"{name} cannot be used") as caught:
        built(project, tmp_path, resolver=resolver)
    assert "--no-lock" in (caught.value.hint or "")
    assert names(built(project, tmp_path, resolver=resolver, ignore_locks=True)) == ["click 8.1", "my-app 1.0"]
    with pytest.raises(PexliteError) as insisted:
        built(project, tmp_path, resolver=resolver, locked=True)
    assert insisted.value.exit_code in (2, 3)


def test_a_pin_without_hashes_and_one_to_other_files_are_compared(
    links: Path, project: Path, tmp_path: Path
) -> None:
    wheel = links / "click-8.1-py3-none-any.whl"
    text = lock_text("uv", [wheel])
    without = re.sub(r"hashes = \{[^}]*\}", "hashes = {}", text)
    assert without != text
    (project / "pylock.toml").write_text(without)
    assert "what it pins stays as it is" in built(project, tmp_path).notices[0]
    # A stranger of the same version, for which the index is asked anew.
    (project / "pylock.toml").write_text(
        text.replace(sha256(wheel), "0" * 64)
        .replace("lock-version", "x = 1\nlock-version", 1)
        .replace("click-8.1-py3", "click-8.1-cp27")
    )
    with pytest.raises(ResolutionError, match="cannot be used") as caught:
        built(project, tmp_path)
    assert "click 8.1 -> other files of that version" in caught.value.causes


def test_the_lock_of_one_of_several_projects_pins_too(locked: Path, links: Path, tmp_path: Path) -> None:
    other = make_project(tmp_path, "other", files={"other.py": ""})
    with pytest.raises(ResolutionError, match=r"pylock\.toml cannot be used") as caught:
        built(locked, tmp_path, str(other))
    assert caught.value.causes == ("2 projects are named, and it is of one", "click 8.1 -> 8.9")
    (links / "click-8.9-py3-none-any.whl").unlink()
    assert names(built(locked, tmp_path, str(other))) == ["click 8.1", "my-app 1.0", "other 1.0"]


def test_a_lock_that_pins_a_directory_is_followed_to_no_index(links: Path, project: Path, tmp_path: Path) -> None:
    directory = "[[packages]]\nname = 'click'\n[packages.directory]\npath = 'gone'\n"
    (project / "pylock.toml").write_text(f"lock-version = '1.0'\ncreated-by = 'x'\n{directory}")
    with pytest.raises(ResolutionError, match="cannot be used, and without it other") as caught:
        built(project, tmp_path)
    assert "click from gone -> 8.1" in caught.value.causes


@pytest.mark.parametrize("bound", [">=3.9", ">=3.14"])
def test_a_lock_reaches_back_to_the_oldest_python_that_the_project_takes(
    bound: str, links: Path, project: Path, tmp_path: Path
) -> None:
    backend = (project / "backend.py").read_text()
    said = "Version: {version}\\n{requires}"
    assert said in backend
    more = said.replace("{requires}", f"Requires-Python: {bound}\\n{{requires}}")
    (project / "backend.py").write_text(backend.replace(said, more))
    found = locking.lock(request(project, ".", index=settings(tmp_path), resolver="uv")).lock
    assert str(found.requires_python) == bound


def test_one_file_is_built_for_several_pythons_from_one_lock(links: Path, tmp_path: Path) -> None:
    pythons = tuple(str(found.path) for found in supported() if found.tag.startswith("cp"))[-2:]
    locking.lock(request(tmp_path, "rich", output=Path("pylock.toml"), pythons=pythons))
    result = offline(tmp_path, lock=Path("pylock.toml"), pythons=pythons)
    assert len(result.targets) == len(pythons)
