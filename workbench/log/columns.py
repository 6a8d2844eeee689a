"""The columns that a query over a log may name: the one place that knows where a field lies in a record's JSON.

Every kind of record is a relation of its own (`intent`, `result`, `tag` …) with a column for each plain field, made
from its typed document; a document within is flattened (`cost_generated_tokens`), anything else comes as JSON. They are
put before a query that names them rather than kept in the file, so that a log made by any version has them.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from workbench.contract.rules import Cost
from workbench.contract.subject import ORGANISM
from workbench.document import Document
from workbench.log.log_record import LogRecord
from workbench.log.records import RECORDS, Asked, Intent, RefusalRecord, ResultRecord

_TEXT: Final = "json_extract_string({within}{name}')"
_INTEGER: Final = "TRY_CAST(json_extract({within}{name}') AS BIGINT)"
_JSON: Final = "json_extract({within}{name}')"


def _fields(document: type[Document], within: str, before: str = "") -> Iterator[tuple[str, str]]:
    """Path and SQL of every field, those of documents within it among them; `within` is where the document lies, up to
    the field's name.

    A document within is taken out of the record first, alike for all its fields: a query parses the record once.
    """
    for name, field in document.model_fields.items():
        kind = _bare(field.annotation)
        if isinstance(kind, type) and issubclass(kind, Document):
            yield from _fields(kind, f"{_JSON.format(within=within, name=name)}, '$.", f"{before}{name}.")
        else:
            yield before + name, _sql(kind).format(within=within, name=name)


def _data(body: str) -> str:
    return f"decode({body}), '$.data."


def _bare(annotation: Any) -> Any:
    """The type without its `| None`, and without what its values are held to."""
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        kinds = [kind for kind in typing.get_args(annotation) if kind is not types.NoneType]
        return _bare(kinds[0]) if len(kinds) == 1 else annotation
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation


def _sql(kind: Any) -> str:
    if kind is int:
        return _INTEGER
    if kind is str or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return _TEXT
    if typing.get_origin(kind) is typing.Literal:
        return _TEXT if all(isinstance(value, str) for value in typing.get_args(kind)) else _INTEGER
    return _JSON


def _place(kind: type[LogRecord], path: str, body: str = "body") -> str:
    """Where a field of a kind of record lies, as SQL. Raises KeyError if it has no such field."""
    return dict(_fields(kind, _data(body)))[path]


def _relation(kind: type[LogRecord]) -> str:
    sources = dict(_fields(kind, _data("record.body")))
    table = "record"
    if kind is Intent:
        sources["elicitation"] = f"coalesce(computed.class, {sources['elicitation']})"
        table = "record LEFT JOIN computed ON computed.seq = record.seq"
    columns = [f"{sql} AS {_name(path)}" for path, sql in sources.items()]
    columns = ["record.seq AS seq", "record.ts_us AS ts_us", *columns]
    return f"SELECT {', '.join(columns)} FROM {table} WHERE record.kind = '{kind.kind}'"


def _name(path: str) -> str:
    return '"' + path.replace(".", "_") + '"'


def _words(body: str, kinds: tuple[type[LogRecord], ...]) -> list[str]:
    """What somebody wrote or read in records of these kinds."""
    names = sorted({name for kind in kinds for name in kind.words})
    return [_JSON.format(within=_data(body), name=name) for name in names]


def _line() -> str:
    """One row a record, with what its intent says if it is a result: what a filter line speaks of.

    `text` is what somebody wrote, without the keys of the JSON, which nobody did.
    """
    answered = _place(ResultRecord, "intent", "record.body")
    probe = [_place(kind, "probe", body) for kind, body in ((Intent, "record.body"), (Intent, "asked.body"))]
    on = [_place(Intent, "on", body) for body in ("record.body", "asked.body")]
    beside = [_place(Intent, "beside", body) for body in ("record.body", "asked.body")]
    asked = f"record.kind IN ('{RefusalRecord.kind}', '{Intent.kind}', '{ResultRecord.kind}')"
    stated = [_place(Intent, "elicitation", body) for body in ("record.body", "asked.body")]
    texts = ", ".join([*_words("asked.body", (Asked,)), *_words("record.body", tuple(RECORDS.values()))])
    return f"""
        SELECT record.seq AS seq, record.ts_us AS ts_us, record.kind AS kind,
            coalesce({", ".join(probe)}) AS probe,
            CASE record.kind WHEN '{RefusalRecord.kind}' THEN 'refused' WHEN '{Intent.kind}' THEN 'orphan'
                ELSE {_place(ResultRecord, "status", "record.body")} END AS status,
            coalesce(computed.class, {", ".join(stated)}) AS class,
            CASE WHEN {asked} THEN coalesce({", ".join(on)}, '{ORGANISM}') END AS subject,
            coalesce({", ".join(beside)}, '') AS beside,
            lower(regexp_replace(concat_ws(' ', {texts}), '[{{,]"[^"\\\\]*":', ' ', 'g')) AS text
        FROM record
        LEFT JOIN record AS asked ON record.kind = '{ResultRecord.kind}' AND asked.kind = '{Intent.kind}'
            AND asked.seq = {answered}
        LEFT JOIN computed ON computed.seq = coalesce(asked.seq, record.seq)
    """


def _probe() -> str:
    """One row a probe with its outcome, for people who open the file with DuckDB itself."""
    columns = [
        "intent.seq AS intent", "result.seq AS result", "intent.ts_us AS ts_us", "intent.probe AS probe",
        "intent.actor_kind AS actor", "intent.elicitation AS elicitation",
        "coalesce(result.status, 'orphan') AS status",
        *(f"result.cost_{name} AS {name}" for name in Cost.model_fields if name != "probes"),
    ]  # fmt: skip
    return f"SELECT {', '.join(columns)} FROM intent LEFT JOIN result ON result.intent = intent.seq"


def _tokens() -> Iterator[str]:
    """What a result cost in tokens of each sort; those that its writer did not know count nothing."""
    for name in Cost.model_fields:
        if name != "probes":
            yield f"coalesce({_place(ResultRecord, f'cost.{name}')}, 0)"


RELATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {kind: _relation(document) for kind, document in RECORDS.items()}
    | {
        "computed": "SELECT NULL::BIGINT AS seq, NULL::VARCHAR AS class WHERE false",
        "orphan": "SELECT intent.seq AS seq FROM intent ANTI JOIN result ON result.intent = intent.seq",
        "spending": (f"SELECT seq, ts_us, {' + '.join(_tokens())} AS tokens FROM record"),
        "line": _line(),
        "probe": _probe(),
    }
)
"""What a query may name besides the table `record`: every kind of record; `computed`, the class of an intent by its
arguments, where that was found out; `orphan`, intents without a result; `spending`, tokens a record cost; `line`, what
the filter line speaks of; `probe`, intents with their outcomes."""

_NAMED: Final = re.compile(r"\b(?:FROM|JOIN)\s+([a-z]+)")


def over(sql: str, tables: frozenset[str] = frozenset()) -> str:
    """A query with the relations that it names put before it, but for those that the file holds as `tables`."""
    needed: list[str] = []
    _need(sql, needed)
    relations = [f"{name} AS ({RELATIONS[name]})" for name in needed if name not in tables]
    return f"WITH {', '.join(relations)} {sql}" if relations else sql


def _need(sql: str, needed: list[str]) -> None:
    """Collect the relations that a query names, each after those it is made of."""
    for name in _NAMED.findall(sql):
        if name in RELATIONS and name not in needed:
            _need(RELATIONS[name], needed)
            needed.append(name)


VIEWS: Final = f"CREATE VIEW probe AS {over(RELATIONS['probe'])};"
"""What a new file says to people who open it with DuckDB itself."""
