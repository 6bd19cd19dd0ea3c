"""A tiny Whisper with random weights, saved as the public ones are: what it hears is nonsense, the way is real."""

import json
from pathlib import Path

LANGUAGES = ("de", "en")


def tiny_whisper(folder: Path) -> Path:
    """Save a Whisper that knows English and German."""
    import torch

    from avatar.runtime.torchaudio_shim import install_torchaudio_shim

    install_torchaudio_shim()
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizer,
    )

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{each}|>" for each in LANGUAGES)]
    special += [
        "<|translate|>",
        "<|transcribe|>",
        "<|startoflm|>",
        "<|startofprev|>",
        "<|nospeech|>",
        "<|notimestamps|>",
    ]
    known = {sign: number for number, sign in enumerate([*"abcdefghijklmnopqrstuvwxyz.,'Ġ", *special])}
    (folder / "vocab.json").write_text(json.dumps(known))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = WhisperTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    tokenizer.add_special_tokens({"additional_special_tokens": special[1:]})
    tokenizer.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    end, start = known["<|endoftext|>"], known["<|startoftranscript|>"]
    config = WhisperConfig(
        vocab_size=len(known),
        **{"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2},
        **{"decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "max_target_positions": 64},
        **{"pad_token_id": end, "bos_token_id": end, "eos_token_id": end, "decoder_start_token_id": start},
    )
    network = WhisperForConditionalGeneration(config)
    network.generation_config = GenerationConfig(
        **{"is_multilingual": True, "no_timestamps_token_id": known["<|notimestamps|>"]},
        **{"lang_to_id": {f"<|{each}|>": known[f"<|{each}|>"] for each in LANGUAGES}},
        **{"task_to_id": {each: known[f"<|{each}|>"] for each in ("transcribe", "translate")}},
        **{"decoder_start_token_id": start, "eos_token_id": end, "pad_token_id": end, "bos_token_id": end},
        **{"max_length": 64},
    )
    network.save_pretrained(folder)
    return folder
