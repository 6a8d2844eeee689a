"""The courier: work off the window's thread, delivery in batches, and no defect in silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from casefiles.status import Refusal
from views.desktop.courier import Courier, Watch
from workbench import places


@pytest.fixture
def courier(qapp: object) -> Iterator[Courier]:
    courier = Courier()
    yield courier
    courier.dismiss()


def test_work_is_done_elsewhere_and_its_result_delivered_here(courier: Courier, qtbot: QtBot) -> None:
    told: list[tuple[str, str]] = []
    courier.hire("w").do(
        lambda: threading.current_thread().name, lambda name: told.append((name, threading.current_thread().name))
    )
    qtbot.waitUntil(lambda: bool(told))
    assert told == [("w", threading.main_thread().name)]
    qtbot.waitUntil(lambda: not courier.busy)


def test_one_worker_keeps_the_order(courier: Courier, qtbot: QtBot) -> None:
    worker, told = courier.hire("w"), []  # type: ignore[var-annotated]
    for number in range(50):
        worker.do(lambda number=number: number, told.append)
    qtbot.waitUntil(lambda: len(told) == 50)
    assert told == list(range(50))


def test_a_refusal_is_delivered_as_one(courier: Courier, qtbot: QtBot) -> None:
    told: list[Refusal] = []

    def refuse() -> None:
        raise Refusal("input.invalid", "what", "why", "try")

    courier.hire("w").do(refuse, lambda _: None, told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].code == "input.invalid"


def test_a_defect_is_told_and_its_traceback_kept(
    courier: Courier, qtbot: QtBot, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "crashes", lambda: tmp_path)
    told: list[Refusal] = []
    worker = courier.hire("w")
    worker.do(lambda: 1 // 0, lambda _: None, told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].code == "internal"
    [kept] = tmp_path.iterdir()  # type: ignore[attr-defined]
    assert "ZeroDivisionError" in kept.read_text()
    after: list[int] = []
    worker.do(lambda: 7, after.append)
    qtbot.waitUntil(lambda: after == [7])


def test_a_stream_comes_in_batches_and_whole(courier: Courier, qtbot: QtBot) -> None:
    watch, batches, done = Watch(), [], []  # type: ignore[var-annotated]
    courier.watch(watch, batches.append)

    def stream() -> bool:
        for number in range(20_000):
            watch.text(number % 2, "x")
            if number % 5000 == 0:
                time.sleep(0.05)
        watch.at(1.0, "end")
        return True

    courier.hire("w").do(stream, done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=20_000)
    courier.unwatch(watch)
    texts = {sample: "".join(batch.texts.get(sample, "") for batch in batches) for sample in (0, 1)}
    assert {sample: len(text) for sample, text in texts.items()} == {0: 10_000, 1: 10_000}
    assert 1 < len(batches) < 200, "deliveries are as many as ticks, not as tokens"
    assert batches[-1].done == 1.0


def test_the_clock_rests_when_nothing_is_under_way(courier: Courier, qtbot: QtBot) -> None:
    ticks: list[int] = []
    courier.hire("w").do(lambda: None, lambda _: None)
    qtbot.waitUntil(lambda: not courier.busy)
    courier.ticked.connect(lambda: ticks.append(1))
    qtbot.wait(150)
    assert len(ticks) <= 1
