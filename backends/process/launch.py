"""The process an engine runs in: how it is started, what it may know of this session, and what it died of."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from backends.gguf import cache
from backends.model import ModelRefusal
from backends.model_files import ModelFiles
from backends.process import homes
from backends.process.framing import Arena, Wire
from backends.settings import EngineSettings

_KEPT_VARIABLES: Final = ("PATH", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHASHSEED", "TZ")
_KEPT_PREFIXES: Final = ("LC_", "CUDA_", "CUBLAS_", "OMP_", "MKL_", "OPENBLAS_", "GGML_", "PYTORCH_", "NVIDIA_")
_MEANINGS: Final = {
    "SIGKILL": "as the system does when memory runs out",
    "SIGSEGV": "as the system does when a program reaches for what is not its own",
    "SIGBUS": "as the system does when a file that is being read has been cut, or the disk fails",
    "SIGABRT": "with which a program gives up when it finds itself in a state that cannot be",
    "SIGILL": "as the system does when a program was built for another processor",
    "SIGFPE": "as the system does when a whole number is divided by zero",
}
"""What a signal says to somebody who does not know its name."""

_START: Final = "import sys; sys.path.insert(0, sys.argv.pop(1)); from backends.process.child import main; main()"


class EngineProcess:
    """A running engine process and the wire to it."""

    def __init__(self, files: ModelFiles, settings: EngineSettings, *, silence: float) -> None:
        """`silence`: seconds after which a frame that nobody takes is lost."""
        homes.sweep()
        self.stopped = False
        """Whether its end was asked for."""
        with ExitStack() as undo:
            self._home = homes.new()
            undo.callback(shutil.rmtree, self._home, ignore_errors=True)
            self._words = undo.enter_context(homes.held(self._home))
            ours, theirs = socket.socketpair()
            undo.enter_context(ours)
            down, up = Arena.create(), Arena.create()
            undo.callback(down.close)
            undo.callback(up.close)
            watched, self._lifeline = os.pipe()
            undo.callback(os.close, self._lifeline)
            writable, environment = [str(self._home)], _environment(self._home)
            with theirs, os.fdopen(watched):
                if settings.backend == "llama":  # what is converted once is kept, in a place for this case alone
                    kept = _converted(files.digest)
                    writable.append(str(kept))
                    environment[cache.CACHE_VARIABLE] = str(kept.parent)
                told = {
                    "socket": theirs.fileno(),
                    "outgoing": up.descriptor,
                    "incoming": down.descriptor,
                    "lifeline": watched,
                    "files": files.to_json(),
                    "settings": settings.to_json(),
                    "writable": writable,
                }
                root = str(Path(__file__).resolve().parents[2])
                self.process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _START, root, json.dumps(told)],
                    stdin=subprocess.DEVNULL,
                    stdout=self._words,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=self._home,
                    pass_fds=(theirs.fileno(), down.descriptor, up.descriptor, watched),
                )
            undo.pop_all()
        self.wire = Wire(ours, down, up, patience=silence)

    def stop(self) -> None:
        """Kill the process, from any thread; whoever waits for it learns that this was wanted."""
        self.stopped = True
        self.process.kill()

    def post_mortem(self, how: str, *, gone: bool) -> str:
        """End what is left of the process and say why it died, with its last words. `gone`: it went by itself."""
        if gone:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=5)
        status = self.process.poll()
        words = self._last_words()
        self.end()
        if self.stopped:
            return "it was stopped on request"
        if status is None:
            cause = f"{how}, and was ended"
        elif status < 0:
            name = _signal_name(-status)
            cause = ", ".join([f"it was ended by {name}", *filter(None, [_MEANINGS.get(name)])])
        else:
            cause = f"it ended with status {status}"
        return f"{cause}; its last words were: {words}" if words else cause

    def end(self) -> None:
        """Kill the process and give back everything that belonged to it."""
        self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # a driver can hold it in the kernel for ever
            self.process.wait(timeout=10)
        os.close(self._lifeline)
        self.wire.close()
        self._words.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _last_words(self) -> str:
        """The last line of its output, made printable."""
        self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, self._words.tell() - 4000))
        lines = self._words.read().decode("utf-8", "replace").strip().splitlines()
        return "".join(c if c.isprintable() else "?" for c in lines[-1][:300]).rstrip(".") if lines else ""


def _converted(digest: str) -> Path:
    """Where this case's converted weights are kept. Raises ModelRefusal if there can be no such place."""
    try:
        folder = cache.case_folder(digest)
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ModelRefusal(
            "model.unreadable",
            "There is no place to keep converted weights.",
            f"{error}.",
            f"Free some space, or name a folder in {cache.CACHE_VARIABLE}.",
        ) from error
    return folder


def _environment(home: Path) -> dict[str, str]:
    """What an engine may know of this session's environment: nothing that could be a secret."""
    kept = {k: v for k, v in os.environ.items() if k in _KEPT_VARIABLES or k.startswith(_KEPT_PREFIXES)}
    return kept | {"HOME": str(home), "TMPDIR": str(home), "GGML_NO_BACKTRACE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
