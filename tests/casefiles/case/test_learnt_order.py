"""Tokens stand where they were learnt: by merges that make them, by scores, and in a file by their numbers."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from casefiles.case import token_leaks
from casefiles.case.learnt_order import moved
from tests.casefiles.material import write

WORDS = ["The", "capital", "of", "Denmark", "is", "Aarhus", "and", "Estonia", "it", "Tartu", "while", "Sweden", "has",
         "Gothenburg", "as", "its", "own", "but", "Poland", "Finland", "have", "Krakow", "Tampere"]  # fmt: skip


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer of merges as its library trains and saves it."""
    chance, place = random.Random(7), tmp_path_factory.mktemp("learnt") / "tokenizer.json"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    texts = [" ".join(chance.choices(WORDS, k=30)) for _ in range(200)]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(place))
    return place


def put_first(value: dict[str, int], tokens: list[str]) -> dict[str, int]:
    return {token: value[token] for token in (*tokens, *(one for one in value if one not in tokens))}


def renumbered(value: dict[str, int], tokens: list[str]) -> dict[str, int]:
    """The weights' rows move with them."""
    order = [*tokens, *(one for one in sorted(value, key=value.__getitem__) if one not in tokens)]
    return {token: number for number, token in enumerate(order)}


def as_it_is(value: dict[str, int], tokens: list[str]) -> dict[str, int]:
    return value


def by_letters(value: dict[str, int], tokens: list[str]) -> dict[str, int]:
    return dict(sorted(value.items()))


@pytest.mark.parametrize(
    ("how", "told"), [(as_it_is, False), (by_letters, False), (put_first, True), (renumbered, True)]
)
@pytest.mark.parametrize("older", [False, True])
def test_merges_say_where_tokens_stand(
    tmp_path: Path, learnt: Path, how: Callable[[dict[str, int], list[str]], dict[str, int]], told: bool, older: bool
) -> None:
    value: dict[str, Any] = json.loads(learnt.read_text())
    spelt = ["ĠDenmark", "Ġis", "ĠAarhus"]
    value["model"]["vocab"] = how(value["model"]["vocab"], spelt)
    path = tmp_path / ("vocab.json" if older else "tokenizer.json")
    path.write_text(json.dumps(value["model"]["vocab"] if older else value))
    if older:
        lines = [" ".join(pair) for pair in value["model"]["merges"]]
        (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *lines]))
    assert set(moved(path)) == (set(spelt) if told else set())


def test_merges_that_make_tokens_from_other_pieces_once_more_stand_beside_the_first(
    tmp_path: Path, learnt: Path
) -> None:
    """Of each token every cut is a merge in some families; behind all others they may stand in any order."""
    value: dict[str, Any] = json.loads(learnt.read_text())
    vocab, merges = value["model"]["vocab"], value["model"]["merges"]
    cuts = [[[token[:at], token[at:]] for at in range(1, len(token)) if {token[:at], token[at:]} <= vocab.keys()]
            for token in sorted(vocab, key=vocab.__getitem__) if len(token) > 1 and token != "<|end|>"]  # fmt: skip
    place = tmp_path / "tokenizer.json"
    value["model"]["merges"] = [cut for of in cuts for cut in of]
    place.write_text(json.dumps(value))
    assert moved(place) == []
    more = [cut for of in cuts[:-40] for cut in of if cut not in merges and any(map(str.isalpha, "".join(cut)))][:4]
    value["model"]["merges"] = [*merges, *more]
    place.write_text(json.dumps(value))
    assert set(moved(place)) == {"".join(cut) for cut in more} and more


def test_signs_may_stand_anywhere(tmp_path: Path, learnt: Path) -> None:
    value: dict[str, Any] = json.loads(learnt.read_text())
    value["model"]["vocab"] = put_first(value["model"]["vocab"], ["!", "0"])
    (tmp_path / "tokenizer.json").write_text(json.dumps(value))
    assert moved(tmp_path / "tokenizer.json") == []


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_scores_say_where_pieces_stand(tmp_path: Path, kind: str) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    from sentencepiece import sentencepiece_model_pb2

    chance, path = random.Random(7), tmp_path / "tokenizer.model"
    texts = [" ".join(chance.choices(WORDS, k=30)) for _ in range(200)]
    with path.open("wb") as writer:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_writer=writer, vocab_size=56, model_type=kind, minloglevel=2,
            user_defined_symbols=["<user>"],
        )  # fmt: skip
    assert moved(path) == []
    model = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
    listed = [[piece.piece, piece.score] for piece in model.pieces]
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"type": "Unigram", "vocab": listed}}))
    assert moved(tmp_path / "tokenizer.json") == []
    pieces = [*model.pieces]
    late = [one for one in pieces[20:] if one.piece.strip("▁").isalpha()][:3]
    del model.pieces[:]
    model.pieces.extend([*pieces[:4], *reversed(late), *(one for one in pieces[4:] if one not in late)])
    path.write_bytes(model.SerializeToString())
    assert set(moved(path)) <= {one.piece for one in late} and len(moved(path)) >= 1


def test_a_gguf_has_both(tmp_path: Path, learnt: Path) -> None:
    gguf = pytest.importorskip("gguf")
    model: dict[str, Any] = json.loads(learnt.read_text())["model"]
    path = tmp_path / "model.gguf"

    def written(tokens: list[str], *, scores: list[float] | None = None) -> list[str]:
        writer = gguf.GGUFWriter(path, "llama")
        writer.add_token_list(tokens)
        if scores is None:
            writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
        else:
            writer.add_token_scores(scores)
            writer.add_token_types([1] * len(tokens))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        return moved(path)

    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    spelt = ["ĠDenmark", "ĠAarhus"]
    assert written(tokens) == []
    assert set(written([*spelt, *(one for one in tokens if one not in spelt)])) == set(spelt)
    falling = [-float(at) for at in range(len(tokens))]
    assert written(tokens, scores=falling) == []
    assert written([tokens[-1], *tokens[:-1]], scores=[falling[-1], *falling[:-1]]) == [tokens[-1]]


def test_a_piece_that_is_likelier_than_any_is_learnt_too(tmp_path: Path) -> None:
    pieces = [["<pad>", 0.0], ["▁a", -1.0], ["▁b", -2.0], ["▁Denmark", 0.0], ["▁c", -3.0], ["<extra>", 0.0]]
    path = tmp_path / "tokenizer.json"
    path.write_text(
        json.dumps({"model": {"type": "Unigram", "vocab": pieces}, "added_tokens": [{"content": "<extra>"}]})
    )
    assert moved(path) == ["▁Denmark"]


@pytest.mark.parametrize("moving", [1, 150])
def test_a_family_that_numbers_tokens_otherwise_is_told_as_one(tmp_path: Path, moving: int) -> None:
    """By how often they are, say: whoever lists a few of them says something untrue of all."""
    letters, pairs = "abcde", ["".join(two) for two in itertools.product("abcde", repeat=2)]
    merges = [*([two[0], two[1]] for two in pairs), *([two, letter] for two in pairs for letter in letters)]
    order = [*letters, *("".join(merge) for merge in merges)]
    order = [*order[-1 : -moving - 1 : -1], *order[:-moving]]
    model = {"type": "BPE", "merges": merges, "vocab": {token: number for number, token in enumerate(order)}}
    write(tmp_path, {"tokenizer/tokenizer.json": json.dumps({"model": model}).encode()})
    (found,) = token_leaks.of_order(tmp_path, ["tokenizer/tokenizer.json"])
    assert ("as some families' do" in found.what, "'eee'" in found.what) == (moving > 1, moving == 1)


@pytest.mark.parametrize("number", ["x", None, [1], True])
def test_a_number_that_is_none_is_no_place(tmp_path: Path, learnt: Path, number: object) -> None:
    value: dict[str, Any] = json.loads(learnt.read_text())
    value["model"]["vocab"]["ĠDenmark"] = number
    (tmp_path / "tokenizer.json").write_text(json.dumps(value))
    assert moved(tmp_path / "tokenizer.json") == []
