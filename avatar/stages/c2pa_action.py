"""How a C2PA credential tells one kind of work."""

from dataclasses import dataclass

_SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SYNTHETIC = _SOURCES + "trainedAlgorithmicMedia"
COMPOSITE = _SOURCES + "compositeWithTrainedAlgorithmicMedia"
ALGORITHMIC = _SOURCES + "algorithmicMedia"


@dataclass(frozen=True)
class C2paAction:
    """The C2PA *action* (its standard name), a *sentence* that says what was done, and the IPTC *source* of its media.

    *marks_picture*: the work also puts the watermark into the picture, which the credential binds itself to.
    """

    action: str
    sentence: str
    source: str
    marks_picture: bool = False
