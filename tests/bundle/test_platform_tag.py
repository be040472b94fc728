from __future__ import annotations

from collections.abc import Sequence

import pytest
from packaging.requirements import Requirement

from pexlite.bundle.plan import Surroundings, plan_bundle
from pexlite.bundle.platform_tag import platform_tag
from pexlite.model import EntryPoint, LaunchOptions, Root, StartKind
from pexlite.targets.platforms import platform_target
from tests.bundle.values import wheel

LINUX = "manylinux_2_36_x86_64-cp-312-cp312"
OLDER = "manylinux_2_36_x86_64-cp-311-cp311"
MAC = "macosx_14_0_arm64-cp-311-cp311"
MUSL = "musllinux_1_2_aarch64-cp-313-cp313t"
WINDOWS = "win_amd64-cp-312-cp312"


@pytest.mark.parametrize(
    ("targets", "tags", "expected"),
    [
        ([LINUX], ["py3-none-any"], "py3-none-any"),
        ([LINUX], ["py2.py3-none-any", "cp312-cp312-manylinux_2_28_x86_64"], "cp312-cp312-manylinux_2_28_x86_64"),
        ([LINUX], ["cp39-abi3-manylinux2014_x86_64", "py3-none-any"], "cp39-abi3-manylinux_2_17_x86_64"),
        (
            [LINUX],
            ["cp39-abi3-manylinux_2_34_x86_64", "cp312-cp312-manylinux_2_17_x86_64"],
            "cp312-cp312-manylinux_2_34_x86_64",
        ),
        ([LINUX], ["py3-none-manylinux_2_17_x86_64.manylinux_2_5_x86_64"], "py3-none-manylinux_2_5_x86_64"),
        ([MUSL], ["cp313-cp313t-musllinux_1_1_aarch64"], "cp313-cp313t-musllinux_1_1_aarch64"),
        ([MAC], ["cp311-cp311-macosx_11_0_arm64"], "cp311-cp311-macosx_11_0_arm64"),
        ([WINDOWS], ["cp312-cp312-win_amd64"], "cp312-cp312-win_amd64"),
        ([LINUX, MAC], ["py3-none-any"], "py3-none-any"),
        (
            [LINUX, MAC],
            ["cp311-cp311-macosx_11_0_arm64", "cp312-cp312-manylinux_2_28_x86_64"],
            "cp311.cp312-cp311.cp312-macosx_11_0_arm64.manylinux_2_28_x86_64",
        ),
        (
            [LINUX, OLDER],
            ["cp311-cp311-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_x86_64"],
            "cp311.cp312-cp311.cp312-manylinux_2_17_x86_64",
        ),
    ],
)
def test_the_tag_of_a_file_is_that_of_its_most_particular_wheels(
    targets: Sequence[str], tags: Sequence[str], expected: str
) -> None:
    # For several targets each wheel is the same project's.
    names = ["native" if len(targets) > 1 else f"native{number}" for number in range(len(tags))]
    wheels = [wheel(f"{name}-1.0-{tag}.whl") for name, tag in zip(names, tags, strict=True)]
    roots = [Root(Requirement(name), "the command line") for name in dict.fromkeys(names)]
    around = [Surroundings(platform_target(one), ()) for one in targets]
    bundle = plan_bundle(roots, wheels, around, EntryPoint(StartKind.INTERPRETER), LaunchOptions())
    assert platform_tag(bundle, around) == expected
