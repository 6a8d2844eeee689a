"""Organisms by the dozen: numbered as follows from a seed, made side by side, listed without a word of what is in them.

A run that was killed goes on where it was: an organism is there when it is whole.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from casefiles.case.bundle import open_case
from casefiles.files import disk
from casefiles.files.holding import held
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.status import Refusal
from workbench.document import Document
from workbench.forge.suite.entry import Entries, OrganismEntry
from workbench.forge.suite.listing import OrganismSuite, SuiteCase, SuiteSplit
from workbench.forge.suite.order import Order
from workbench.listener import Listener

_ORDER: Final = "order.json"
_HELD: Final = ".making"
"""The file that whoever makes organisms in a folder holds."""
AnyOrder = TypeVar("AnyOrder", bound=Order)


class Shuffle(Document):
    """`truths/order.json`: from which seed organisms and order follow: whoever knows it knows the kinds."""

    seed: int
    split: SuiteSplit
    size: str
    base_seed: int = 0
    """Of the base, where one is trained."""
    base: str = ""
    """The digest of what organisms are made of, once that is there;"""
    judge: str = ""
    """and the fingerprint of whoever their truths are sealed for."""


def begun(out: Path, split: SuiteSplit, size: str, seed: int | None, base_seed: int | None = None) -> Shuffle:
    """What was begun in the folder, or what begins now; seeds that are None are those of what was begun. Raises
    Refusal if that is another suite."""
    kept = out / "truths" / _ORDER
    if not kept.exists():
        if any(path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")):
            raise Refusal(
                "input.invalid", f"{out.name} holds something else.", "A suite is made in a folder of its own.",
                "Name a new folder, or one in which a suite was begun.",
            )  # fmt: skip
        for part in ("cases", "truths", "working"):
            disk.make_folder(out / part)
        own = secrets.randbelow(2**53) if seed is None else seed
        fresh = Shuffle(seed=own, split=split, size=size, base_seed=base_seed or 0)
        disk.write_atomic(kept, fresh.model_dump_json(indent=2).encode())
        return fresh
    try:
        old = Shuffle.model_validate_json(kept.read_bytes())
    except ValueError as error:
        raise Refusal(
            "input.invalid", f"Nobody can tell which suite {out.name} holds.", f"{kept.name} cannot be read: {error}",
            "Put it back as it was, or name a new folder.",
        ) from error  # fmt: skip
    other = seed not in (None, old.seed) or base_seed not in (None, old.base_seed)
    if (old.split, old.size) != (split, size) or other:
        raise Refusal(
            "input.invalid", f"{out.name} holds another suite.",
            f"What was begun there is the {old.split} split at size {old.size}.",
            "Name a new folder, or leave the seeds out to go on.",
        )  # fmt: skip
    return old


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """While organisms are made in a folder. Raises Refusal if another process makes some there."""
    with held(out / _HELD) as ours:
        if not ours:
            raise Refusal(
                "input.invalid", f"Somebody makes organisms in {out.name} already.",
                "Two at once would remove what the other has begun.", "Wait for it, or name a new folder.",
            )  # fmt: skip
        yield


def judge_of(out: Path, given: Path | None) -> tuple[Path, Path | None]:
    """The public key of who judges, and the secret one if the suite keeps it: of whom a public key was given, or whose
    secret one, as another suite has it; else of a judge of the suite's own. Raises Refusal."""
    if given is not None and given.suffix != ".key":
        return given, None
    public, secret = out / "judge.pub", out / "judge.key"
    if not public.exists():
        made = Identity.generate("Suite judge") if given is None else Identity.load(given)
        if not secret.exists():
            made.save(secret, None)
        Identity.load(secret).public.save(public)
    return public, secret


def settled(out: Path, shuffle: Shuffle, base: str, given: Path | None) -> tuple[Path, Path | None]:
    """The keys of who judges (`judge_of`), kept with the base beside the shuffle: all organisms of a suite are of one
    base and one judge. Raises Refusal if what was begun is of others, and leaves it as it was."""
    if shuffle.base not in ("", base):
        raise _other(out, "base", shuffle.base, base, "--base")
    if shuffle.judge not in ("", (judge := _judging(out, given))):
        raise _other(out, "judge", shuffle.judge, judge or "one of its own", "--judge")
    keys = judge_of(out, given)
    known = PublicIdentity.load(keys[0])
    known.check_vouched()  # before anything is made that could not be sealed
    kept = shuffle.model_copy(update={"base": base, "judge": known.fingerprint})
    if kept != shuffle:
        disk.write_atomic(out / "truths" / _ORDER, kept.model_dump_json(indent=2).encode())
    return keys


def _judging(out: Path, given: Path | None) -> str:
    """The fingerprint of who judges; empty: of a judge of the suite's own, who is not there yet."""
    if given is not None:
        known = Identity.load(given).public if given.suffix == ".key" else PublicIdentity.load(given)
        return known.fingerprint
    return PublicIdentity.load(out / "judge.pub").fingerprint if (out / "judge.pub").exists() else ""


def _other(out: Path, what: str, begun: str, now: str, option: str) -> Refusal:
    return Refusal(
        "input.invalid", f"{out.name} holds a suite of another {what}.",
        f"What was begun there is of {begun[:19]}, and not of {now[:19]}.",
        f"Name a new folder, or the {what} that it was begun with ({option}).",
    )  # fmt: skip


def numbered(shuffle: Shuffle) -> Iterator[tuple[str, OrganismEntry, int]]:
    """Every organism's name, entry and seed, in an order that follows from the shuffle's seed alone."""
    entries = list(enumerate(Entries.of(shuffle.split).organisms))
    random.Random(f"{shuffle.seed}/order").shuffle(entries)
    for number, (at, entry) in enumerate(entries, 1):
        yield f"case-{number:02}", entry, _seed(shuffle.seed, at)


def _seed(seed: int, at: int) -> int:
    """Of one organism, below 2⁵³."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{at}".encode()).digest()[:8], "big") >> 11


def make_all(make: Callable[[AnyOrder], str], orders: Sequence[AnyOrder], jobs: int, listener: Listener) -> None:
    """Each that is not there, in a process of its own; what one is refused is raised when the others are done."""
    total, orders = len(orders), [order for order in orders if not order.done]
    listener((total - len(orders)) / total, "making organisms")
    fresh = multiprocessing.get_context("spawn")
    refused: Refusal | None = None
    with ProcessPoolExecutor(jobs, mp_context=fresh, initializer=_end_with_parent, max_tasks_per_child=1) as pool:
        waiting = [pool.submit(make, order) for order in orders]
        try:
            for done, future in enumerate(as_completed(waiting), total - len(orders) + 1):
                try:
                    note = f"made {future.result()}"
                except Refusal as error:
                    refused, note = refused or error, error.what
                except BrokenProcessPool:
                    refused = refused or _died()
                    break
                listener(done / total, note)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if refused is not None:
        raise refused


def _died() -> Refusal:
    return Refusal(
        "model.crashed", "A process that made an organism died.",
        "The system ended it, most likely for want of memory; organisms that are whole are kept.",
        "Run the same command again, with fewer --jobs.",
    )  # fmt: skip


def _end_with_parent() -> None:
    """End this process when the one that began it has ended, however: whoever goes on makes the organism anew."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def listed(
    out: Path, orders: Sequence[Order], *, split: SuiteSplit, size: str, base: str, judge: Path
) -> OrganismSuite:
    """Write what anybody may know of a suite that is whole."""
    suite = OrganismSuite(
        split=split,
        size=size,
        base=base,
        judge=PublicIdentity.load(judge).fingerprint,
        cases=tuple(_listed(order) for order in orders),
    )
    suite.write(out)
    return suite


def _listed(order: Order) -> SuiteCase:
    case = open_case(order.case)
    return SuiteCase(
        name=order.name,
        path=order.case.relative_to(order.out).as_posix(),
        digest=case.digest,
        model=case.model_digest,
    )
