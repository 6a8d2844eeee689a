"""Every view looks as it did when somebody last looked at it; what changed is shown, and accepted on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from tests.pictures import __main__ as command
from tests.pictures import gallery
from tests.pictures.gallery import KEPT, SIZES, SUFFIX, Shot, hold

BLUER = QColor(105, 60, 22)
"""Than the pixel at (7, 3) of what is painted, by one."""
MOST_BYTES = 6_000_000
"""Of all that is kept, with the records that are drawn."""


@pytest.mark.slow
@pytest.mark.skipif(bool(gallery.lacking()), reason=gallery.lacking())
def test_every_view_looks_as_it_did(tmp_path: Path) -> None:
    shots = gallery.draw(tmp_path)
    told = [f"{shot.name} is {shot.state}: {shot.drawn(tmp_path)}" for shot in shots if shot.state != "same"]
    told += [f"  what differs: {shot.difference(tmp_path)}" for shot in shots if shot.state == "changed"]
    advice = "Look at them; if they are as they should be: python -m tests.pictures accept"
    assert not told, "\n".join([*told, advice])
    assert {shot.name for shot in shots} == {path.stem for path in KEPT.glob(f"*{SUFFIX}")}


def test_every_view_is_kept_light_and_dark_at_both_scales_and_all_is_small() -> None:
    views: dict[str, set[tuple[str, str]]] = {}
    for path in KEPT.glob(f"*{SUFFIX}"):
        name, colours, scale = path.stem.rsplit("-", 2)
        views.setdefault(name, set()).add((colours, scale))
    assert len(views) > 60
    for name, seen in views.items():
        assert {colours for colours, _ in seen} == {"light", "dark"}, name
        assert {scale for _, scale in seen} == {f"{scale}x" for scale in SIZES}, name
    assert sum(path.stat().st_size for path in KEPT.parent.rglob("*") if path.is_file()) < MOST_BYTES


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gallery of one picture."""
    folder = tmp_path / "kept"
    folder.mkdir()
    for module in (gallery, command):
        monkeypatch.setattr(module, "KEPT", folder)
    assert painted().save(str(folder / f"one-1x{SUFFIX}"), quality=100)  # type: ignore[call-overload]
    return folder


def painted(width: int = 16, height: int = 12) -> QImage:
    """No two pixels of it are of a colour; of a plainer one Qt would not read so short a file."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    for x in range(width):
        for y in range(height):
            image.setPixelColor(x, y, QColor(15 * x % 256, 20 * y % 256, (x * y) % 251))
    return image


def test_a_picture_that_did_not_change_leaves_nothing(kept: Path, tmp_path: Path) -> None:
    assert hold(painted(), "one-1x", tmp_path) == Shot("one-1x", "same")
    assert [path.parent.name for path in tmp_path.rglob("one*")] == ["kept"]


def test_one_pixel_that_is_the_least_bit_bluer_is_found_and_shown(kept: Path, tmp_path: Path) -> None:
    image = painted()
    image.setPixelColor(7, 3, BLUER)
    shot = hold(image, "one-1x", tmp_path)
    assert shot.state == "changed"
    shown = QImage(str(shot.difference(tmp_path)))
    magenta = [(x, y) for x in range(16) for y in range(12) if shown.pixelColor(x, y) == QColor("#ff00ff")]
    assert magenta == [(7, 3)]
    assert QImage(str(shot.drawn(tmp_path))).pixelColor(7, 3) == BLUER


def test_a_picture_of_another_size_is_another(kept: Path, tmp_path: Path) -> None:
    shot = hold(painted(17, 12), "one-1x", tmp_path)
    shown = QImage(str(shot.difference(tmp_path)))
    assert shot.state == "changed"
    assert [x for x in range(17) if shown.pixelColor(x, 2) == QColor("#ff00ff")] == [16]


def test_what_changed_is_kept_only_when_it_is_accepted(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept / f"gone{SUFFIX}").write_bytes((kept / f"one-1x{SUFFIX}").read_bytes())
    monkeypatch.setattr(command, "lacking", lambda: "")
    monkeypatch.setattr(command, "draw", lambda folder, *names: (hold(painted(3, 3), "one-1x", folder),))
    before = (kept / f"one-1x{SUFFIX}").read_bytes()
    assert command.main() == 1
    told = capsys.readouterr().out
    assert "changed: " in told and "no longer drawn: gone" in told
    assert (kept / f"one-1x{SUFFIX}").read_bytes() == before
    assert command.main("accept") == 0
    assert QImage(str(kept / f"one-1x{SUFFIX}")).width() == 3
    assert [path.stem for path in kept.iterdir()] == ["one-1x"]


def test_with_another_qt_nothing_is_compared_and_it_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gallery.metadata, "version", lambda _: "6.12.0")
    assert gallery.lacking().startswith("the pictures were drawn by Qt 6.11.3 on Linux (x86-64)")
    assert "here Qt 6.12.0 draws" in gallery.lacking()
    assert command.main() == 2
    assert "Nothing is drawn" in capsys.readouterr().err
