"""Case files: what is sealed opens, what was touched does not, and the code says which way it was touched."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import mmap
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casefiles.case import opening, sealed_truth
from casefiles.case.bundle import Case, accept, open_case
from casefiles.case.manifest import ENVELOPE, PAYLOAD_TYPE, TRUTH
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import Identity, PublicIdentity, SealingKey, SigningKey
from casefiles.verify import verify
from tests.casefiles.case.tampering import WEIGHTS, Change, code_of, edited, flip, flips, resign, snapshot
from tests.casefiles.material import RULES
from tests.casefiles.material import TRUTH as PLAINTEXT

# What an honest case does


def test_a_sealed_case_opens(sealed: Case, attacker: Identity, judge: Identity) -> None:
    case = open_case(sealed.root, trusted=[attacker.public.verify], full=True)
    assert case == sealed
    assert not case.accepted
    assert case.manifest.title == "Demo" and case.manifest.rules == RULES
    assert case.manifest.engines == ("torch",)
    assert (case.manifest.attacker, case.manifest.judge) == (attacker.public, judge.public)
    assert case.manifest.specification == hashlib.sha256(case.path("spec.md").read_bytes()).hexdigest()
    listed = {entry.path: entry for entry in case.manifest.files}
    assert set(listed) == {
        "sealed/ground_truth.age",
        "spec.md",
        "tokenizer/tokenizer.json",
        "weights/config.json",
        "weights/model.safetensors",
    }
    for name, entry in listed.items():
        data = case.path(name).read_bytes()
        assert (entry.size, entry.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert entry.blake3 == blake3(data).hexdigest()


def test_the_judge_accepts(sealed: Case, attacker: Identity, judge: Identity) -> None:
    accepted = accept(sealed.root, judge)
    assert accepted.accepted and accepted.digest == sealed.digest
    opened = open_case(sealed.root, trusted=[judge.public.verify])
    assert opened == accepted
    assert opened.open_truth(judge.sealing) == PLAINTEXT
    before = snapshot(sealed.root)
    assert accept(sealed.root, judge) == accepted
    assert snapshot(sealed.root) == before


def test_progress_reaches_the_end(sealed: Case) -> None:
    heard: list[tuple[int, int]] = []
    open_case(sealed.root, progress=lambda done, total: heard.append((done, total)))
    total = sum(entry.size for entry in sealed.manifest.files)
    assert heard[-1] == (total, total)


# Attacks on a sealed case from outside: nobody's key at hand


def append(path: Path, more: bytes) -> None:
    path.write_bytes(path.read_bytes() + more)


def sparse(path: Path, size: int) -> None:
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def payload_edit(old: bytes, new: bytes) -> Callable[[Path], None]:
    """Edit the signed manifest without signing it again."""

    def edit(root: Path) -> None:
        value = json.loads((root / ENVELOPE).read_bytes())
        payload = base64.b64decode(value["payload"])
        assert old in payload
        value["payload"] = base64.b64encode(payload.replace(old, new)).decode()
        (root / ENVELOPE).write_bytes(canonical.encode(value))

    return edit


def envelope_edit(old: bytes, new: bytes) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        data = (root / ENVELOPE).read_bytes()
        assert old in data
        (root / ENVELOPE).write_bytes(data.replace(old, new, 1))

    return edit


def countersigned_by_a_stranger(root: Path) -> None:
    (root / ENVELOPE).write_bytes(envelope.countersign((root / ENVELOPE).read_bytes(), SigningKey.generate()))


def as_another_kind(root: Path) -> None:
    payload = envelope.read((root / ENVELOPE).read_bytes(), PAYLOAD_TYPE, trusted=None).payload
    (root / ENVELOPE).write_bytes(envelope.sign("application/vnd.other+json", payload, [SigningKey.generate()]))


OUTSIDE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "swapped weights": ("case.file-changed", lambda root: flip(root / WEIGHTS)),
    "swapped tokenizer": ("case.file-changed", lambda root: (root / "tokenizer/tokenizer.json").write_bytes(b"[]")),
    "swapped specification": ("case.file-changed", lambda root: flip(root / "spec.md")),
    "swapped ground truth": ("case.file-changed", lambda root: flip(root / TRUTH)),
    "swapped rules": ("envelope.signature", payload_edit(b'"findings":5', b'"findings":9')),
    "swapped judge": ("envelope.signature", payload_edit(b'"Judy"', b'"Rudy"')),
    "swapped title": ("envelope.signature", payload_edit(b'"Small"', b'"Smell"')),
    "truncated weights": ("case.file-changed", lambda root: os.truncate(root / WEIGHTS, 40)),
    "grown weights": ("case.file-changed", lambda root: os.truncate(root / WEIGHTS, 4000)),
    "weights as a sparse gigabyte": ("case.file-changed", lambda root: sparse(root / WEIGHTS, 1 << 30)),
    "removed weights": ("case.file-missing", lambda root: (root / WEIGHTS).unlink()),
    "removed folder": ("case.file-missing", lambda root: shutil.rmtree(root / "tokenizer")),
    "removed ground truth": ("case.file-missing", lambda root: (root / TRUTH).unlink()),
    "removed manifest": ("case.not-a-case", lambda root: (root / ENVELOPE).unlink()),
    "an extra file": ("case.file-extra", lambda root: (root / "notes.txt").write_bytes(b"x")),
    "an extra hidden file": ("case.file-extra", lambda root: (root / "weights/.gitattributes").write_bytes(b"x")),
    "an extra pickle": ("case.file-extra", lambda root: (root / "weights/pytorch_model.bin").write_bytes(b"x")),
    "an extra sparse gigabyte": ("case.file-extra", lambda root: sparse(root / "weights/more.safetensors", 1 << 30)),
    "an extra empty folder": ("case.file-extra", lambda root: (root / "baseline").mkdir()),
    "an extra deep empty folder": ("case.file-extra", lambda root: (root / "weights/a/b").mkdir(parents=True)),
    "a thousand extra folders": (
        "case.file-extra",
        lambda root: [(root / f"weights/{number}").mkdir() for number in range(1000)],
    ),
    "a name that differs in case": (
        "case.file-extra",
        lambda root: (root / "Spec.md").write_bytes((root / "spec.md").read_bytes()),
    ),
    "a file renamed to another case": (
        "case.file-extra",
        lambda root: (root / "spec.md").rename(root / "Spec.md"),
    ),
    "a name that is not Unicode": (
        "case.file-extra",
        lambda root: Path(os.fsdecode(os.fsencode(root) + b"/\xff.txt")).write_bytes(b"x"),
    ),
    "a file where a folder was": (
        "case.file-extra",
        lambda root: (shutil.rmtree(root / "tokenizer"), (root / "tokenizer").write_bytes(b"x")),
    ),
    "a folder where a file was": (
        "case.file-extra",
        lambda root: ((root / WEIGHTS).unlink(), (root / WEIGHTS).mkdir()),
    ),
    "a link to a file": ("case.link", lambda root: (root / "extra.md").symlink_to("spec.md")),
    "a link in a file's place": (
        "case.link",
        lambda root: ((root / WEIGHTS).rename(root.parent / "w"), (root / WEIGHTS).symlink_to(root.parent / "w")),
    ),
    "a link in a folder's place": (
        "case.link",
        lambda root: ((root / "weights").rename(root.parent / "w"), (root / "weights").symlink_to(root.parent / "w")),
    ),
    "a link that leads nowhere": ("case.link", lambda root: (root / "extra.md").symlink_to("/nowhere")),
    "a link to itself": ("case.link", lambda root: (root / "loop").symlink_to("loop")),
    "a second name of a file": ("case.link", lambda root: os.link(root / WEIGHTS, root.parent / "w")),
    "a pipe": ("case.link", lambda root: os.mkfifo(root / "weights/pipe")),
    "a pipe in a file's place": ("case.link", lambda root: ((root / WEIGHTS).unlink(), os.mkfifo(root / WEIGHTS))),
    "a link in the manifest's place": (
        "case.link",
        lambda root: ((root / ENVELOPE).rename(root.parent / "m"), (root / ENVELOPE).symlink_to(root.parent / "m")),
    ),
    "a pipe in the manifest's place": (
        "case.not-a-case",
        lambda root: ((root / ENVELOPE).unlink(), os.mkfifo(root / ENVELOPE)),
    ),
    "a manifest of a sparse gigabyte": ("case.manifest", lambda root: sparse(root / ENVELOPE, 1 << 30)),
    "an empty manifest": ("envelope.malformed", lambda root: (root / ENVELOPE).write_bytes(b"")),
    "a line break after the manifest": ("envelope.malformed", lambda root: append(root / ENVELOPE, b"\n")),
    "a duplicated key": ("envelope.malformed", envelope_edit(b'{"payload":', b'{"payload":"","payload":')),
    "a lone surrogate": ("envelope.malformed", envelope_edit(b"audit-workbench", b"\\ud800")),
    "a huge integer": ("envelope.malformed", envelope_edit(b'"signatures":[', b'"signatures":[' + b"9" * 5000 + b",")),
    "deep nesting": ("envelope.malformed", lambda root: (root / ENVELOPE).write_bytes(b"[" * 100_000)),
    "another kind of document": ("envelope.payload-type", as_another_kind),
    "a stranger's signature besides": ("envelope.foreign-key", countersigned_by_a_stranger),
}


@pytest.mark.parametrize(("code", "attack"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_attacks_from_outside(case_path: Path, judge: Identity, code: str, attack: Callable[[Path], object]) -> None:
    assert code_of(lambda: open_case(case_path)) == "ok"
    attack(case_path)
    before = snapshot(case_path)
    assert code_of(lambda: open_case(case_path)) == code
    assert code_of(lambda: accept(case_path, judge)) == code
    assert snapshot(case_path) == before


def test_a_case_by_somebody_else_is_not_trusted(case_path: Path, auditor: Identity) -> None:
    assert code_of(lambda: open_case(case_path, trusted=[auditor.public.verify])) == "envelope.foreign-key"
    assert code_of(lambda: open_case(case_path, trusted=[])) == "envelope.foreign-key"


@pytest.mark.parametrize("name", ["none", "file", "empty"])
def test_other_things_are_not_cases(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    assert code_of(lambda: open_case(tmp_path / name)) == "case.not-a-case"


# Attacks by the attacker, who can sign what he likes


def entry(path: str, **fields: object) -> dict[str, object]:
    return {"path": path, "size": 1, "blake3": "0" * 64, "sha256": "0" * 64, **fields}


def listing_with(*paths: str) -> Change:
    def change(value: dict[str, Any]) -> None:
        value["files"] = sorted([*value["files"], *map(entry, paths)], key=lambda item: item["path"])

    return change


def for_another_recipient(value: dict[str, Any]) -> None:
    value["ground_truth"]["recipient"] = Identity.generate("Other").public.recipient.text


def without_truth(value: dict[str, Any]) -> None:
    value["files"] = [item for item in value["files"] if item["path"] != TRUTH]
    value["ground_truth"] = None


def nested(depth: int) -> object:
    inner: object = 0
    for _ in range(depth):
        inner = [inner]
    return inner


SIGNED: dict[str, tuple[str, Change]] = {
    "another format": ("case.manifest", lambda v: v.update(format="audit-workbench/case/2")),
    "a field more": ("case.manifest", lambda v: v.update(note="x")),
    "a field less": ("case.manifest", lambda v: v.pop("title")),
    "a field more in a file": ("case.manifest", lambda v: v["files"][0].update(mode=0)),
    "a field more in the judge": ("case.manifest", lambda v: v["judge"].update(email="x")),
    "a truth that is denied": ("case.manifest", lambda v: v.update(ground_truth=None)),
    "a truth that is left there": ("case.file-extra", without_truth),
    "no files": ("case.manifest", lambda v: v.update(files=[])),
    "too many files": (
        "case.manifest",
        lambda v: v.update(files=[*v["files"], *(entry(f"weights/{n:05}.json") for n in range(5000))]),
    ),
    "a file twice": ("case.manifest", lambda v: v["files"].insert(0, v["files"][0])),
    "files out of order": ("case.manifest", lambda v: v["files"].reverse()),
    "a negative size": ("case.manifest", lambda v: v["files"][0].update(size=-1)),
    "a size that is a fraction": ("case.manifest", lambda v: v["files"][0].update(size=1.5)),
    "a size that is true": ("case.manifest", lambda v: v["files"][0].update(size=True)),
    "a size beyond any disk": ("case.manifest", lambda v: v["files"][0].update(size=2**52)),
    "a huge integer": ("case.manifest", lambda v: v["rules"].update(x=2**53)),
    "a number of a thousand digits": ("case.manifest", lambda v: v["rules"].update(x=10**1000)),
    "deep nesting": ("case.manifest", lambda v: v["rules"].update(x=nested(30))),
    "rules of a megabyte": ("case.manifest", lambda v: v["rules"].update(x="x" * (1 << 20))),
    "rules that are no object": ("case.manifest", lambda v: v.update(rules=[])),
    "a digest in capitals": ("case.manifest", lambda v: v["files"][0].update(blake3="A" * 64)),
    "a digest with a line break": ("case.manifest", lambda v: v["files"][0].update(blake3="a" * 63 + "\n")),
    "a title with a line break": ("case.manifest", lambda v: v.update(title="a\nb")),
    "a title that reads backwards": ("case.manifest", lambda v: v.update(title="a\u202eb")),
    "a title of a thousand letters": ("case.manifest", lambda v: v.update(title="a" * 1000)),
    "no title": ("case.manifest", lambda v: v.update(title="")),
    "an engine with a path": ("case.manifest", lambda v: v.update(engines=["../x"])),
    "no engine": ("case.manifest", lambda v: v.update(engines=[])),
    "a case without an id": ("case.manifest", lambda v: v.update(case_id="")),
    "another specification": ("case.manifest", lambda v: v.update(specification="0" * 64)),
    "another ground truth": ("case.manifest", lambda v: v["ground_truth"].update(ciphertext_sha256="0" * 64)),
    "a truth for another recipient": ("case.manifest", for_another_recipient),
    "a judge with a key of small order": (
        "case.manifest",
        lambda v: v["judge"].update(verify="ed25519:" + "A" * 43 + "="),
    ),
    "a judge with a misspelt recipient": (
        "case.manifest",
        lambda v: (
            v["judge"].update(recipient="age1" + "q" * 58),
            v["ground_truth"].update(recipient="age1" + "q" * 58),
        ),
    ),
    "an attacker who did not sign": (
        "case.manifest",
        lambda v: v["attacker"].update(verify=SigningKey.generate().public.text),
    ),
    "no weights": (
        "case.manifest",
        lambda v: v.update(
            files=[f for f in v["files"] if not f["path"].startswith("weights/")] + [entry("weights/x.json")]
        ),
    ),
    "an escaping name": ("case.name", listing_with("weights/../../x.json")),
    "an absolute name": ("case.name", listing_with("/etc/x.json")),
    "a name with a drive": ("case.name", listing_with("weights/C:x.json")),
    "a name with a backslash": ("case.name", listing_with("weights\\x.json")),
    "an invisible name": ("case.name", listing_with("weights/x\u200b.json")),
    "a name that reads backwards": ("case.name", listing_with("weights/\u202enosj.txt")),
    "a name in another normal form": ("case.name", listing_with("corpora/e\u0301.txt")),
    "names that collide in case": ("case.name", listing_with("weights/MODEL.safetensors")),
    "names that collide in Unicode": ("case.name", listing_with("corpora/straße.txt", "corpora/strasse.txt")),
    "names that collide as compatible": ("case.name", listing_with("corpora/ﬁle.txt", "corpora/file.txt")),
    "folders that collide in case": ("case.name", listing_with("corpora/A/x.txt", "corpora/a/y.txt")),
    "a file that is a folder too": ("case.name", listing_with("corpora/a.txt", "corpora/a.txt/b.txt")),
    "a file in the manifest's place": ("case.name", listing_with("Case.dsse.json")),
    "a hidden file": ("case.name", listing_with("weights/.x.json")),
    "a device's name": ("case.name", listing_with("corpora/aux.txt")),
    "a pickle": ("case.file-kind", listing_with("weights/pytorch_model.bin")),
    "a pickle in capitals": ("case.file-kind", listing_with("weights/MODEL2.PT")),
    "a pickle in a corpus": ("case.file-kind", listing_with("corpora/data.pkl")),
    "a program": ("case.file-kind", listing_with("weights/modeling.py")),
    "a library": ("case.file-kind", listing_with("tokenizer/fast.so")),
    "a file outside the folders": ("case.file-kind", listing_with("extra.json")),
    "a second sealed file": ("case.file-kind", listing_with("sealed/other.age")),
    "a file that is not there": ("case.file-missing", listing_with("corpora/none.txt")),
}


@pytest.mark.parametrize(("code", "change"), SIGNED.values(), ids=SIGNED.keys())
def test_attacks_by_the_attacker(
    case_path: Path, attacker: Identity, judge: Identity, code: str, change: Change
) -> None:
    resign(case_path, attacker, edited(case_path, lambda value: None))
    assert code_of(lambda: open_case(case_path)) == "ok"
    resign(case_path, attacker, edited(case_path, change))
    before = snapshot(case_path)
    assert code_of(lambda: open_case(case_path)) == code
    assert code_of(lambda: accept(case_path, judge)) == code
    assert snapshot(case_path) == before


def relist(root: Path, attacker: Identity, name: str, change: Change = lambda value: None) -> None:
    """Sign a manifest that truly lists what the file holds now."""

    def update(value: dict[str, Any]) -> None:
        data = (root / name).read_bytes()
        fields = {"size": len(data), "blake3": blake3(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()}
        value["files"] = sorted(
            [*(item for item in value["files"] if item["path"] != name), {"path": name, **fields}],
            key=lambda item: item["path"],
        )
        if name == TRUTH:
            value["ground_truth"]["ciphertext_sha256"] = fields["sha256"]
        change(value)

    resign(root, attacker, edited(root, update))


def test_a_hollow_gigabyte_is_refused_before_it_is_read(case_path: Path, attacker: Identity) -> None:
    name = "corpora/hollow.txt"
    (case_path / "corpora").mkdir()
    sparse(case_path / name, 1 << 30)
    resign(case_path, attacker, edited(case_path, listing_with(name)))
    payload = edited(case_path, lambda v: next(f for f in v["files"] if f["path"] == name).update(size=1 << 30))
    resign(case_path, attacker, payload)
    heard: list[int] = []
    assert code_of(lambda: open_case(case_path, progress=lambda done, total: heard.append(done))) == "case.file-sparse"
    assert heard == []


@pytest.mark.parametrize(
    ("code", "ciphertext"),
    [
        ("case.truth-unopenable", lambda judge: b"not age at all"),
        ("case.truth-unopenable", lambda judge: b""),
        (
            "case.truth-unopenable",
            lambda judge: sealed_truth.seal(PLAINTEXT, Identity.generate("X").sealing.recipient).ciphertext,
        ),
        ("case.truth", lambda judge: sealed_truth.seal(b"another", judge.recipient).ciphertext),
        ("case.truth", lambda judge: judge.recipient.encrypt(PLAINTEXT)),
    ],
    ids=["not age", "empty", "another recipient", "another truth", "not padded"],
)
def test_a_truth_that_does_not_open_is_not_accepted(
    case_path: Path, attacker: Identity, judge: Identity, code: str, ciphertext: Callable[[PublicIdentity], bytes]
) -> None:
    (case_path / TRUTH).write_bytes(ciphertext(judge.public))
    relist(case_path, attacker, TRUTH)
    assert (
        code_of(lambda: open_case(case_path)) == "ok"
    )  # an auditor cannot tell: that is what the judge's intake is for
    before = snapshot(case_path)
    assert code_of(lambda: accept(case_path, judge)) == code
    assert snapshot(case_path) == before


def test_what_the_judge_signs_is_what_was_verified(sealed: Case, attacker: Identity, judge: Identity) -> None:
    """Another manifest of the same attacker, put there between verifying and signing, is not signed."""
    root = sealed.root
    other = edited(root, lambda value: value.update(title="Another"))

    class SlowKey(SealingKey):
        def decrypt(self, ciphertext: bytes) -> bytes:
            resign(root, attacker, other)
            return super().decrypt(ciphertext)

    accepted = accept(root, Identity(judge.name, judge.signing, SlowKey(judge.sealing.text)))
    assert accepted.digest == sealed.digest
    assert open_case(root, trusted=[judge.public.verify]).manifest.title == "Demo"


@pytest.mark.parametrize("name", ["tokenizer/tokenizer.json", "tokenizer"])
def test_what_was_exchanged_while_it_was_examined_is_not_accepted(sealed: Case, judge: Identity, name: str) -> None:
    """Where others write, a leak may lie beside clean files that are shown to whoever looks."""
    place, aside = sealed.path(name), sealed.root.parent / "aside"

    def look(case: Case, plain: bytes | None) -> None:
        place.rename(aside)
        shutil.copytree(aside, place) if aside.is_dir() else shutil.copy2(aside, place)
        case.path("tokenizer/tokenizer.json").read_bytes()
        shutil.rmtree(place) if aside.is_dir() else place.unlink()
        aside.rename(place)

    before = snapshot(sealed.root)
    assert code_of(lambda: accept(sealed.root, judge, examine=look)) == "case.file-changed"
    assert snapshot(sealed.root) == before, "it is not countersigned"
    assert accept(sealed.root, judge).accepted


def test_what_was_put_there_while_it_was_listed_is_a_file_too_many(
    sealed: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders are read one after the other, and stamped when all are: what came between would be in the stamp."""
    listing, more = opening.disk.listing, sealed.path("tokenizer") / "chat_template.jinja"

    def slowly(*given: Any, **named: Any) -> Any:
        found = listing(*given, **named)
        more.write_text("{{ messages }}")
        return found

    monkeypatch.setattr(opening.disk, "listing", slowly)
    more.unlink(missing_ok=True)
    assert code_of(lambda: open_case(sealed.root)) == "case.file-extra"


def test_what_was_written_through_a_mapping_meanwhile_is_not_accepted(sealed: Case, judge: Identity) -> None:
    """A page that is written again before it was written back leaves the file's times as they were."""
    place = sealed.path("tokenizer/tokenizer.json")
    with place.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        first = mapped[0]
        mapped[0] = first

        def look(case: Case, plain: bytes | None) -> None:
            mapped[0] = first ^ 1

        assert code_of(lambda: accept(sealed.root, judge, examine=look)) == "case.file-changed"
        mapped[0] = first
    assert accept(sealed.root, judge).accepted


def test_a_false_sha256_is_found_at_intake(case_path: Path, attacker: Identity, judge: Identity) -> None:
    """Opening checks BLAKE3; whoever accepts or verifies checks SHA-256 of every file as well."""

    def lie(value: dict[str, Any]) -> None:
        next(item for item in value["files"] if item["path"] == WEIGHTS)["sha256"] = "0" * 64

    resign(case_path, attacker, edited(case_path, lie))
    assert code_of(lambda: open_case(case_path)) == "ok"
    assert code_of(lambda: open_case(case_path, full=True)) == "case.file-changed"
    assert code_of(lambda: accept(case_path, judge)) == "case.file-changed"


def test_the_specification_is_what_its_sha256_says_even_when_only_opened(case_path: Path, attacker: Identity) -> None:
    def lie(value: dict[str, Any]) -> None:
        next(item for item in value["files"] if item["path"] == "spec.md")["sha256"] = "0" * 64
        value["specification"] = "0" * 64

    resign(case_path, attacker, edited(case_path, lie))
    assert code_of(lambda: open_case(case_path)) == "case.file-changed"


@pytest.mark.parametrize("text", [b"**S1** Na\xefve.\n", b"x" * 1_048_577], ids=["Latin 1", "too long"])
def test_a_specification_that_nobody_can_read_opens_at_no_door(
    case_path: Path, attacker: Identity, judge: Identity, text: bytes
) -> None:
    """Whoever sealed it by other means than these: no audit of it could be handed in."""

    def listed(value: dict[str, Any]) -> None:
        told = {"sha256": hashlib.sha256(text).hexdigest(), "blake3": blake3(text).hexdigest(), "size": len(text)}
        next(item for item in value["files"] if item["path"] == "spec.md").update(told)
        value["specification"] = told["sha256"]

    (case_path / "spec.md").write_bytes(text)
    resign(case_path, attacker, edited(case_path, listed))
    assert code_of(lambda: open_case(case_path)) == "case.specification"
    assert code_of(lambda: accept(case_path, judge)) == "case.specification"
    assert [step.code for step in verify(case_path).steps] == ["case.specification"]


# Every bit


@pytest.mark.slow
def test_every_byte_of_every_file_counts(case_path: Path) -> None:
    for name in (WEIGHTS, "tokenizer/tokenizer.json", "spec.md", TRUTH):
        for position in flips(case_path / name, 2):
            assert code_of(lambda: open_case(case_path)) == "case.file-changed", (name, position)
    assert code_of(lambda: open_case(case_path)) == "ok"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_sign_mutate_verify(case_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([ENVELOPE, WEIGHTS, "spec.md", TRUTH]))
    original = (case_path / name).read_bytes()
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + 8)))
    mutated = original[:start] + data.draw(st.binary(max_size=8)) + original[end:]
    try:
        (case_path / name).write_bytes(mutated)
        assert (code_of(lambda: open_case(case_path)) == "ok") == (mutated == original)
    finally:
        (case_path / name).write_bytes(original)


def test_an_acceptance_that_was_killed_is_done_again(sealed: Case, judge: Identity) -> None:
    """Half of a countersigned manifest beside the whole one would be a file that no manifest lists."""
    (sealed.root / ".case.dsse.json.audit-workbench-unwritten").write_bytes(b"{")
    assert code_of(lambda: open_case(sealed.root)) == "case.file-extra"
    assert accept(sealed.root, judge).accepted
    assert open_case(sealed.root).accepted


def test_an_acceptance_that_fails_leaves_the_case(
    sealed: Case, judge: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = snapshot(sealed.root)
    monkeypatch.setattr(os, "fsync", full)
    assert code_of(lambda: accept(sealed.root, judge)) == "io.disk-full"
    assert snapshot(sealed.root) == before
    assert code_of(lambda: open_case(sealed.root)) == "ok"


def test_a_case_that_cannot_be_countersigned_is_not_examined_for_hours(
    sealed: Case, judge: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a medium that is only read."""

    def too_late(*_: object) -> None:
        pytest.fail("it is examined")

    before = snapshot(sealed.root)
    with monkeypatch.context() as medium:
        medium.setattr(os, "access", lambda *_: False)
        assert code_of(lambda: accept(sealed.root, judge, examine=too_late)) == "io.failed"
    assert snapshot(sealed.root) == before
    accepted = accept(sealed.root, judge)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert accept(sealed.root, judge) == accepted, "one that is accepted is only looked at"
