"""Licences that are the same are one group, whichever field states them and in which words."""

from __future__ import annotations

import pytest

from pexlite.contents.values import Licence
from pexlite.report.licences import licence_name


@pytest.mark.parametrize(
    ("licence", "name"),
    [
        (Licence(expression="MIT OR Apache-2.0"), "MIT OR Apache-2.0"),
        (Licence(text="MIT"), "MIT"),
        (Licence(text="The MIT License"), "MIT"),
        (Licence(text="mit license"), "MIT"),
        (Licence(text="Apache License, Version 2.0"), "Apache-2.0"),
        (Licence(text="Apache 2.0"), "Apache-2.0"),
        (Licence(text="BSD 3-Clause License"), "BSD-3-Clause"),
        (Licence(classifiers=("MIT License",)), "MIT"),
        (Licence(classifiers=("Apache Software License", "BSD License")), "Apache-2.0 / BSD License"),
        (Licence(classifiers=("Mozilla Public License 2.0 (MPL 2.0)",)), "MPL-2.0"),
        (Licence(classifiers=("GNU General Public License v3 or later (GPLv3+)",)), "GPL-3.0-or-later"),
        (Licence(classifiers=("BSD License",)), "BSD License"),
        (Licence(classifiers=("BSD License",), text="BSD-3-Clause"), "BSD-3-Clause"),
        (Licence(text="Somebody's own"), "Somebody's own"),
        (Licence(), ""),
    ],
)
def test_a_licence_has_one_name(licence: Licence, name: str) -> None:
    assert licence_name(licence) == name


def test_a_whole_text_is_cut() -> None:
    assert len(licence_name(Licence(text="word " * 100))) == 60
