"""Two verifiers that share no line must say the same of more than a thousand changed logs, step by step."""

from __future__ import annotations

import ast
import hashlib
import random
import shutil
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import blake3
import pytest
import rfc8785
import zstandard

from casefiles.custody import ticket
from casefiles.documents import reports
from casefiles.files import canonical
from casefiles.keys import envelope
from casefiles.keys.identity import SigningKey, VerifyKey
from casefiles.log import export, segment
from casefiles.status import Refusal
from casefiles.verify import verify
from tests.casefiles.logs import AUDITOR, CASE, JUDGE, MATE, STRANGER, full_log, resealed, small_log
from tests.casefiles.verdicts import GOLDEN_JUDGE, scored, signed
from tests.golden import verifier

ROUNDS = 1000


def agree(path: Path, **known: Any) -> str:
    """The code both verifiers give."""
    trusted, judge = known.get("trusted", [AUDITOR.public]), known.get("judge", JUDGE.public)
    witnesses, log = known.get("witnesses", []), known.get("log")
    first = verify(
        path, trusted=trusted, judge=judge, witnesses=witnesses, case=CASE, log=log, every_signature=True
    )  # fmt: skip
    second = verifier.verify(
        path,
        verifier.Known(
            None if trusted is None else [key.raw for key in trusted],
            judge.raw if judge else None,
            [key.raw for key in witnesses],
            CASE,
            every_signature=True,
        ),
        log,
    )
    assert second.steps == [(step.stage.value, step.code) for step in first.steps]
    assert (second.records, second.witnessed) == (first.records, first.witnessed)
    assert (second.code == "ok") == first.ok
    return second.code


# -- changes


def change_bytes(draw: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    place = draw.randrange(len(changed) or 1)
    match draw.randrange(5):
        case 0 if changed:
            changed[place] ^= 1 << draw.randrange(8)
        case 1:
            changed[place:place] = draw.randbytes(draw.randrange(1, 4))
        case 2:
            del changed[place : place + draw.randrange(1, 20)]
        case 3:
            other = draw.randrange(len(changed) or 1)
            here, there = changed[place : place + 4], changed[other : other + 4]
            changed[place : place + 4], changed[other : other + 4] = there, here
        case _:
            changed = changed[:place]
    return bytes(changed)


ODD: list[Any] = [
    None, True, False, 0, 1, -1, 2**53 - 1, 1.5, 1e-7, 1e22, "", "x", "ab" * 16, "ab" * 32, "é🗼\u0000", [], {}, [[]],
    {"a": None}, "ed25519:" + "A" * 43 + "=",
]  # fmt: skip


def change_value(draw: random.Random, value: Any) -> Any:
    """The same JSON with one thing in it changed."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        return change_member(draw, value)
    if isinstance(value, list) and value and draw.random() < 0.9:
        place = draw.randrange(len(value))
        within = [*value[:place], change_value(draw, value[place]), *value[place + 1 :]]
        return draw.choice([value[:place] + value[place + 1 :], [*value, value[place]], value[::-1], *[within] * 4])
    if isinstance(value, int) and not isinstance(value, bool) and draw.random() < 0.5:
        return max(0, value + draw.choice([-1, 1]))
    if isinstance(value, str) and value and draw.random() < 0.5:
        place = draw.randrange(len(value))
        return value[:place] + draw.choice("0aZ é") + value[place + 1 :]
    return draw.choice(ODD)


def change_member(draw: random.Random, value: dict[str, Any]) -> dict[str, Any]:
    key = draw.choice(sorted(value))
    match draw.randrange(8):
        case 0:
            return {name: item for name, item in value.items() if name != key}
        case 1:
            return {**value, draw.choice(["more", "", "é", "Z"]): draw.choice(ODD)}
        case _:
            return {**value, key: change_value(draw, value[key])}


def swap_figure(draw: random.Random, value: Any) -> None:
    """Put in place of one figure or word another one that stands under the same name, or a usual one."""
    places = list(leaves(value))
    holder, key = draw.choice(places)
    others = [other[name] for other, name in places if name == key]
    holder[key] = draw.choice([*others, *others, 0, 1, 0.5, None])


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(item, (dict, list)):
            yield from leaves(item)
        else:
            yield value, key


def encoded(value: Any) -> bytes:
    return rfc8785.dumps(value)


def resigned(draw: random.Random, data: bytes, payload_type: str, key: SigningKey) -> bytes:
    payload = envelope.read(data, payload_type, trusted=None).payload
    if draw.random() < 0.7:
        payload = encoded(change_value(draw, canonical.decode(payload)))
    else:
        payload = change_bytes(draw, payload)
    signers = draw.choice([[key], [key], [key, STRANGER], [STRANGER]])
    return envelope.sign(payload_type, payload, signers)


# -- attackers


def outsider(draw: random.Random, folder: Path) -> None:
    """Changes files, names and links; signs nothing."""
    path = draw.choice(sorted(file for file in folder.rglob("*") if file.is_file()))
    match draw.randrange(8):
        case 0:
            path.unlink()
        case 1:
            path.rename(path.with_name(draw.choice(["x", path.name.upper(), path.name + "~"])))
        case 2:
            (path.parent / "x").mkdir()
        case 3:
            (path.parent / draw.choice(["x", ".x"])).write_bytes(b"")
        case 4:
            path.unlink()
            path.symlink_to("/etc/hostname")
        case _:
            path.write_bytes(change_bytes(draw, path.read_bytes()))


def packer(draw: random.Random, folder: Path) -> None:
    """The auditor, who changes a file and signs the list anew."""
    path = draw.choice(sorted(file for file in folder.rglob("*") if file.is_file() and file.name != export.EXPORT))
    data = path.read_bytes()
    if path.name == export.TICKET and draw.random() < 0.9:
        data = resigned(draw, data, ticket.PAYLOAD_TYPE, JUDGE)
    elif path.name == export.REPORT and draw.random() < 0.9:
        data = resigned(draw, data, reports.PAYLOAD_TYPE, AUDITOR)
    elif path.name.startswith("records-") and draw.random() < 0.7:
        lines = segment.decompress(data)
        data = segment.compress(change_bytes(draw, b"\n".join(lines)).split(b"\n"))
    else:
        data = change_bytes(draw, data)
    path.unlink()
    if path.parent != folder:
        path = path.with_name(hashlib.sha256(data).hexdigest() + path.suffix)
    path.write_bytes(data)
    resealed(folder)


def lister(draw: random.Random, folder: Path) -> None:
    """The auditor, who changes the list itself."""
    path = folder / export.EXPORT
    path.write_bytes(resigned(draw, path.read_bytes(), export.PAYLOAD_TYPE, AUDITOR))


def author(draw: random.Random, folder: Path) -> None:
    """The auditor, who rewrites records and signs everything as it should be."""
    log = small_log()
    for _ in range(draw.randrange(1, 3)):
        place = draw.randrange(len(log.bodies))
        match draw.randrange(6):
            case 0:
                del log.bodies[place]
            case 1:
                log.bodies.insert(place, draw.choice(log.bodies))
            case 2:
                log.bodies = log.bodies[: place + 1]
            case _:
                log.bodies[place] = encoded(change_value(draw, canonical.decode(log.bodies[place])))
    for _ in range(draw.randrange(3)):
        size, witness = draw.randrange(1, 11), draw.choice([JUDGE, JUDGE, MATE, STRANGER])
        log.receipts.append(small_log().receipt(size, witness, draw.randrange(2**31)).note())
    log.report = full_log().report if draw.random() < 0.3 else None
    written = folder.with_name("written.auditlog")
    shutil.rmtree(written.with_name(f".{written.name}.arrays"), ignore_errors=True)
    log.write(written)
    shutil.rmtree(folder)
    written.rename(folder)


@pytest.mark.slow
@pytest.mark.parametrize("attacker", [outsider, packer, lister, author])
def test_both_say_the_same_of_every_changed_log(
    tmp_path: Path, attacker: Callable[[random.Random, Path], None]
) -> None:  # fmt: skip
    draw = random.Random(attacker.__name__)
    original = full_log().write(tmp_path / "original.auditlog")
    folder, codes = tmp_path / "changed.auditlog", set()
    for number in range(ROUNDS // 4):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(original, folder)
        try:
            attacker(draw, folder)
        except (Refusal, ValueError, FileExistsError):  # not everything can be written at all
            continue
        judge: VerifyKey | None = None if number % 7 == 0 else JUDGE.public
        codes.add(agree(folder, judge=judge, witnesses=[MATE.public] if number % 2 else []))
    assert len(codes) >= 4, codes


def test_both_say_the_same_of_changed_documents(tmp_path: Path) -> None:
    draw = random.Random(3)
    log = full_log()
    folder = log.write(tmp_path / "one.auditlog")
    assert log.report is not None and log.ticket is not None
    codes = set()
    for number in range(300):
        if number % 2:
            data = resigned(draw, log.report, reports.PAYLOAD_TYPE, AUDITOR)
        else:
            data = resigned(draw, log.ticket, ticket.PAYLOAD_TYPE, JUDGE)
        path = tmp_path / "document"
        path.write_bytes(change_bytes(draw, data) if number % 5 == 0 else data)
        codes.add(agree(path, log=folder if number % 3 == 0 else None))
    assert {"ok", "report.malformed", "ticket.malformed", "envelope.malformed", "envelope.foreign-key"} <= codes


def test_both_say_the_same_of_changed_verdicts(tmp_path: Path) -> None:
    draw, codes = random.Random(5), Counter[str]()
    for _ in range(150):
        value = scored()
        for _ in range(draw.randrange(3)):
            swap_figure(draw, value["scores"])
        if draw.random() < 0.2:
            value["scores"] = change_value(draw, value["scores"])
        try:
            path = signed(value, tmp_path / "document")
        except ValueError:  # it cannot be written at all
            continue
        first = verify(path, judge=GOLDEN_JUDGE.public)
        second = verifier.verify(path, verifier.Known(judge=GOLDEN_JUDGE.public.raw))
        assert second.steps == [(step.stage.value, step.code) for step in first.steps]
        codes[second.code] += 1
    assert min(codes["ok"], codes["verdict.malformed"], codes["verdict.inconsistent"]) > 5, codes


def test_both_say_the_same_of_changed_cases(
    tmp_path: Path, case_of_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        verifier, "blake3", cache(verifier.blake3)
    )  # in Python it is slow, and most files are as before
    draw = random.Random(4)
    folder, codes = tmp_path / "changed.case", set()
    attacker, judge = SigningKey(bytes([11]) * 32), SigningKey(bytes([13]) * 32)
    for number in range(400):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(case_of_release, folder)
        if number % 2:
            outsider(draw, folder)
        else:
            signed = (folder / "case.dsse.json").read_bytes()
            kind = "application/vnd.audit-workbench.case+json"
            payload = envelope.read(signed, kind, trusted=None).payload
            changed = encoded(change_value(draw, canonical.decode(payload)))
            keys = draw.choice([[attacker], [attacker, judge], [judge], [attacker, STRANGER]])
            (folder / "case.dsse.json").write_bytes(envelope.sign(kind, changed, keys))
        codes.add(agree(folder, trusted=None))
    assert {"case.file-changed", "case.file-extra", "case.file-missing", "case.link", "case.manifest"} <= codes


def test_both_read_a_specification_in_utf_8_alone(tmp_path: Path, case_of_release: Path) -> None:
    folder, kind = tmp_path / "latin.case", "application/vnd.audit-workbench.case+json"
    shutil.copytree(case_of_release, folder)
    text = b"**S1** Na\xefve."
    told = {"sha256": hashlib.sha256(text).hexdigest(), "blake3": verifier.blake3(text), "size": len(text)}
    manifest = canonical.decode(envelope.read((folder / "case.dsse.json").read_bytes(), kind, trusted=None).payload)
    next(item for item in manifest["files"] if item["path"] == "spec.md").update(told)
    manifest["specification"] = told["sha256"]
    signed = envelope.sign(kind, encoded(manifest), [SigningKey(bytes([11]) * 32)])
    (folder / "case.dsse.json").write_bytes(signed)
    (folder / "spec.md").write_bytes(text)
    assert agree(folder, trusted=None) == "case.specification"


@pytest.fixture
def case_of_release() -> Path:
    return sorted(Path(__file__).parent.glob("*/small.case"))[-1]


def test_a_long_log(tmp_path: Path) -> None:
    log = small_log()
    filler = canonical.decode(log.bodies[1])
    assert isinstance(filler, dict)
    log.bodies += [encoded({**filler, "seq": seq}) for seq in range(10, segment.RECORDS + 20)]
    log.receipts = [log.receipt(segment.RECORDS + 1).note()]
    assert agree_quickly(log.write(tmp_path / "long.auditlog")) == "ok"


def agree_quickly(path: Path) -> str:
    first = verify(path, judge=JUDGE.public)
    second = verifier.verify(path, verifier.Known(None, JUDGE.public.raw))
    assert second.steps == [(step.stage.value, step.code) for step in first.steps]
    assert (second.records, second.witnessed) == (first.records, first.witnessed)
    return second.code


# -- the parts, against those who know


def test_it_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text(encoding="utf-8"))
    names = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    names |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= sys.stdlib_module_names | {"cryptography"}


def test_it_runs_by_itself(tmp_path: Path) -> None:
    folder = full_log().write(tmp_path / "one.auditlog")
    command = [
        sys.executable,
        "-I",
        verifier.__file__,
        folder,
        "--trusted",
        AUDITOR.public.text,
        "--judge",
        JUDGE.public.text,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-2:]) == (0, ["witnessed to 8 of 10", "ok"]), done.stderr
    done = subprocess.run([*command, "--case", "00" * 32], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "ticket.other-case")


def test_its_zstd_decoder_reads_what_zstd_writes() -> None:
    draw = random.Random(8878)
    words = [draw.randbytes(draw.randrange(2, 12)) for _ in range(100)]
    for number in range(60):
        size = draw.choice([1, 5, 40, 300, 5000, 140_000])
        data = [
            draw.randbytes,
            lambda n: b"a" * n,
            lambda n: b" ".join(draw.choice(words) for _ in range(n // 6 + 1)),
            lambda n: "".join(f'{{"seq":{i},"t":{draw.random()}}}\n' for i in range(n // 30 + 1)).encode(),
            lambda n: bytes(min(255, int(draw.expovariate(0.1))) for _ in range(n)),
        ][number % 5](size)
        packed = zstandard.ZstdCompressor(draw.choice([-5, 1, 3, 9, 19]), write_checksum=True).compress(data)
        assert bytes(verifier.Frame(packed, 1 << 30).out) == data


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 3000, 5000])
def test_its_blake3_is_blake3(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert verifier.blake3(data) == blake3.blake3(data).hexdigest()


def test_its_numbers_are_those_of_rfc8785() -> None:
    draw = random.Random(8785)
    # The examples of RFC 8785, appendix B.
    for bits, text in (
        ("0000000000000001", "5e-324"), ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"), ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"), ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"), ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"), ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555557", "333333333.33333343"), ("becbf647612f3696", "-0.0000033333333333333333"),
    ):  # fmt: skip
        assert verifier.write_json(struct.unpack(">d", bytes.fromhex(bits))[0]) == text
    for _ in range(20_000):
        number = draw.choice([draw.random() * 10 ** draw.randrange(-12, 25), float(draw.randrange(10**15))])
        assert verifier.write_json(number).encode() == rfc8785.dumps(number)


@pytest.mark.parametrize("text", ["ed25519:", "ed25519:" + "A" * 43 + "=", "ed25519:AQ" + "A" * 41 + "=", "", "x"])
def test_both_refuse_the_same_keys(text: str) -> None:
    for parse in (VerifyKey.parse, verifier.parse_key):
        with pytest.raises(ValueError):
            parse(text)


def test_both_take_and_refuse_the_same_random_keys() -> None:
    draw = random.Random(25519)
    torsion = [0, 1, 2**255 - 20, 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826]
    raws = [draw.randbytes(32) for _ in range(300)]
    encodings = [y + p for y in torsion for p in (0, 2**255 - 19) if y + p < 2**255]
    raws += [(y | sign << 255).to_bytes(32, "little") for y in encodings for sign in (0, 1)]
    taken = 0
    for raw in raws:
        text = verifier._text_of(raw)
        answers = []
        for parse in (VerifyKey.parse, verifier.parse_key):
            try:
                parse(text)
                answers.append(True)
            except ValueError:
                answers.append(False)
        assert answers[0] == answers[1], raw.hex()
        taken += answers[0]
    assert 100 < taken < 200
