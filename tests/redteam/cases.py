"""What an attack case says of itself, and the countermeasures that cases can name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

CLASSES = {
    "a": "A. Consent, forged or stretched",
    "b": "B. Races with a withdrawal",
    "c": "C. Another identity after approval",
    "d": "D. Script and text",
    "e": "E. Media parsers",
    "f": "F. Models and engines",
    "g": "G. Storage, orchestration, interfaces",
    "i": "I. Marks",
    "j": "J. The ledger",
    "k": "K. Privacy",
}

COUNTERMEASURES = {
    # The ledger and the records in it
    "person's signature": "A grant counts only with its person's own signature, checked whenever the ledger is read.",
    "signature at the door": "A record that is not signed by its person never gets into the ledger.",
    "once recorded": "The same signed grant is never recorded twice, so what was withdrawn is not replayed.",
    "key for life": "A person's key is set when they are enrolled, and never replaced.",
    "signed withdrawal": "A withdrawal that claims a signature is held to it.",
    "other grantee": "A grant names the organisation it is for; another's is not recorded.",
    "strict record": "A record names every use and sample; unknown fields, wildcards and endless periods are none.",
    "period": "A grant counts within its period only.",
    "sample by sample": "A grant covers the samples it lists and no other.",
    "brief": "Purpose, project, languages, channels, territories and company are asked about; each must be covered.",
    "words": "What is said is held against the script that was agreed to, and against denied topics.",
    "recorded words": "A line of a recording is what was found in it at the door, whatever a request says.",
    "words in plain": "Words are compared in plain letters: no accents, nothing invisible, no look-alike digits.",
    "words in pieces": "Letters that stand apart are joined before words are compared.",
    "words shown": "Titles and lower thirds count as words too.",
    "counted": "Videos and seconds are counted in the ledger, at the position where a publication is appended.",
    "evidence": "What a real person did not say themselves, in a recording, lasts 92 days.",
    "suspension": "A pause stops everything with a person, and only they end it.",
    "narrowing": "A narrowing covers no more than the grant that stands.",
    "roles": "Every step needs an operator with the role for it; appointments and approvals are signed.",
    "four eyes": "No one approves their own production, and an approval is of one script or video only.",
    "no private network": "Messages go out over https, to public addresses, and follow no one elsewhere.",
    "brought by whom": "A sample counts as its person's only under the manifest that the ledger holds for it.",
    "known people": "Records of people who never enrolled are not taken.",
    "no gaps": "A ledger with a missing entry is not read.",
    "no rollback": "A process that has seen an entry notices when it is gone or replaced.",
    "chain": "Each entry names the digest of the one before it.",
    "signed entries": "Each entry is signed with the ledger's key.",
    "own ledger": "A ledger is held against the key in the key folder, not against the key it names for itself.",
    "canonical entries": "An entry has one spelling.",
    "append where nothing stands": "The store creates an entry only where nothing stands: it decides who was first.",
    "checkpoints": "Signed checkpoints of size and root show whoever kept one that the past was changed or cut off.",
    "snapshots": "A snapshot is signed, for one entry, and stays on its host; examiners compare it with all entries.",
    "witness": "A witness cosigns only a ledger that grew out of the one it saw before.",
    "inclusion proof": "A proof leads from the entry to a signed root, hash by hash.",
    # Voices
    "guarded voice": "A sample in the voice of someone who guards theirs is neither taken in nor learned from.",
    "guarded take": "A take that is more like someone who guards their voice is not kept.",
    "guarded recall": "A remembered take is compared with who came later, too.",
    # Faces
    "meant face": "A swap whose frames are still like the person of the footage is refused, whatever its engine says.",
    # A statement in the person's own words
    "statement": "What is said must be what was asked for, with three words drawn for this one time.",
    "same person": "Voice and face are held against every sample, all through the recording.",
    "no synthetic statement": "A statement that carries our own mark was not spoken by anybody.",
    "one recording, one challenge": "A challenge takes one recording, and a recording serves one challenge.",
    "half an hour": "A challenge is open for half an hour, and until the person withdraws.",
    "second person": "What the numbers do not decide, an operator decides who neither asked nor recorded.",
    # The gate and the studio
    "asked before recalling": "Consent is asked before anything is recalled: a remembered result is still a use.",
    "asked again before keeping": "Consent is asked again before anything is kept.",
    "asked while it runs": "Consent is asked again and again while work runs.",
    "asked as frames flow": "Consent is asked by the frames themselves, wherever they flow.",
    "compare and swap": "A publication stands at the very ledger position whose consent was checked, or not at all.",
    "uses embodied": "A result embodies every use that went into it: taking one back takes back what it made.",
    "nobody": "Material that shows nobody is refused: there is no one who could have agreed.",
    "made here": "Only what the ledger says a studio made here is believed.",
    "recipe binding": "What a recipe leads to must say that it is of that recipe.",
    "parts of its kind": "An artifact gives out only the parts that its manifest lists.",
    "manifest by digest": "A manifest is held against its name.",
    "sealed": "Everything that shows people is encrypted and authenticated under their keys.",
    "clearance": "Only the gate makes a clearance; it cannot be built, copied, kept or changed.",
    "reach": "An engine opens its own request's material and nothing else, and nothing once its work is over.",
    "frames counted": "An engine that changes footage gives back as many frames as came in.",
    "declared models": "Every model that an engine opens is an option with a digest and a licence, or it is not built.",
    "right stage": "An engine does only the kind of work that its type says.",
    "named engines": "A blueprint names engines by entry point, never by import path, and only the options they have.",
    "blamed": "Whatever an engine raises ends as its failure: nothing else gets out.",
    # Text
    "plain words": "A script is plain words: control and direction characters are refused, long lines too.",
    "strict blueprint": "A blueprint is plain YAML of a known schema: no aliases, no tags, no depth, no unknown key.",
    "text is data": "Text is drawn and written as text: nothing in it is a template, a path or markup.",
    # Media
    "sniffed": "What a file is, is read from its bytes and held against a short list.",
    "one format": "The reader is told the format, and may open this one file only.",
    "sizes first": "Pixels, seconds, tracks and rates are read and capped before anything is decoded.",
    "whole files": "A file that is shorter than it says is refused.",
    "plain files": "Only plain files are opened.",
    "a process of its own": "Strangers' files are read in a process with little memory and time, and no network.",
    "decoded once": "Every picture of footage is decoded at intake, in that process.",
    "clean copies": "Only a clean copy comes in: nothing but the picture or the sound.",
    # Models
    "weights by digest": "Weight files are held against their digest before they are opened.",
    "plain weights": "Weights are read as tensors and arrays; nothing in them can run.",
    "weights folder": "Weights come from their folder, and from nowhere outside it.",
    "local weights": "Nothing is downloaded at run time.",
    # Marks
    "marks read back": "Nothing is signed unless both marks are read back from the finished file.",
    "marks beside credentials": "Marks are held against the credential beside them; a contradiction is said.",
    "a calibrated chance": "A mark counts as found where the chance that it is none is below one in a million.",
    # Around it
    "server-made keys": "Names in the store are made by the product and never leave it.",
    "never overwritten": "What stands in the store stays.",
    "whole or nothing": "A write that breaks off leaves nothing that has a name.",
    "verified delivery": "A file is verified before it gets its name: nothing unsigned leaves.",
    "same in Prefect": "Prefect's parameters go through the same checks, and its cache stands before nothing.",
    "quiet": "No log line, message or manifest in the clear says who someone is or what they say.",
    "erased": "An erasure destroys the keys that make a person readable, for good.",
    "pseudonyms": "Aliases are kept under pseudonyms, and bound to their person by the ledger.",
    "swept": "Temporary folders are private, and swept when their process is gone.",
}


@dataclass(frozen=True)
class Attack:
    """What is tried, the name of what stops it, and how it ends: with a reason *code*, or *harmless* in that way.

    *entry* says whether the refusal is in the ledger. It is not where the ledger itself is what was attacked, or where
    whoever checks has none at hand.
    """

    what: str
    by: str
    code: str = ""
    harmless: str = ""
    entry: bool = True


def attack(what: str, *, by: str, code: str = "", harmless: str = "", entry: bool = True) -> Callable[[F], F]:
    """Declare that a test is the case of the attack *what*, which the countermeasure *by* stops."""
    if by not in COUNTERMEASURES or bool(code) == bool(harmless):
        raise ValueError(f"{what!r}: name a known countermeasure, and a code or why it is harmless")

    def declared(function: F) -> F:
        function.attack = Attack(what, by, code, harmless, entry)  # type: ignore[attr-defined]
        return function

    return declared
