"""Tokenizers of each kind: text in, ids out, every byte accounted for; chat templates in their sandbox."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from backends.chat import ChatTemplate
from backends.model import Message, ModelRefusal, TemplateSwitch
from backends.model_files import ModelFiles
from backends.process.allowance import allowance, tokenising
from backends.process.calls import Calls
from backends.process.isolated import IsolatedModel
from backends.settings import EngineSettings
from backends.vocabulary import Vocabulary
from tests.backends import tiny


@pytest.fixture(scope="module")
def byte_level(tokenizer: Path) -> Vocabulary:
    return Vocabulary.open(tokenizer)


@pytest.fixture(scope="module")
def metaspace() -> Vocabulary:
    """As Llama 2 and Gemma have it: pieces with a visible space, bytes for what no piece covers."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "h", "i", "▁h", "▁hi"]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    merges = [("▁", "h"), ("▁h", "i")]
    model = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    model.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    model.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    model.add_special_tokens([AddedToken(s, special=True) for s in ("<unk>", "<s>", "</s>")])
    return Vocabulary(model.to_str(), {"bos_token": {"content": "<s>"}, "eos_token": "</s>"}, None)


TEXTS = [
    "",
    " ",
    "hello",
    "  two  spaces\n\n",
    "té 日本 🙂",
    "a\x00b",
    "<|end|>",
    "<|turn|>user\n",
    "e\u0301",
    "\ufffd",
]


@pytest.mark.parametrize("text", TEXTS)
def test_bytes_go_round_unchanged(byte_level: Vocabulary, text: str) -> None:
    ids = byte_level.encode(text)
    assert byte_level.decode(ids) == text
    assert b"".join(map(byte_level.bytes_of, ids)) == text.encode()
    assert not {256, 257, 258} & set(ids), "text became a special token"


def test_text_becomes_special_tokens_only_when_asked(byte_level: Vocabulary) -> None:
    assert byte_level.encode("<|end|>", special=True) == [258]
    assert byte_level.pieces([256, 258]) == ["<|begin|>", "<|end|>"]
    assert (byte_level.end_token, byte_level.size) == (258, 263)


def test_half_a_character_is_shown_as_its_bytes(byte_level: Vocabulary) -> None:
    ids = byte_level.encode("日🙂")
    pieces = byte_level.pieces(ids)
    assert "".join(pieces) == "\\xe6\\x97\\xa5\\xf0\\x9f\\x99\\x82"
    assert byte_level.decode(ids[:2]) == "\ufffd"
    assert byte_level.decode(ids[:4]) == "日\ufffd"


def test_decoding_is_additive_where_the_tokenizers_own_is_not(metaspace: Vocabulary) -> None:
    hi = metaspace.encode("hi")
    assert metaspace.pieces(hi) == [" hi"]
    assert metaspace.decode(hi + hi) == " hi hi"
    assert metaspace.encode("hi", special=False)[0] != 1, "a silent BOS"
    assert metaspace.pieces(metaspace.encode("é"))[-2:] == ["\\xc3", "\\xa9"]
    assert metaspace.decode(metaspace.encode("é")) == " é"
    assert metaspace.end_token == 2


def test_ids_without_a_token_have_a_text(byte_level: Vocabulary) -> None:
    assert byte_level.pieces([263, 10**6, 2**40]) == ["[263]", "[1000000]", f"[{2**40}]"]
    assert byte_level.decode([263]) == "\ufffd"


def test_a_template_may_stand_in_the_tokenizers_settings(tmp_path: Path) -> None:
    folder = tiny.save_tokenizer(tmp_path, template=None)
    assert Vocabulary.open(folder).template is None
    with pytest.raises(ModelRefusal, match="no chat template"):
        Vocabulary.open(folder).render([Message("user", "x")])
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    for template in (
        tiny.TEMPLATE,
        [{"name": "tool_use", "template": "no"}, {"name": "default", "template": tiny.TEMPLATE}],
    ):
        (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"chat_template": template}))
        text = Vocabulary.open(folder)
        assert text.decode(text.render([Message("user", "x")])).startswith("<|begin|><|turn|>user\nx")


def test_dropout_of_training_is_off(tmp_path: Path) -> None:
    """BPE-dropout (Provilkov et al. 2020) would give a text other ids each time."""
    folder = tiny.save_tokenizer(tmp_path)
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["dropout"] = 0.5
    (folder / "tokenizer.json").write_text(json.dumps(content))
    ids = Vocabulary.open(tiny.save_tokenizer(tmp_path / "plain")).encode("hello the hello")
    read = Vocabulary.open(folder)
    assert all(read.encode("hello the hello", special=special) == ids for special in (True, False) * 20)


@pytest.mark.parametrize("prefix", ["##", "x", "é"])
def test_a_tokenizer_that_the_library_would_end_the_process_on_is_refused(prefix: str, tmp_path: Path) -> None:
    folder = tiny.save_tokenizer(tmp_path)
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["continuing_subword_prefix"] = prefix
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(ModelRefusal, match="lacks the prefix") as refusal:
        Vocabulary.open(folder)
    assert refusal.value.code == "model.unreadable"


@pytest.mark.parametrize(
    ("single", "begins"),
    [("$A", []), ("<|begin|> $A", [256]), ("$A <|end|>", []), ("<|begin|> <|turn|> $A <|end|>", [256, 257])],
)
@pytest.mark.parametrize("add", [True, False, None])
def test_a_text_begins_as_transformers_begins_it(
    single: str, begins: list[int], add: bool | None, tmp_path: Path
) -> None:
    """What a tokenizer puts before a text is the work of its last step, whatever older settings say."""
    from tokenizers import Tokenizer, processors
    from transformers import AutoTokenizer

    folder = tiny.save_tokenizer(tmp_path)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    specials = [("<|begin|>", 256), ("<|turn|>", 257), ("<|end|>", 258)]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=specials)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    told = settings | ({} if add is None else {"add_bos_token": add})
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    read = Vocabulary.open(folder)
    theirs = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)("hello").input_ids
    assert list(read.begin_tokens) == begins == theirs[: len(begins)]
    assert theirs[len(begins) :][: len(read.encode("hello"))] == read.encode("hello")


# Templates.


def test_templates_render_as_transformers_renders_them() -> None:
    """Against transformers' own renderer, on constructs that published templates use."""
    from transformers.utils.chat_template_utils import render_jinja_template

    source = """
{%- if messages[0]['role'] == 'system' -%}
    {%- set system = messages[0]['content'] | trim -%}
    {%- set messages = messages[1:] -%}
{%- else -%}{%- set system = '' -%}{%- endif -%}
{{ bos_token }}{%- if system %}[SYS]{{ system }}[/SYS]{% endif %}
{% for m in messages %}
    {%- if loop.index0 > 9 %}{% break %}{% endif -%}
    {%- set ns = namespace(text=m.content) -%}
<{{ m['role'] }}>{{ ns.text | upper if m.role == 'user' else ns.text }}{{ {'a': ['é', 1]} | tojson }}
{% endfor %}
{%- if add_generation_prompt %}<assistant>{% endif -%}
"""
    messages = [Message("system", " be kind "), Message("user", "hi"), Message("assistant", "yo"), Message("user", "b")]
    mine = ChatTemplate(source, {"bos_token": "<s>", "eos_token": "</s>"}).render(messages)
    plain = [{"role": m.role, "content": m.content} for m in messages]
    theirs, _ = render_jinja_template(
        [plain], chat_template=source, add_generation_prompt=True, bos_token="<s>", eos_token="</s>"
    )
    assert mine == theirs[0]


def test_the_mark_around_what_a_model_is_trained_on_does_nothing() -> None:
    from transformers.utils.chat_template_utils import render_jinja_template

    source = (
        "{% for m in messages %}{% generation %}{% set x = 3 %}\n{{ m.content }}!\n{% endgeneration %}\n{{ x }}"
        "{% endfor %}"
    )
    theirs, _ = render_jinja_template([[{"role": "user", "content": "hi"}]], chat_template=source)
    assert ChatTemplate(source, {}).render([Message("user", "hi")]) == theirs[0] == "hi!\n"


@pytest.mark.parametrize("source", [b"{% for m in %}", b"{% endfor %}", b"caf\xe9 {{ messages }}"])
def test_a_template_that_cannot_be_read_costs_the_chats_and_not_the_model(source: bytes, tmp_path: Path) -> None:
    folder = tiny.save_tokenizer(tmp_path)
    (folder / "chat_template.jinja").write_bytes(source)
    read = Vocabulary.open(folder)
    assert read.template is None and read.decode(read.encode("hello")) == "hello"
    for _ in range(2):
        with pytest.raises(ModelRefusal, match="chat template cannot be read"):
            read.render([Message("user", "x")])


def test_a_template_that_leaves_the_system_prompt_out_is_noticed() -> None:
    deaf = ChatTemplate("{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}", {})
    assert deaf.render([Message("user", "a")]) == "a"
    for said in ("Be kind.", "a"):  # the second stands in the text all the same
        with pytest.raises(ModelRefusal, match="leaves the system prompt out"):
            deaf.render([Message("system", said), Message("user", "a")])
    hears = ChatTemplate("{% for m in messages %}{{ m.content | upper }}{% endfor %}", {})
    assert hears.render([Message("system", "be"), Message("user", "a")]) == "BEA"
    strict = ChatTemplate("{% if messages[0].content != 'ok' %}{{ raise_exception('no') }}{% endif %}!", {})
    assert strict.render([Message("system", "ok"), Message("user", "a")]) == "!", "it looks into the turn"


def test_a_switch_that_spells_a_control_token_is_refused(tmp_path: Path) -> None:
    text = Vocabulary.open(tiny.save_tokenizer(tmp_path, template="{{ messages[0].content }}{{ mood }}"))
    assert text.decode(text.render([Message("user", "x")], [TemplateSwitch("mood", "low")])) == "xlow"
    with pytest.raises(ModelRefusal, match="spells one of the model's control tokens"):
        text.render([Message("user", "x")], [TemplateSwitch("mood", "<|end|>")])


def test_a_prefill_is_left_open_after_the_header_of_its_turn() -> None:
    template = ChatTemplate(tiny.TEMPLATE, {"bos_token": ""})
    opened = template.render([Message("user", "hi")])
    assert template.render([Message("user", "hi"), Message("assistant", "Sure, ")]) == opened + "Sure, "


def test_the_day_does_not_matter() -> None:
    template = ChatTemplate("{{ strftime_now('%Y-%m-%d') }}", {})
    assert template.render([Message("user", "x")]) == "2000-01-01"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ raise_exception('roles must alternate') }}",
        "{{ 1 / 0 }}",
        "{{ messages[7].role }}",
        "{% include '/etc/passwd' %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    ],
)
def test_a_template_that_reaches_out_is_refused(source: str) -> None:
    with pytest.raises(ModelRefusal) as caught:
        ChatTemplate(source, {}).render([Message("user", "x")])
    assert caught.value.code == "model.input"


@pytest.mark.parametrize("source", ["{{ ['', ' '] | random }}", "{{ lipsum() }}", "{{ cycler('a') | string }}"])
def test_a_template_that_throws_dice_or_tells_an_address_is_refused(source: str) -> None:
    with pytest.raises(ModelRefusal):
        ChatTemplate(source, {}).render([Message("user", "x")])


@pytest.mark.parametrize(
    "what",
    [
        "raise_exception", "range", "'a'.upper", "messages[0].get", "messages[0]['content'].strip", "dict.fromkeys",
        "messages | map(attribute='role')", "messages | selectattr('role')", "messages | reverse",
        "messages | batch(1)",
        "messages[0] | items", "loop.cycle", "loop", "self", "caller", "namespace(a=raise_exception)",
        "raise_exception.inner", "range | attr('_inner')", "'{0.inner}{0._inner}'.format(range)", "''.format",
        "''.format_map", "self.b",
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["{{ X }}", "{{ X | string }}", "{{ X ~ '' }}", "{{ '%s' | format(X) }}", "{{ [X] }}"])
def test_no_way_of_writing_something_down_tells_where_it_lies_in_memory(what: str, way: str) -> None:
    source = "{% block b %}{% endblock %}{% for m in messages %}" + way.replace("X", f"({what})") + "{% endfor %}"
    assert " at 0x" not in ChatTemplate(source, {}).render([Message("user", "x")])


@pytest.mark.parametrize("way", ["X | list", "X | first", "X | string", "X | join"])
@pytest.mark.parametrize("what", ["D.keys() - {}.keys()", "D.items() - []", "D.keys() - ['k3']"])
def test_no_order_is_another_in_every_process(what: str, way: str) -> None:
    """Python keys the order of a set by process: honest records of such a chat would be read otherwise by a judge."""
    named = {f"k{number}": number for number in range(40)}
    source = "{{ " + way.replace("X", f"({what})").replace("D", repr(named)) + " }}"
    wanted = [key for key in named if key != "k3" or "k3" not in what]
    told = re.findall(r"k\d+", ChatTemplate(source, {}).render([Message("user", "x")]))
    assert told == (wanted[:1] if "first" in way else wanted)


def test_a_template_that_is_none_is_refused() -> None:
    with pytest.raises(ModelRefusal, match="cannot be read") as caught:
        ChatTemplate("{% if %}", {})
    assert caught.value.code == "model.unreadable"
    with pytest.raises(ModelRefusal, match="at least one turn"):
        ChatTemplate("x", {}).render([])


@pytest.mark.parametrize(
    "source",
    [
        "{% break %}", "{% for a in [1] %}" * 21 + "{% endfor %}" * 21, "{% if 1 %}" * 100 + "{% endif %}" * 100,
        "{% macro f(a, a) %}{% endmacro %}", "{{ dict(a=1, a=2) }}", "{{ " + "9" * 6000 + " }}",
    ],
    ids=["break", "loops", "ifs", "macro", "keywords", "number"],
)  # fmt: skip
def test_a_template_that_jinja_takes_and_python_does_not_is_none(source: str) -> None:
    with pytest.raises(ModelRefusal, match="cannot be read") as caught:
        ChatTemplate(source, {})
    assert caught.value.code == "model.unreadable"


def test_what_a_template_calls_wrongly_is_its_refusal() -> None:
    with pytest.raises(ModelRefusal, match="refuses this chat") as caught:
        ChatTemplate("{{ 'a' | truncate(-5) }}", {}).render([Message("user", "x")])
    assert caught.value.code == "model.input"


@pytest.mark.parametrize("source", ["{{ X }}", "{% if X %}{% endif %}", "{% autoescape X %}{% endautoescape %}"])
def test_nothing_is_worked_out_while_a_template_is_read(source: str) -> None:
    """Nobody holds it to a time and a memory then."""
    tracemalloc.start()
    try:
        ChatTemplate(source.replace("X", "'x' | center(50000000)"), {})
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    text = "{{ ['b', 'a'] | sort | map('upper') | join('-') }}{{ 'a' | center(3) }}"
    assert ChatTemplate(text, {}).render([Message("user", "x")]) == "A-B a "


def test_a_template_writes_little_of_its_own_around_what_is_said() -> None:
    """Whoever takes a case in hears short messages, and would be at it for minutes."""
    wordy = ChatTemplate("{{ 'ab, ' * 100000 }}{% for m in messages %}{{ m.content }}{% endfor %}", {})
    with pytest.raises(ModelRefusal, match=r"It writes 400005 characters; at most 262224 are taken"):
        wordy.render([Message("user", "zebra")])
    for template, said in (
        ("{{ 'ab, ' * 10000 }}{% for m in messages %}{{ m.content }}{% endfor %}", "zebra"),
        ("{% for m in messages %}{{ m | tojson }}{{ m.content }}{% endfor %}", '"<zebra>" ' * 60_000),
    ):
        assert said in ChatTemplate(template, {}).render([Message("user", said)])


ENDLESS = {
    "loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "doubles": "{% set n = namespace(s='x') %}{% for a in range(64) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
    "widens": "{{ messages[0].content.ljust(10**10) }}",
    "writes": "{% for a in range(9999) %}{% for b in range(9999) %}{{ messages[0].content }}{% endfor %}{% endfor %}",
}


@pytest.mark.parametrize("kind", ["loops", "writes"])
def test_a_template_that_never_ends_is_stopped_when_its_time_is_spent(kind: str) -> None:
    started = time.monotonic()
    with pytest.raises(ModelRefusal, match=r"after 0\.2 seconds") as caught, allowance(seconds=0.2):
        ChatTemplate(ENDLESS[kind], {}).render([Message("user", "x" * 100)])
    assert caught.value.code == "model.input"
    assert time.monotonic() - started > 0.2


@pytest.mark.parametrize("kind", ["loops", "doubles", "widens"])
def test_a_template_that_never_ends_is_stopped_and_its_engine_lives_on(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backends.process.conversation.TEXT_LIMIT", 30)  # far above what the template itself may take
    tokenizer = tiny.save_tokenizer(tmp_path / "tokenizer", template=ENDLESS[kind])
    weights = tiny.save_model(tmp_path / "weights", "llama")
    model = IsolatedModel(ModelFiles(weights, tokenizer, ""), EngineSettings(backend="toy", device="cpu"))
    process = model.process
    with pytest.raises(ModelRefusal, match=r"template, .* was stopped|makes too much") as caught:
        model.render([Message("user", "x" * 100)])
    assert caught.value.code == "model.input"
    assert model.encode("x")
    assert model.process == process
    model.close()


def _changed(tokenizer: Path, to: Path, **parts: object) -> Path:
    """The same tokenizer with other parts, in a folder of its own."""
    folder = Path(shutil.copytree(tokenizer, to))
    description = json.loads((folder / "tokenizer.json").read_text()) | parts
    (folder / "tokenizer.json").write_text(json.dumps(description))
    return folder


def _replacing(pattern: str, times: int) -> dict[str, object]:
    step = {"type": "Replace", "pattern": {"Regex": pattern}, "content": ""}
    return {"type": "Sequence", "normalizers": [step] * times}


FAILS = r"(?![\s\S]*Thanks)(?:[\s\S][\s\S]?){40}(?<=\x01)"
"""Runs into the library's limit of tries on every long text that does not say a word, and panics there."""
TAKES_ITS_TIME = r"(?![\s\S]*Thanks)(?:[\s\S][\s\S]?){12}(?<=\x01)"


def test_a_tokenizer_that_takes_its_time_with_a_text_is_stopped(tokenizer: Path, tmp_path: Path) -> None:
    opened = Vocabulary.open(_changed(tokenizer, tmp_path / "tokenizer", normalizer=_replacing(TAKES_ITS_TIME, 16)))
    text = "What is the capital city of Denmark, please? " * 40
    with pytest.raises(ModelRefusal, match="tokenizer was stopped") as caught, tokenising(0, seconds=0.02):
        opened.encode(text)
    assert caught.value.code == "model.input" and "0.02 seconds" in caught.value.why
    with tokenising(0, seconds=0.02):
        assert opened.encode("Thanks."), "what it lets pass at once is not held up"


def test_raw_texts_have_a_time_in_the_engine_process(
    tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ModelFiles(tiny.save_model(tmp_path / "weights", "llama"), tokenizer, "")
    calls, held = Calls(files, EngineSettings(backend="toy", device="cpu"), {}), list[int]()

    @contextmanager
    def noted(length: int) -> Iterator[None]:
        held.append(length)
        yield

    monkeypatch.setattr("backends.process.calls.tokenising", noted)
    calls.answer({"load": {}}, [], lambda tokens: None, threading.Event())
    for asked in ({"encode": {"text": "hello", "special": False}}, {"decode": [1, 2]}, {"pieces": [1, 2, 3]}):
        calls.answer(asked, [], lambda tokens: None, threading.Event())
    assert held == [5, 2, 3]


def test_a_tokenizer_of_more_steps_than_any_family_has_is_not_opened(tokenizer: Path, tmp_path: Path) -> None:
    assert Vocabulary.open(_changed(tokenizer, tmp_path / "16", normalizer=_replacing("x", 16))).encode("a")
    nested = {"type": "Sequence", "normalizers": [_replacing("x", 9), _replacing("x", 8)]}
    with pytest.raises(ModelRefusal, match="cannot be loaded") as caught:
        Vocabulary.open(_changed(tokenizer, tmp_path / "17", normalizer=nested))
    assert caught.value.code == "model.unreadable" and "normalizer has 17 steps" in caught.value.why


@pytest.mark.parametrize("as_text", [False, True])
def test_a_text_on_which_the_library_panics_is_not_said_to_hold_half_characters(
    as_text: bool, tokenizer: Path, tmp_path: Path
) -> None:
    opened = Vocabulary.open(_changed(tokenizer, tmp_path / "tokenizer", normalizer=_replacing(FAILS, 1)))
    encode = partial(opened.encode_as_text, begins=True) if as_text else opened.encode
    assert encode("What is the capital city of Denmark, please, and of others? Thanks.")
    with pytest.raises(ModelRefusal, match="cannot be tokenised") as caught:
        encode("What is the capital city of Denmark, please, and of others, and of all others?" * 2)
    assert "tokenizer fails on it" in caught.value.why and "surrogates" not in caught.value.try_this
    with pytest.raises(ModelRefusal, match="cannot be tokenised") as half:
        encode("Thanks \ud800")
    assert half.value.try_this == "Remove unpaired surrogates."


@pytest.mark.parametrize("source", ["{{ 9 ** 99999999 }}", "{{ 'x' * 10 ** 9 }}", "{{ '%1000000000d' % 1 }}"])
def test_arithmetic_of_a_template_does_not_outgrow_the_machine(source: str) -> None:
    with pytest.raises(ModelRefusal, match="more than a template can need") as caught:
        ChatTemplate(source, {}).render([Message("user", "x")])
    assert caught.value.code == "model.input"
