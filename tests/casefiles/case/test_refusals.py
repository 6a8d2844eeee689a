"""Every refusal of a case is provoked by an attack."""

from __future__ import annotations

import re
from pathlib import Path

from casefiles.case import case, opening, refusals, sealed_truth, sealing
from tests.casefiles.case.test_opening import OUTSIDE, SIGNED
from tests.casefiles.case.test_sealing import UNSEALABLE


def test_every_code_of_a_case_has_an_attack() -> None:
    """The matrix above is complete: each code these modules can give is provoked here or in their own tests."""
    tested = {code for table in (OUTSIDE, SIGNED, UNSEALABLE) for code, _ in table.values()}
    tested |= {"case.file-sparse", "case.truth", "case.truth-unopenable", "case.other-recipient", "case.exists"}
    texts = [
        Path(module.__file__ or "").read_text("utf-8") for module in (case, refusals, opening, sealing, sealed_truth)
    ]
    assert set(re.findall(r'"(case\.[a-z-]+)"', "".join(texts))) <= tested
