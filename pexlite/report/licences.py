"""The licences that wheels state, each under one name: "MIT License", "The MIT License" and "mit" are MIT."""

from __future__ import annotations

import re

from pexlite.contents.metadata import plain, spdx
from pexlite.contents.values import Licence

_LONGEST = 60  # characters of a name; longer ones are licences' whole texts
# How classifiers and the field License name what SPDX has an identifier for. "BSD License" may be several.
_IDENTIFIERS = {
    "0bsd": "0BSD",
    "academic free": "AFL-3.0",
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software": "Apache-2.0",
    "apache version 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "boost software 1.0 (bsl-1.0)": "BSL-1.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "2-clause bsd": "BSD-2-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "simplified bsd": "BSD-2-Clause",
    "cc0 1.0 universal (cc0 1.0) public domain dedication": "CC0-1.0",
    "eclipse public 2.0 (epl-2.0)": "EPL-2.0",
    "european union public 1.2 (eupl 1.2)": "EUPL-1.2",
    "expat": "MIT",
    "gnu affero general public v3": "AGPL-3.0-only",
    "gnu affero general public v3 or later (agplv3+)": "AGPL-3.0-or-later",
    "gnu general public v2 (gplv2)": "GPL-2.0-only",
    "gnu general public v2 or later (gplv2+)": "GPL-2.0-or-later",
    "gnu general public v3 (gplv3)": "GPL-3.0-only",
    "gnu general public v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu lesser general public v2 (lgplv2)": "LGPL-2.0-only",
    "gnu lesser general public v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "gnu lesser general public v3 (lgplv3)": "LGPL-3.0-only",
    "gnu lesser general public v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "gplv3+": "GPL-3.0-or-later",
    "isc": "ISC",
    "isc (iscl)": "ISC",
    "mit": "MIT",
    "mit no attribution (mit-0)": "MIT-0",
    "mozilla public 1.1 (mpl 1.1)": "MPL-1.1",
    "mozilla public 2.0 (mpl 2.0)": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "psf": "PSF-2.0",
    "python software foundation": "PSF-2.0",
    "unlicense": "Unlicense",
    "the unlicense (unlicense)": "Unlicense",
    "universal permissive (upl)": "UPL-1.0",
    "zope public": "ZPL-2.1",
}


def licence_name(licence: Licence) -> str:
    """The name of the group that `licence` belongs to: an SPDX expression where one is known, else its own words.

    "" where it says nothing. Several classifiers stand side by side: whether one or all apply, they do not say.
    """
    stated = licence.expression or spdx(licence.text) or _identifier(licence.text)
    classified = dict.fromkeys(_identifier(words) or words for words in licence.classifiers)
    return plain(stated or " / ".join(classified) or licence.text, _LONGEST)


def _identifier(words: str) -> str:
    """The SPDX identifier of a licence named in `words`; "" where they are no such name."""
    name = re.sub(r"\b(?:the|licence|license|licensed|version(?= 2\.0$))\b|[,.;]+$|,(?= )", " ", words.lower())
    return _IDENTIFIERS.get(" ".join(name.split()), "")
