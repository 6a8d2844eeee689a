"""Of several verdicts that follow each other the last one holds, and only their own judge's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casefiles.documents import verdict_chain
from casefiles.documents.verdict_chain import FOREIGN, VerdictChains, is_verdict, names, read_of
from casefiles.documents.verdicts import VerdictClaims
from casefiles.files.disk import new_file
from casefiles.keys.identity import SigningKey
from casefiles.status import Refusal
from tests.casefiles.verdicts import GOLDEN_JUDGE, golden, signed

RULED = {"finding": "f", "behaviour": None, "reason": "It is about another thing."}
OTHER = SigningKey(bytes([14]) * 32)


def given(path: Path, *, key: SigningKey = GOLDEN_JUDGE, **changes: Any) -> VerdictClaims:
    value = golden() | changes
    value["judge"] = {"name": "Judge", "key": key.public.text, "fingerprint": key.public.fingerprint}
    signed(value, path, key)
    return VerdictClaims.read(path.read_bytes(), None)


def test_the_last_of_its_judge_s_verdicts_is_found_and_named(tmp_path: Path) -> None:
    one = given(tmp_path / "one.json", previous=None)
    two = given(tmp_path / "two.json", previous=one.digest)
    three = given(tmp_path / "three.json", previous=two.digest)
    given(tmp_path / "foreign.json", previous=three.digest, key=OTHER)  # nobody takes back what another judge said
    (tmp_path / "broken.json").write_text("{")
    chains, judge = VerdictChains(), GOLDEN_JUDGE.public.text
    for path, claims in ((tmp_path / "one.json", one), (tmp_path / "two.json", two)):
        assert chains.last(path, claims.digest, judge).name == "three.json"
        with pytest.raises(Refusal) as refused:
            chains.check_last(path, claims.digest, judge)
        assert refused.value.code == "verdict.followed" and "three.json" in refused.value.try_this
        chains.check_last(path, claims.digest, judge, among=[tmp_path.resolve() / "three.json"])
    assert chains.last(tmp_path / "three.json", three.digest, judge) == tmp_path / "three.json"
    chains.check_last(tmp_path / "three.json", three.digest, judge)


def test_of_two_that_follow_the_same_one_neither_holds_nor_what_follows_them(tmp_path: Path) -> None:
    one = given(tmp_path / "one.json", previous=None)
    left = given(tmp_path / "left.json", previous=one.digest)
    given(tmp_path / "foreign.json", previous=one.digest, key=OTHER)  # another judge's is no rival
    (tmp_path / "copy.json").write_bytes((tmp_path / "left.json").read_bytes())  # nor is the same again
    judge, said = GOLDEN_JUDGE.public.text, {"one": one, "left": left}
    later = golden()["issued_us"] + 1
    given(tmp_path / "again.json", previous=one.digest, issued_us=later)  # nor what says the same, given twice
    assert VerdictChains().rivals(tmp_path / "left.json", left.digest, judge) == ()
    VerdictChains().check_last(tmp_path / "left.json", left.digest, judge)
    said["right"] = given(tmp_path / "right.json", previous=one.digest, rulings=[RULED])
    said["later"] = given(tmp_path / "later.json", previous=left.digest, rulings=[RULED | {"reason": "Tea."}])
    at_hand = [path.resolve() for path in tmp_path.iterdir()]
    for name, claims in said.items():
        path = tmp_path / f"{name}.json"
        assert {rival.name for rival in VerdictChains().rivals(path, claims.digest, judge)} == {
            "again.json",
            "later.json",
            "right.json",
        }
        with pytest.raises(Refusal) as refused:
            VerdictChains().check_last(path, claims.digest, judge, among=at_hand)
        assert refused.value.code == "verdict.forked"
        assert "'again.json', 'later.json' or 'right.json'" in refused.value.try_this
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "right.json").rename(tmp_path / "elsewhere" / "right.json")  # as its judge says that it does not hold
    (tmp_path / "again.json").unlink()
    VerdictChains().check_last(tmp_path / "later.json", said["later"].digest, judge)


def test_who_judges_a_report_anew_after_they_decided_on_it_has_to_say_which_holds(tmp_path: Path) -> None:
    """What follows nothing was given without all that was decided: each would be taken for the last."""
    judge = GOLDEN_JUDGE.public.text
    one = given(tmp_path / "one.json", previous=None)
    given(tmp_path / "two.json", previous=one.digest, rulings=[RULED])
    anew = given(tmp_path / "anew.json", previous=None, issued_us=golden()["issued_us"] + 5)
    given(tmp_path / "other.json", previous=None, report="ab" * 32)  # another report's says nothing of this one
    known = {"digest": "cd" * 32, "source": "a paper", "summary": "It lies.", "issued_us": 1, "reported_us": 2}
    given(tmp_path / "later.json", previous=None, truth=None, addendum=known)  # nor does what became known since
    with pytest.raises(Refusal) as refused:
        VerdictChains().check_last(tmp_path / "anew.json", anew.digest, judge)
    assert refused.value.code == "verdict.forked" and "'anew.json' or 'two.json'" in refused.value.try_this
    scores = golden()["scores"] | {"status": "provisional"}
    given(tmp_path / "look.json", previous=None, scores=scores)  # nor does a look at it without a replay
    given(tmp_path / "again.json", previous=None, workbench="0.2.1")  # nor what earns the same
    (tmp_path / "two.json").unlink()  # nothing was decided that is left out
    VerdictChains().check_last(tmp_path / "anew.json", anew.digest, judge)


def test_who_scores_a_report_against_other_issues_has_not_taken_back_what_was_decided(tmp_path: Path) -> None:
    judge, known = GOLDEN_JUDGE.public.text, {"source": "a paper", "summary": "It lies.", "issued_us": 1}
    one, two = ({**known, "digest": digest * 32, "reported_us": 2} for digest in ("ab", "cd"))
    first = given(tmp_path / "one.json", previous=None, truth=None, addendum=one)
    ruled = given(tmp_path / "ruled.json", previous=first.digest, truth=None, addendum=one, rulings=[RULED])
    anew = given(tmp_path / "anew.json", previous=None, truth=None, addendum=two)
    assert left_out(tmp_path / "anew.json", anew) == [("ruled.json", ("f",))]
    assert left_out(tmp_path / "ruled.json", ruled) == []
    other = RULED | {"behaviour": "lies", "reason": "It is about the capitals after all."}
    last = given(tmp_path / "last.json", previous=anew.digest, truth=None, addendum=two, rulings=[other])
    for name, claims in (("last.json", last), ("ruled.json", ruled), ("anew.json", anew)):
        assert left_out(tmp_path / name, claims) == []
        assert VerdictChains().rivals(tmp_path / name, claims.digest, judge) == ()


def test_who_hands_in_again_has_not_shaken_off_what_was_decided(tmp_path: Path) -> None:
    """Another report on the same session: whoever takes its verdict is told, and its judge decides the same on it."""
    judge, again = GOLDEN_JUDGE.public.text, {"report": "ab" * 32}
    one = given(tmp_path / "one.json", previous=None)
    ruled = given(tmp_path / "ruled.json", previous=one.digest, rulings=[RULED])
    anew = given(tmp_path / "anew.json", previous=None, **again)
    assert left_out(tmp_path / "anew.json", anew) == [("ruled.json", ("f",))]
    with pytest.raises(Refusal) as refused:
        VerdictChains().check_whole(tmp_path / "anew.json", anew.digest, judge)
    assert refused.value.code == "verdict.left-out" and "'ruled.json' on 'f'" in refused.value.try_this
    (told,) = VerdictChains().remarks(tmp_path / "anew.json", anew.digest, judge)
    assert told.endswith(" 'ruled.json' on 'f'. [verdict.left-out]")
    VerdictChains().check_last(tmp_path / "anew.json", anew.digest, judge)  # its judge may decide on it
    VerdictChains().check_whole(tmp_path / "ruled.json", ruled.digest, judge)  # and what was decided stands
    last = given(tmp_path / "last.json", previous=anew.digest, rulings=[RULED], **again)
    VerdictChains().check_whole(tmp_path / "last.json", last.digest, judge)
    more = given(tmp_path / "more.json", previous=last.digest, rulings=[RULED, RULED | {"finding": "g"}], **again)
    VerdictChains().check_whole(tmp_path / "more.json", more.digest, judge)
    assert left_out(tmp_path / "ruled.json", ruled) == [("more.json", ("g",))], "nor is the first taken for it"


@pytest.mark.parametrize(
    "other",
    [
        {"log": golden()["log"] | {"origin": "audit-workbench/" + "1" * 32}},
        {"case": golden()["case"] | {"digest": "ab" * 32}},
        {"key": OTHER},
        {"scores": golden()["scores"] | {"status": "provisional"}},
    ],
)
def test_of_another_session_case_or_judge_nothing_is_left_out(tmp_path: Path, other: dict[str, Any]) -> None:
    """Nor of a look without a replay, in which nothing is earned."""
    one = given(tmp_path / "one.json", previous=None)
    given(tmp_path / "ruled.json", previous=one.digest, rulings=[RULED])
    anew = given(tmp_path / "anew.json", previous=None, report="ab" * 32, **other)
    assert left_out(tmp_path / "anew.json", anew) == []


def left_out(path: Path, claims: VerdictClaims) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.path.name, one.findings) for one in VerdictChains().left_out(path, claims.digest, claims.judge.text)]


@pytest.mark.parametrize("name", ["anew.txt", "anew", "anew.JSON"])
def test_a_verdict_under_another_name_is_one_all_the_same(tmp_path: Path, name: str) -> None:
    judge = GOLDEN_JUDGE.public.text
    one = given(tmp_path / "one.json", previous=None)
    given(tmp_path / "two", previous=one.digest, rulings=[RULED])
    anew = given(tmp_path / name, previous=None, issued_us=golden()["issued_us"] + 5)
    assert {path.name for path in VerdictChains().rivals(tmp_path / name, anew.digest, judge)} == {name, "two"}


def test_a_verdict_that_is_still_being_written_is_none_yet(tmp_path: Path) -> None:
    one, judge = given(tmp_path / "one.json", previous=None), GOLDEN_JUDGE.public.text
    with new_file(tmp_path / "two.json") as file:
        two = tmp_path / "beside" / "two.json"
        two.parent.mkdir()
        given(two, previous=one.digest, rulings=[RULED])
        file.write(two.read_bytes())
        file.flush()
        VerdictChains().check_last(tmp_path / "one.json", one.digest, judge)
    with pytest.raises(Refusal, match=r"two\.json"):
        VerdictChains().check_last(tmp_path / "one.json", one.digest, judge)


def heavy(path: Path, key: SigningKey, size: int) -> None:
    """A verdict with more of something in it than its schema knows, in a file of at least so many bytes."""
    value = golden() | {"more": [[]] * (size // 4)}
    value["judge"] = {"name": "Judge", "key": key.public.text, "fingerprint": key.public.fingerprint}
    assert size < signed(value, path, key).stat().st_size < 2 * size


def test_of_what_others_signed_in_a_folder_the_end_alone_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever puts a large file beside an honest verdict makes nobody parse it; the judge's own count."""
    one = given(tmp_path / "one.json", previous=None)
    two = given(tmp_path / "two.json", previous=one.digest, rulings=[RULED | {"reason": "w" * 900} for _ in range(2)])
    heavy(tmp_path / "foreign.json", OTHER, 1 << 20)
    read: list[str] = []
    kept = verdict_chain.read_small
    monkeypatch.setattr(verdict_chain, "read_small", lambda path, limit: read.append(path.name) or kept(path, limit))
    judge = GOLDEN_JUDGE.public.text
    assert VerdictChains().last(tmp_path / "one.json", one.digest, judge).name == "two.json"
    assert read == ["one.json", "two.json"]
    assert VerdictChains().last(tmp_path / "two.json", two.digest, OTHER.public.text).name == "two.json"


def test_a_verdict_by_another_judge_is_read_up_to_a_size(tmp_path: Path) -> None:
    judge = GOLDEN_JUDGE.public.text
    heavy(path := tmp_path / "big.json", OTHER, FOREIGN)
    heavy(own := tmp_path / "own.json", GOLDEN_JUDGE, FOREIGN)
    heavy(small := tmp_path / "small.json", OTHER, FOREIGN // 4)
    for file in (own, small):
        assert read_of(file, [judge]) == file.read_bytes() and is_verdict(file)
    assert read_of(path, [judge, OTHER.public.text]) == path.read_bytes()
    with pytest.raises(Refusal) as refused:
        read_of(path, [judge])
    assert refused.value.code == "input.invalid" and refused.value.what == "'big.json' is too large to be read."
    assert f"It has {path.stat().st_size:,} bytes." in refused.value.why
    (tmp_path / "other.json").write_text("{}")
    assert not is_verdict(tmp_path / "other.json")


def test_no_name_of_a_verdict_goes_on_with_the_sentence() -> None:
    forged = "v1.json; its judge took it back, so that v2.json holds\n  recall 1.00"
    assert names([Path(forged), Path("v2.json")]) == f"{forged!r} or 'v2.json'" and "\n" not in names([Path(forged)])
