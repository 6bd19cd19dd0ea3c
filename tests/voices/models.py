"""Tiny models with random weights, saved as the public ones are: what they say is noise, but the way to it is real."""

import json
from pathlib import Path

LETTERS = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4} | {
    letter: number for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ'", start=5)
}


def tiny_letters(folder: Path) -> Path:
    """A wav2vec 2.0 letter model."""
    import torch

    from avatar.runtime.torchaudio_shim import install_torchaudio_shim

    install_torchaudio_shim()
    from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2ForCTC

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps(LETTERS))
    Wav2Vec2CTCTokenizer(str(folder / "vocab.json")).save_pretrained(folder)
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    convolutions = {"conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(LETTERS), **small, **convolutions)).save_pretrained(folder)
    return folder


def tiny_vits(folder: Path, *, encoder: bool = True, voices: tuple[str, ...] = ()) -> Path:
    """A VITS; with its speaker *encoder* it is a YourTTS, without it one that knows the *voices*, or a single one."""
    import torch

    from avatar.voices.backends.coqui_hardening import harden_coqui

    harden_coqui()
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
        **{"use_d_vector_file": encoder, "d_vector_dim": 16, "init_discriminator": False},
        **{"use_speaker_embedding": bool(voices), "speaker_embedding_channels": 16},
    )
    config = VitsConfig(model_args=arguments, use_phonemes=False, text_cleaner="english_cleaners")
    config.use_d_vector_file, config.use_speaker_embedding = encoder, bool(voices)
    if voices:
        (folder / "speaker_ids.json").write_text(json.dumps({name: number for number, name in enumerate(voices)}))
        config.speakers_file = config.model_args.speakers_file = str(folder / "speaker_ids.json")
    model = Vits(config)
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    if voices:  # as published: it names a file of the machine it was trained on
        model.config.speakers_file = model.config.model_args.speakers_file = "/home/trainer/run/speaker_ids.json"
    model.config.save_json(folder / "config.json")
    return folder


def tiny_xtts(folder: Path) -> Path:
    """An XTTS as it was published: its configuration an object (its vocoder has one size only: 92 MB)."""
    import torch

    from avatar.runtime.torchaudio_shim import install_torchaudio_shim

    install_torchaudio_shim()
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts, _legacy_safe_globals

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
    with _legacy_safe_globals():
        torch.save({"model": model.state_dict(), "config": model.config}, folder / "model.pth")
    model.config.save_json(folder / "config.json")
    return folder


def tiny_glow(folder: Path) -> Path:
    """A Glow-TTS."""
    import torch

    from avatar.voices.backends.coqui_hardening import harden_coqui

    harden_coqui()
    from TTS.tts.configs.glow_tts_config import GlowTTSConfig
    from TTS.tts.models.glow_tts import GlowTTS

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    small = {"kernel_size": 3, "dropout_p": 0.1, "num_layers": 1, "num_heads": 2, "hidden_channels_ffn": 16}
    config = GlowTTSConfig(
        **{"use_phonemes": False, "text_cleaner": "english_cleaners", "hidden_channels_enc": 16},
        **{"hidden_channels_dec": 16, "hidden_channels_dp": 16, "num_flow_blocks_dec": 2, "num_block_layers": 1},
        **{"encoder_params": small, "length_scale": 8.0},
    )
    model = GlowTTS(config)
    torch.save({"model": model.state_dict()}, folder / "model_file.pth")
    model.config.save_json(folder / "config.json")
    return folder


def tiny_tacotron2(folder: Path) -> Path:
    """A Tacotron 2, which speaks for half a second."""
    import torch

    from avatar.voices.backends.coqui_hardening import harden_coqui

    harden_coqui()
    from TTS.tts.configs.tacotron2_config import Tacotron2Config
    from TTS.tts.models.tacotron2 import Tacotron2

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    config = Tacotron2Config(use_phonemes=False, text_cleaner="english_cleaners", max_decoder_steps=40, r=1)
    model = Tacotron2(config)
    model.decoder.stopnet[1].linear_layer.bias.data.fill_(-9.0)  # or chance would end it
    torch.save({"model": model.state_dict(), "r": 1}, folder / "model_file.pth")
    model.config.save_json(folder / "config.json")
    return folder


def tiny_hifigan(folder: Path, *, heard: int = 80, rate: int = 22_050, pre: int | None = None) -> Path:
    """A HiFi-GAN that hears *heard* bands; with *pre* numbers a step, those of WavLM."""
    import torch

    from avatar.voices.backends.coqui_hardening import harden_coqui

    harden_coqui()
    from TTS.vocoder.configs import HifiganConfig
    from TTS.vocoder.models import setup_model

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    sizes = {"upsample_factors": [10, 8, 2, 2], "upsample_kernel_sizes": [20, 16, 4, 4]} if pre else {
        "upsample_factors": [8, 8, 2, 2], "upsample_kernel_sizes": [16, 16, 4, 4]
    }  # fmt: skip
    config = HifiganConfig(
        generator_model_params={
            **{"in_channels": heard, "upsample_initial_channel": 32, "resblock_type": "2", **sizes},
            **{"resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]]},
            **({"pre_linear": pre, "inference_padding": 0} if pre else {}),
        }
    )
    config.audio.sample_rate = rate
    # The discriminators are for training only, and large.
    torch.save({"model": setup_model(config).model_g.state_dict(), "model_disc": {}}, folder / "model.pth")
    config.save_json(folder / "config.json")
    return folder


def tiny_wavlm(path: Path) -> Path:
    """A WavLM."""
    import torch

    from avatar.voices.backends.coqui_hardening import harden_coqui

    harden_coqui()
    from TTS.vc.layers.freevc.wavlm.wavlm import WavLM, WavLMConfig

    torch.manual_seed(0)
    sizes = {
        **{"encoder_layers": 6, "encoder_embed_dim": 32, "encoder_ffn_embed_dim": 32, "encoder_attention_heads": 2},
        **{"conv_feature_layers": "[(16,10,5)] + [(16,3,2)] * 4 + [(16,2,2)] * 2", "extractor_mode": "layer_norm"},
        **{"layer_norm_first": True, "normalize": True, "relative_position_embedding": True, "gru_rel_pos": True},
        **{"conv_pos": 16, "conv_pos_groups": 2},
    }
    torch.save({"cfg": sizes, "model": WavLM(WavLMConfig(sizes)).state_dict()}, path)
    return path


def tiny_openvoice(folder: Path) -> Path:
    """The converter of an OpenVoice 2."""
    import torch

    from avatar.voices.backends.coqui_hardening import harden_coqui

    harden_coqui()
    from TTS.vc.configs.openvoice_config import OpenVoiceArgs, OpenVoiceConfig
    from TTS.vc.models.openvoice import OpenVoice

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    sizes = {
        **{"zero_g": True, "inter_channels": 16, "hidden_channels": 16, "upsample_initial_channel": 32},
        **{"resblock": "1", "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3, 5]], "gin_channels": 256},
        **{"upsample_rates": [8, 8, 2, 2], "upsample_kernel_sizes": [16, 16, 4, 4]},
    }
    data = {"sampling_rate": 22_050, "filter_length": 1024, "hop_length": 256, "win_length": 1024, "n_speakers": 0}
    (folder / "config.json").write_text(json.dumps({"_version_": "v2", "data": data, "model": sizes}))
    model = OpenVoice(OpenVoiceConfig(model_args=OpenVoiceArgs(**sizes)))
    for flow in model.flow.flows[::2]:
        flow.post.weight.data.normal_()  # untrained ones are zero, and would pass everything on
    torch.save({"model": model.state_dict()}, folder / "checkpoint.pth")
    return folder


def tiny_freevc(folder: Path, *, encoder: bool = True) -> Path:
    """A FreeVC; with its own speaker *encoder* it is the usual one."""
    import torch

    from avatar.voices.backends.coqui_hardening import harden_coqui, local_companions

    harden_coqui()
    from torch import nn
    from TTS.vc.configs.freevc_config import FreeVCArgs, FreeVCConfig
    from TTS.vc.models.freevc import FreeVC

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    wavlm, heard = tiny_wavlm(folder / "WavLM-Large.pt"), folder / "speaker_encoder.pt"
    if encoder:
        lstm, linear = nn.LSTM(40, 256, 3, batch_first=True), nn.Linear(256, 256)
        tensors = {f"lstm.{n}": t for n, t in lstm.state_dict().items()}
        torch.save({"model_state": tensors | {f"linear.{n}": t for n, t in linear.state_dict().items()}}, heard)
    sizes = FreeVCArgs(
        **{"inter_channels": 16, "hidden_channels": 16, "upsample_initial_channel": 32, "ssl_dim": 32},
        **{"resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3, 5]], "use_spk": encoder},
    )
    config = FreeVCConfig(model_args=sizes)
    with local_companions(wavlm, heard if encoder else None):
        model = FreeVC(config)
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    config.save_json(folder / "config.json")
    return folder


def tiny_knnvc(folder: Path) -> Path:
    """A kNN-VC: the HiFi-GAN that speaks what WavLM hears, and the WavLM."""
    tiny_hifigan(folder, heard=32, rate=16_000, pre=32)
    tiny_wavlm(folder / "WavLM-Large.pt")
    return folder
