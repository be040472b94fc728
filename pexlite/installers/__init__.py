"""uv and pip as programs: where they are, how to pass them index settings, how to run them."""

from __future__ import annotations

from pexlite.installers.archives import unpack_sdist as unpack_sdist
from pexlite.installers.build_tools import build_requirements as build_requirements
from pexlite.installers.build_tools import build_tools as build_tools
from pexlite.installers.build_tools import index_identity as index_identity
from pexlite.installers.indexes import BEST_MATCH as BEST_MATCH
from pexlite.installers.indexes import FIRST_INDEX as FIRST_INDEX
from pexlite.installers.indexes import FIRST_MATCH as FIRST_MATCH
from pexlite.installers.indexes import STRATEGIES as STRATEGIES
from pexlite.installers.indexes import Index as Index
from pexlite.installers.indexes import Indexes as Indexes
from pexlite.installers.indexes import indexes_of as indexes_of
from pexlite.installers.indexes import strategy_of as strategy_of
from pexlite.installers.indexes import takes_first_index as takes_first_index
from pexlite.installers.installer import Installer as Installer
from pexlite.installers.programs import Outcome as Outcome
from pexlite.installers.programs import attempt as attempt
from pexlite.installers.programs import end_running as end_running
from pexlite.installers.programs import find_installer as find_installer
from pexlite.installers.programs import pip as pip
from pexlite.installers.programs import run as run
from pexlite.installers.wheels import Checkout as Checkout
from pexlite.installers.wheels import build_wheel as build_wheel
from pexlite.installers.wheels import check_ranks as check_ranks
from pexlite.installers.wheels import download as download
from pexlite.installers.words import child_environment as child_environment
from pexlite.installers.words import diverts as diverts
from pexlite.installers.words import index_arguments as index_arguments

__all__ = [
    "BEST_MATCH",
    "FIRST_INDEX",
    "FIRST_MATCH",
    "STRATEGIES",
    "Checkout",
    "Index",
    "Indexes",
    "Installer",
    "Outcome",
    "attempt",
    "build_requirements",
    "build_tools",
    "build_wheel",
    "check_ranks",
    "child_environment",
    "diverts",
    "download",
    "end_running",
    "find_installer",
    "index_arguments",
    "index_identity",
    "indexes_of",
    "pip",
    "run",
    "strategy_of",
    "takes_first_index",
    "unpack_sdist",
]
