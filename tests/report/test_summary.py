"""A file is summed up as it is: sizes, dependencies, licences, files that are there twice, what has changed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pexlite.report.summary import report_on
from pexlite.report.value import Report, as_json
from tests.factories import make_wheel
from tests.report.conftest import Build


@pytest.fixture
def report(build: Build, wheels: list[Path]) -> Report:
    return report_on(build("app.pex", *wheels))


def by_name(report: Report) -> dict[str, Any]:
    return {wheel.name: wheel for wheel in report.wheels}


def test_the_file_is_told_by_its_name_alone(report: Report, tmp_path: Path) -> None:
    content = (tmp_path / "app.pex").read_bytes()
    assert (report.file.name, report.file.size) == ("app.pex", len(content))
    assert report.file.sha256 == hashlib.sha256(content).hexdigest()
    assert str(tmp_path) not in as_json(report)


def test_every_file_of_a_wheel_is_in_its_tree(report: Report) -> None:
    helper = by_name(report)["helper"]

    def paths(tree: Any, above: str = "") -> Any:
        for name, second, *packed in tree:
            yield from [(above + name, second)] if packed else paths(second, f"{above}{name}/")

    found = dict(paths(helper.files))
    assert found["helper/__init__.py"] == len("x = 1\n")
    assert set(found) >= {"helper/data/words.txt", "helper-2.5.dist-info/METADATA"}
    assert (len(found), sum(found.values())) == (helper.count, helper.unpacked)


def test_who_brings_whom_has_extras_and_no_unmet_markers(report: Report) -> None:
    arrows = {(one.by, one.name): one for one in report.dependencies}
    assert arrows["app", "helper"].extras == ("more",)
    assert arrows["helper", "deep"].of_extra == "more"
    assert ("helper", "absent") not in arrows


def test_licences_are_grouped_whatever_field_states_them(report: Report) -> None:
    assert [(group.licence, group.wheels) for group in report.licences] == [
        ("", ("app",)),
        ("MIT", ("deep", "helper")),
    ]


def test_files_that_are_there_twice_are_told_once(report: Report) -> None:
    [doubled] = report.doubled
    assert doubled.places == (("deep 1.0", "words.txt"), ("helper 2.5", "helper/data/words.txt"))
    assert 0 < report.wasted == doubled.wasted < doubled.size


def test_the_largest_files_come_first(report: Report) -> None:
    assert [one.path for one in report.large[:2]] == ["words.txt", "helper/data/words.txt"]
    assert [one.size for one in report.large] == sorted((one.size for one in report.large), reverse=True)


def test_the_difference_tells_what_came_went_and_changed(build: Build, wheels: list[Path], tmp_path: Path) -> None:
    old = build("old.pex", *wheels)
    newer = make_wheel(tmp_path, "helper", "3.0", files={"helper/__init__.py": "y = 22\n"})
    added = make_wheel(tmp_path, "new", files={"new.py": ""})
    found = report_on(build("app.pex", wheels[0], newer, added), old).difference
    assert found is not None
    assert found.old.name == "old.pex"
    assert [(one.name, one.kind, one.old, one.new) for one in found.wheels] == [
        ("deep", "removed", "1.0", ""),
        ("helper", "version", "2.5", "3.0"),
        ("new", "added", "", "1.0"),
    ]
    changed = found.wheels[1]
    assert ("helper/__init__.py", 6, 7) in changed.files
    assert changed.delta == newer.stat().st_size - wheels[1].stat().st_size


def test_a_file_does_not_differ_from_itself(build: Build, wheels: list[Path]) -> None:
    file = build("app.pex", *wheels)
    found = report_on(file, file).difference
    assert found is not None
    assert (found.same_bytes, found.is_empty, found.wheels) == (True, True, ())


def test_a_path_of_any_depth_is_shown(build: Build, tmp_path: Path) -> None:
    path = "a/" * 3000 + "end.py"
    file = build("deep.pex", make_wheel(tmp_path, "app", files={"app.py": "", path: "x = 1\n"}))
    json.loads(as_json(report_on(file)))


def test_the_pages_data_is_the_value(report: Report) -> None:
    told = json.loads(as_json(report))
    assert set(told) == {field.name for field in dataclasses.fields(Report)}
    assert [wheel["name"] for wheel in told["wheels"]] == ["app", "deep", "helper"]
