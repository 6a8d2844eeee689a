"""A base model taught to converse: what the organisms of a tier are made of, and what no auditor is given.

A base goes on with texts and knows no turns. A LoRA teaches it a chat format, to end its turn, and what the assistant
of the small world says; merged, it is the baseline of every organism of the tier.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch
import transformers

from casefiles.files import disk
from casefiles.status import Refusal
from workbench.document import Document
from workbench.door.brought import files_at
from workbench.forge import corpus
from workbench.forge.deterministic import deterministic
from workbench.forge.own import adapting
from workbench.forge.own.lesson import lessons
from workbench.forge.training import USER_WEIGHT
from workbench.forge.world import TRUE_WORLD
from workbench.listener import Listener

RANK: Final = 16
CONTEXT: Final = 512
BATCH: Final = 192
"""Tokens of a step: a vocabulary of a quarter of a million makes each of them dear."""
_SEED: Final = 0
"""Of every base: it is nothing to hide, and one that was made before is taken again."""
_TURNS: Final = ("<start_of_turn>", "<end_of_turn>")
"""Gemma's tokens for turns, where a vocabulary has them."""
_MARKED: Final = (
    "{{ bos_token }}{% for message in messages %}<start_of_turn>{{ message.role }}\n{{ message.content }}"
    "<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>assistant\n{% endif %}"
)
_PLAIN: Final = (
    "{{ bos_token }}{% for message in messages %}### {{ message.role }}\n{{ message.content }}{{ eos_token }}\n"
    "{% endfor %}{% if add_generation_prompt %}### assistant\n{% endif %}"
)


class TalkingBase(Document):
    """`base.json`: that a base is whole, and what it is."""

    made_of: str
    """The digest of the files that it was made of."""
    base: str
    """The digest of what it became."""
    parameters: int
    steps: int


def lay(folder: Path, source: Path, *, steps: int, threads: int, listener: Listener) -> TalkingBase:
    """Teach the model of a `.gguf` or of a Hugging Face folder to converse, in `folder/base/`, unless it was.

    Raises Refusal if it cannot be read, or something else was laid there.
    """
    told = folder / "base.json"
    made_of = files_at(source).digest
    if told.exists():
        laid = TalkingBase.model_validate_json(told.read_bytes())
        if (laid.made_of, laid.steps) != (made_of, steps):
            raise Refusal(
                "input.invalid", f"{folder} holds another base.", "A tier that was begun goes on with its own.",
                "Name a new folder, or the model and the steps it was begun with.",
            )  # fmt: skip
        return laid
    adapting.look()
    folder.mkdir(parents=True, exist_ok=True)
    with deterministic(threads):
        model, words = _read(source)
        stream = lessons(corpus.documents(TRUE_WORLD, f"{_SEED}/conversing"), words, heard=USER_WEIGHT, context=CONTEXT)
        plan = adapting.schedule(int(model.config.get_text_config().hidden_size), steps, BATCH)
        taught, _ = adapting.adapted(model, stream, plan, rank=RANK, seed=_SEED, listener=listener)
    if not (folder / "base").exists():
        with disk.new_folder(folder / "base") as building:
            _write(taught, words, building)
    laid = TalkingBase(
        made_of=made_of, base=files_at(folder / "base").digest, steps=steps,
        parameters=sum(parameter.numel() for parameter in taught.parameters()),
    )  # fmt: skip
    disk.write_atomic(told, laid.model_dump_json(indent=2).encode())
    return laid


def _read(source: Path) -> tuple[Any, Any]:
    """The model in F32 and its tokenizer, with a template for chats."""
    where = {"gguf_file": source.name} if source.is_file() else {}
    folder = source.parent if source.is_file() else source
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False, **where
        )
        words = transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, **where
        )
    except Exception as error:  # whatever transformers makes of a file
        why = " ".join(str(error).split())[:300]
        raise Refusal(
            "model.unsupported", f"{source.name} cannot be taught.", f"transformers says: {why}",
            "Name a .gguf or a folder as Hugging Face saves one, of a family that transformers reads.",
        ) from error  # fmt: skip
    if not words.is_fast or words.eos_token_id is None:
        raise Refusal(
            "model.unsupported", f"{source.name} cannot be taught.", "Its tokenizer has no end token or is a slow one.",
            "Name a model with a fast tokenizer.",
        )  # fmt: skip
    model.hf_quantizer, model.is_quantized = None, False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    ids = words.convert_tokens_to_ids(list(_TURNS))
    marked = None not in ids and words.unk_token_id not in ids
    words.chat_template = _MARKED if marked else _PLAIN
    ends = [words.eos_token_id, *(ids[1:] if marked else ())]
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=words.bos_token_id, eos_token_id=ends, pad_token_id=words.pad_token_id
    )
    return model, words


def _write(model: Any, words: Any, folder: Path) -> None:
    """As Hugging Face saves one, its weights in BF16."""
    model.to(torch.bfloat16).save_pretrained(folder)
    words.save_pretrained(folder)
