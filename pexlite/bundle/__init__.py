"""Wheels -> Bundle: which wheels each target gets, what starts, and on which Pythons the file will run.

Pure: values in, values out. No disk, no network, no clock, no environment.
"""

from pexlite.bundle.changes import changes as changes
from pexlite.bundle.closure import closure as closure
from pexlite.bundle.closure import follow as follow
from pexlite.bundle.closure import unknown_extras as unknown_extras
from pexlite.bundle.collisions import Collision as Collision
from pexlite.bundle.collisions import collisions as collisions
from pexlite.bundle.entry_points import Source as Source
from pexlite.bundle.entry_points import check_attribute as check_attribute
from pexlite.bundle.entry_points import check_one_start as check_one_start
from pexlite.bundle.entry_points import choose_entry_point as choose_entry_point
from pexlite.bundle.entry_points import missing_module as missing_module
from pexlite.bundle.entry_points import module_source as module_source
from pexlite.bundle.entry_points import source_of as source_of
from pexlite.bundle.foretold import an_interpreter as an_interpreter
from pexlite.bundle.foretold import not_pure as not_pure
from pexlite.bundle.foretold import only_here as only_here
from pexlite.bundle.idle import idle_amendments as idle_amendments
from pexlite.bundle.idle import idle_requirements as idle_requirements
from pexlite.bundle.idle import inapplicable as inapplicable
from pexlite.bundle.meant import meant as meant
from pexlite.bundle.missing import missing_modules as missing_modules
from pexlite.bundle.plan import Surroundings as Surroundings
from pexlite.bundle.plan import plan as plan
from pexlite.bundle.records import unlike_records as unlike_records
from pexlite.bundle.sizes import outsized as outsized
from pexlite.bundle.tree import left_out as left_out
from pexlite.bundle.tree import tree_of as tree_of
from pexlite.bundle.tree import trees_of as trees_of
from pexlite.bundle.words import runs_on as runs_on
