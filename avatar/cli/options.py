"""Options that several commands take, each written once."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from avatar.cli import completion
from avatar.cli.choices import CHANNELS, PURPOSES, TOPICS, USES
from avatar.cli.output import set_quiet
from avatar.consent import defaults

_USE = f"One of {', '.join(USES)}; give it several times."
_MANY_PURPOSES = f"What it is for: {', '.join(PURPOSES)}; several times for more."
_PROJECT = "What it is a part of: productions name the same word."
_DESCRIPTION = "What the work will be, in a sentence."

Alias = Annotated[
    str,
    typer.Argument(
        help="The name this store knows the person by, like 'ada'.",
        show_default=False,
        autocompletion=completion.aliases,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


def _quieten(quiet: bool) -> bool:
    if quiet:
        set_quiet(quiet)
    return quiet


Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", callback=_quieten, help="Show results and errors, and nothing on the way.")
]

# Of an enrolment
PortraitFile = Annotated[Path | None, typer.Option("--portrait", help="One face, looking at the camera (PNG or JPEG).")]
VoiceFile = Annotated[Path | None, typer.Option("--voice", help="Six seconds or more of clear speech (wav, flac ...).")]
TranscriptFile = Annotated[
    Path | None, typer.Option("--transcript", help="What is said in --voice; recognised when left out.")
]
FootageFile = Annotated[Path | None, typer.Option("--footage", help="A video of the person, to be dubbed (mp4).")]
VoiceoverFile = Annotated[
    Path | None,
    typer.Option("--voiceover", help="What they recorded to be heard as it is, in English (wav, flac ...)."),
]
VoiceoverTranscriptFile = Annotated[
    Path | None,
    typer.Option("--voiceover-transcript", help="What is said in --voiceover; recognised when left out."),
]
CapacityOf = Annotated[
    Literal["self", "estate", "synthetic"],
    typer.Option("--capacity", help="The person, their estate, or nobody real."),
]

# Of an agreement
Uses = Annotated[
    list[str], typer.Option("--use", help=_USE, show_default=False, autocompletion=completion.one_of(USES))
]
SomeUses = Annotated[list[str] | None, typer.Option("--use", help=_USE, autocompletion=completion.one_of(USES))]
Purposes = Annotated[
    list[str],
    typer.Option("--purpose", help=_MANY_PURPOSES, show_default=False, autocompletion=completion.one_of(PURPOSES)),
]
SomePurposes = Annotated[
    list[str] | None,
    typer.Option("--purpose", help=_MANY_PURPOSES, autocompletion=completion.one_of(PURPOSES)),
]
GrantProject = Annotated[str, typer.Option("--project", help=_PROJECT)]
Description = Annotated[str, typer.Option("--description", help=_DESCRIPTION)]
GrantLanguages = Annotated[list[str], typer.Option("--language", help="A language to speak in, like en or en-GB.")]
Companions = Annotated[
    list[str] | None,
    typer.Option(
        "--companion", help="Who else may be in the same video (an alias).", autocompletion=completion.aliases
    ),
]
Reviewed = Annotated[bool, typer.Option("--reviewed", help="A second operator approves each script and each video.")]
DeniedTopics = Annotated[
    list[str] | None,
    typer.Option("--deny-topic", help=f"Never about: {', '.join(TOPICS)}.", autocompletion=completion.one_of(TOPICS)),
]
MaxOutputs = Annotated[int, typer.Option(help="How many videos may be published.")]
MaxSeconds = Annotated[int, typer.Option(help="How long they may be, all together.")]
Days = Annotated[int, typer.Option(help="How long the agreement lasts, from when it is given.")]
DEFAULT_LANGUAGES, DEFAULT_CHANNELS = list(defaults.LANGUAGES), list(defaults.CHANNELS)
DEFAULT_TERRITORIES = list(defaults.TERRITORIES)
ReconfirmDays = Annotated[int | None, typer.Option(help="Ask the person again after so many days.")]

# Of an agreement, and of a production
Channels = Annotated[
    list[str],
    typer.Option(
        "--channel", help=f"Where it is shown: {', '.join(CHANNELS)}.", autocompletion=completion.one_of(CHANNELS)
    ),
]
Territories = Annotated[list[str], typer.Option("--territory", help="A country, like GB; 001: the whole world.")]

# Of a production
BlueprintName = Annotated[
    str,
    typer.Argument(
        help="A name in blueprints/, or a .yaml file.", show_default=False, autocompletion=completion.blueprints
    ),
]
Script = Annotated[
    str, typer.Option("--script", help="A text file, or the text itself; none for a voice-over.", show_default=False)
]
Cast = Annotated[
    list[str],
    typer.Option(
        "--cast",
        help="role=alias, once for each role of the blueprint.",
        show_default=False,
        autocompletion=completion.cast,
    ),
]
Purpose = Annotated[
    str,
    typer.Option(
        help=f"What it is for: {', '.join(PURPOSES)}.",
        show_default=False,
        autocompletion=completion.one_of(PURPOSES),
    ),
]
Project = Annotated[str, typer.Option(help="What it belongs to, as its people know it.", show_default=False)]
Languages = Annotated[list[str], typer.Option("--language", help="A language of the script, like en or en-GB.")]
Values = Annotated[
    list[str] | None, typer.Option("--set", help="name=value for each {name} in the script.", show_default=False)
]
GlossaryFile = Annotated[
    Path | None, typer.Option("--glossary", help="A YAML file: how the project's words are said.", show_default=False)
]
