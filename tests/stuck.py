"""An engine that never gets its model loaded, for tests of what can be done meanwhile."""

from __future__ import annotations

import os
import signal

from backends.process.isolated import IsolatedModel
from workbench.door.opener import Opener


class StuckOpener(Opener):
    """Stops the first process that it starts before that has loaded anything; the next ones go their way."""

    stuck = False

    def _hold(self, begun: IsolatedModel) -> None:
        super()._hold(begun)
        if not self.stuck:
            assert begun.process is not None
            os.kill(begun.process, signal.SIGSTOP)
            self.stuck = True
