"""The one text of a case that everybody reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefiles.case import specification
from casefiles.status import Refusal


def test_it_is_read_whatever_ends_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "spec.md"
    path.write_bytes("**S1** Né.\r\n\r**S2** 真.\n".encode())
    assert specification.read(path) == "**S1** Né.\n\n**S2** 真.\n"


def test_a_mebibyte_is_read_and_not_a_byte_more(tmp_path: Path) -> None:
    path = tmp_path / "spec.md"
    path.write_bytes(b"x" * (1 << 20))
    assert len(specification.read(path)) == 1 << 20
    path.write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(Refusal, match="more than 1048576 bytes") as refused:
        specification.read(path)
    assert refused.value.code == "case.specification"


def test_what_is_no_utf_8_is_refused_where_it_is_none(tmp_path: Path) -> None:
    path = tmp_path / "spec.md"
    path.write_bytes(b"**S1** Na\xefve.")
    with pytest.raises(Refusal, match="Byte 10 ") as refused:
        specification.read(path)
    assert refused.value.code == "case.specification"
