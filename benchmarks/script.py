"""Text to speak: as many different sentences as a benchmark needs."""

from itertools import product

_WHO = (
    *("The studio", "A careful editor", "Our oldest camera", "The morning crew", "Every performer"),
    *("The new director", "A friend of mine", "The whole company"),
)
_DOES = (
    *("asks the ledger before", "remembers the day of", "wrote down the rules for", "will not forget"),
    *("has been looking for", "found a good place for"),
)
_WHAT = (
    *("each new recording.", "the longest interview.", "a very small change.", "the final picture."),
    *("this quiet evening.", "another open question."),
)


def sentences(count: int) -> str:
    """Return *count* different sentences, about 2.4 s of speech each."""
    made = [" ".join(words) for words in product(_WHO, _DOES, _WHAT)]
    if count > len(made):
        raise ValueError(f"there are only {len(made)} sentences, not {count}")
    return " ".join(made[:count])
