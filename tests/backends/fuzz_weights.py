"""Opens and runs mutated model files, one after the other, and prints how each ended.

    python -m tests.backends.fuzz_weights FILE TOKENIZER FIRST COUNT

FILE is a GGUF file, or a safetensors file in the folder that says what it is. To be run as a child process: llama.cpp
may abort on a file, which is one of the endings. Every mutation follows from its number alone, so a finding can be
repeated.
"""

from __future__ import annotations

import random
import shutil
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np

from backends.model import Model, ModelRefusal
from backends.model_files import ModelFiles
from backends.sampling import Sampling
from backends.settings import EngineSettings


def mutated(good: bytes, data: int, number: int) -> bytes:
    """One of four kinds of damage: a wild header byte, a plausible wrong number, noise in the weights, a cut."""
    rng = random.Random(number)
    content = bytearray(good)
    match number % 4:
        case 0:
            for _ in range(rng.randint(1, 3)):
                content[rng.randrange(data)] = rng.randrange(256)
        case 1:
            at = rng.randrange(8, data - 8)
            content[at : at + 4] = struct.pack("<I", rng.choice([0, 1, 2, 3, 5, 7, 64, 1023, 2**16, 2**31, 2**32 - 1]))
        case 2:
            for _ in range(rng.randint(1, 200)):
                content[rng.randrange(data, len(content))] ^= 1 << rng.randrange(8)
        case _:
            del content[rng.randrange(len(content)) :]
    return bytes(content)


def data_start(file: Path) -> int:
    """Where the header ends and the numbers begin."""
    if file.suffix == ".gguf":
        from backends.gguf.file import read_gguf

        return min(place.start for place in read_gguf(file).tensors.values())
    with file.open("rb") as opened:
        return 8 + int(struct.unpack("<Q", opened.read(8))[0])


def loaded(file: Path, tokenizer: Path) -> Model:
    if file.suffix == ".gguf":
        from backends.llama.model import LlamaModel

        return LlamaModel.open(ModelFiles(file, tokenizer, "fuzz"), EngineSettings(threads=1))
    from backends.torch.model import TorchModel

    return TorchModel.open(ModelFiles(file.parent, tokenizer, "fuzz"), EngineSettings(device="cpu", threads=1))


def ending(file: Path, tokenizer: Path) -> str:
    """`ran`, or the code of the refusal. Anything else is a defect and is raised."""
    try:
        model = loaded(file, tokenizer)
    except ModelRefusal as refusal:
        return refusal.code
    try:
        ids = [1, 2, 3, 4, 5, 6, 7]
        result = model.forward(ids, capture=["hook_embed"] if model.capabilities else ())
        assert np.isfinite(result.logits).all()
        model.generate(ids, Sampling(max_tokens=3), n=2)
    except ModelRefusal as refusal:
        return refusal.code
    finally:
        model.close()
    return "ran"


def main() -> None:
    file, tokenizer, first, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    data, good = data_start(file), file.read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for settings in file.parent.glob("*config.json"):
            shutil.copy(settings, folder)
        target = folder / file.name
        for number in range(first, first + count):
            target.write_bytes(mutated(good, data, number))
            print(number, ending(target, tokenizer), flush=True)


if __name__ == "__main__":
    main()
