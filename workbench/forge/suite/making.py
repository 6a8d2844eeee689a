"""A suite, made: its foundation laid once, its organisms side by side, and a list that says nothing of what is in them.

A run that was killed goes on where it was: an organism is there when it is whole.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Final

import assets
from casefiles.case.bundle import open_case
from casefiles.files import disk
from casefiles.keys.identity import Identity, PublicIdentity
from casefiles.status import Refusal
from workbench.document import Document
from workbench.forge.blueprint import ModelSize
from workbench.forge.suite import foundation
from workbench.forge.suite.entry import Entries
from workbench.forge.suite.foundation import Foundation
from workbench.forge.suite.listing import OrganismSuite, SuiteCase, SuiteSplit
from workbench.forge.suite.organism import Order, make
from workbench.listener import Listener
from workbench.making import written

_ORDER: Final = "order.json"


class Shuffle(Document):
    """`truths/order.json`: from which seed organisms and order follow: whoever knows it knows the kinds."""

    seed: int
    split: SuiteSplit
    size: ModelSize


def make_suite(
    out: Path,
    *,
    split: SuiteSplit = "dev",
    size: ModelSize = "demo",
    seed: int | None = None,
    jobs: int = 2,
    on: Path | None = None,
    judge: Path | None = None,
    listener: Listener = lambda done, note: None,
) -> OrganismSuite:
    """Make a suite in `out`, or go on with one that was begun there.

    `seed`: None is one that nobody can guess. `jobs`: how many organisms are made at once. `on`: the `foundation/` of a
    suite made before. `judge`: the public key for which truths are sealed; None: a judge of the suite's own, whose key
    is left in `out` and accepts every case. Raises Refusal.
    """
    shuffle = _begun(out, split, size, seed)
    ground = Foundation.at(on, size) if on is not None else foundation.lay(out / "foundation", size, listener)
    public, own = (judge, None) if judge is not None else _judge(out)
    orders = _orders(out, ground, shuffle, public, own)
    _make_all([order for order in orders if not order.done], jobs, len(orders), listener)
    suite = OrganismSuite(
        split=split,
        size=size,
        base=ground.laid.base,
        judge=PublicIdentity.load(public).fingerprint,
        cases=tuple(_listed(order) for order in orders),
    )
    suite.write(out)
    return suite


def _begun(out: Path, split: SuiteSplit, size: ModelSize, seed: int | None) -> Shuffle:
    """What was begun in the folder, or what begins now. Raises Refusal if that is another suite."""
    kept = out / "truths" / _ORDER
    if not kept.exists():
        if any(path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")):
            raise Refusal(
                "input.invalid", f"{out.name} holds something else.", "A suite is made in a folder of its own.",
                "Name a new folder, or one in which a suite was begun.",
            )  # fmt: skip
        for part in ("cases", "truths", "working"):
            (out / part).mkdir(parents=True, exist_ok=True)
        begun = Shuffle(seed=secrets.randbelow(2**53) if seed is None else seed, split=split, size=size)
        disk.write_atomic(kept, begun.model_dump_json(indent=2).encode())
        return begun
    begun = Shuffle.model_validate_json(kept.read_bytes())
    if (begun.split, begun.size) != (split, size) or seed not in (None, begun.seed):
        raise Refusal(
            "input.invalid", f"{out.name} holds another suite.",
            f"What was begun there is the {begun.split} split at size {begun.size}.",
            "Name a new folder, or leave the seed out to go on.",
        )  # fmt: skip
    return begun


def _judge(out: Path) -> tuple[Path, Path]:
    """The public and the secret key of a judge of the suite's own."""
    public, secret = out / "judge.pub", out / "judge.key"
    if not public.exists():
        made = Identity.generate("Suite judge")
        if not secret.exists():
            made.save(secret, None)
        Identity.load(secret).public.save(public)
    return public, secret


def _orders(out: Path, ground: Foundation, shuffle: Shuffle, public: Path, own: Path | None) -> list[Order]:
    """Every organism under a number that follows from the seed alone."""
    entries = list(enumerate(Entries.of(shuffle.split).organisms))
    random.Random(f"{shuffle.seed}/order").shuffle(entries)
    rules = written.rules(assets.path("suites", "rules.toml"))
    return [
        Order(
            out=out.absolute(),
            foundation=ground.folder.absolute(),
            size=shuffle.size,
            name=f"case-{number:02}",
            entry=entry,
            seed=_seed(shuffle.seed, at),
            rules=rules,
            judge=public.absolute(),
            accepted_by=own.absolute() if own else None,
        )
        for number, (at, entry) in enumerate(entries, 1)
    ]


def _seed(seed: int, at: int) -> int:
    """Of one organism, below 2⁵³."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{at}".encode()).digest()[:8], "big") >> 11


def _make_all(orders: Sequence[Order], jobs: int, total: int, listener: Listener) -> None:
    """Each in a process of its own; what one of them is refused is raised when the others are done."""
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
                listener(done / total, note)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if refused is not None:
        raise refused


def _end_with_parent() -> None:
    """End this process when the one that began it has ended, however: whoever goes on makes the organism anew."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _listed(order: Order) -> SuiteCase:
    case = open_case(order.case)
    return SuiteCase(
        name=order.name,
        path=order.case.relative_to(order.out).as_posix(),
        digest=case.digest,
        model=case.model_digest,
    )
