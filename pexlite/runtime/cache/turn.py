"""The turn of a start to make or mend an app: others wait for it, and find what it has made.

Who waits has nothing loaded yet of what makes apps. Of 64 first starts at once one does the work.
"""

import os

from . import lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_PRUNER = 10  # seconds that a start waits for a pruner, which is done in a tenth of one
_ANOTHER_START = 300  # seconds, until a start no longer relies on the one that it waits for
_WORD_AFTER = 5  # seconds of waiting until something is said


class Turn:
    """The locks of the app at `place`, held within a `with` statement.

    `shared` is the pruner's, held with others that make apps, and `alone` the app's. `name` is the file's.
    """

    def __init__(self, place: str, name: str) -> None:
        locks = os.path.dirname(os.path.dirname(place)) + "/locks/"
        self.place = place
        self.name = name
        self.shared = lock.Lock(locks + "prune", shared=True)
        self.alone = lock.Lock(locks + os.path.basename(place))
        self.told = False

    def keep_pruner_away(self) -> None:
        """Hold the pruner's lock, shared; `shared.refused` tells that a pruner did not let go of it."""
        if not self.shared.held and not self.shared.refused:
            self.shared.__exit__()  # where locks do not work, its file is still open
            self.shared.take(_PRUNER)

    def wait(self, until: "Callable[[], bool] | None") -> None:
        """Hold the app's lock, unless `until()` comes true; `alone.refused` tells of another start that hangs."""
        if not self.alone.held and not self.alone.refused:
            self.alone.__exit__()  # nor was it closed where another start was faster
            self.alone.take(_ANOTHER_START, until, self._tell_of_waiting)
            if self.alone.refused:
                _tell("waited long enough for the other start of %s" % self.name)

    def _tell_of_waiting(self, seconds: float) -> None:
        if seconds > _WORD_AFTER and not self.told:
            _tell("waiting while another start unpacks %s" % self.name)
            self.told = True

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *failure: object) -> None:
        self.alone.__exit__()
        self.shared.__exit__()


def _tell(words: str) -> None:
    from .. import failed  # few starts have anything to say

    failed.notice(words)
