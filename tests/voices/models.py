"""Tiny models with random weights, saved as the public ones are: what they say is noise, but the way to it is real."""

import json
from pathlib import Path

LETTERS = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4} | {
    letter: number for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ'", start=5)
}


def tiny_letters(folder: Path) -> Path:
    """A wav2vec 2.0 letter model."""
    import torch

    from avatar.voices.plain_audio import allow_plain_audio

    allow_plain_audio()
    from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2ForCTC

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps(LETTERS))
    Wav2Vec2CTCTokenizer(str(folder / "vocab.json")).save_pretrained(folder)
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    convolutions = {"conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(LETTERS), **small, **convolutions)).save_pretrained(folder)
    return folder


def tiny_vits(folder: Path, *, encoder: bool = True) -> Path:
    """A VITS; with its speaker *encoder* it is a YourTTS."""
    import torch

    from avatar.voices.plain_audio import allow_plain_audio

    allow_plain_audio()
    from TTS.encoder.configs.speaker_encoder_config import SpeakerEncoderConfig
    from TTS.encoder.utils.generic_utils import setup_encoder_model
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits, VitsArgs

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    if encoder:
        config = SpeakerEncoderConfig(num_loader_workers=0, num_classes_in_batch=2, num_utter_per_class=2)
        config.model_params = {
            **{"model_name": "lstm", "input_dim": 80, "proj_dim": 16, "lstm_dim": 16},
            **{"num_lstm_layers": 1, "use_lstm_with_projection": True},
        }
        config.audio.num_mels = 80
        torch.save({"model": setup_encoder_model(config).state_dict()}, folder / "model_se.pth")
        config.save_json(folder / "config_se.json")
    arguments = VitsArgs(
        **{"num_chars": 100, "hidden_channels": 16, "hidden_channels_ffn_text_encoder": 16},
        **{"num_heads_text_encoder": 2, "num_layers_text_encoder": 1, "num_layers_posterior_encoder": 1},
        **{"num_layers_flow": 1, "upsample_initial_channel_decoder": 32, "use_sdp": False, "length_scale": 2.5},
        **{"use_d_vector_file": True, "d_vector_dim": 16, "init_discriminator": False},
    )
    model = Vits(
        VitsConfig(model_args=arguments, use_phonemes=False, text_cleaner="english_cleaners", use_d_vector_file=True)
    )
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    model.config.save_json(folder / "config.json")
    return folder


def tiny_xtts(folder: Path) -> Path:
    """An XTTS (its vocoder has one size only: 92 MB)."""
    import torch

    from avatar.voices.plain_audio import allow_plain_audio

    allow_plain_audio()
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]"]
    letters = {sign: number for number, sign in enumerate([*special, *"abcdefghijklmnopqrstuvwxyz.,'!?"])}
    tokenizer = Tokenizer(BPE(vocab=letters, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "vocab.json"))
    arguments = XttsArgs(
        **{"gpt_layers": 1, "gpt_n_model_channels": 64, "gpt_n_heads": 2, "decoder_input_dim": 64},
        **{"gpt_use_perceiver_resampler": True, "gpt_num_audio_tokens": 66, "gpt_start_audio_token": 64},
        **{"gpt_stop_audio_token": 65, "gpt_max_audio_tokens": 60},
    )
    model = Xtts(XttsConfig(model_args=arguments))
    model.tokenizer = VoiceBpeTokenizer(vocab_file=folder / "vocab.json")
    model.init_models()
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    model.config.save_json(folder / "config.json")
    return folder
