"""What is kept and signed keeps its bytes: recipes of every stage, and the text of credentials.

Other bytes here mean that every stored result is made anew, or that credentials are told otherwise: raise the engines'
versions, or say so in the CHANGELOG, before the digest is written anew.
"""

import pytest

from avatar.artifacts.manifest import Manifest, Work
from avatar.canonical import canonical, digest_of
from avatar.consent.claims import LedgerPosition
from avatar.provenance.statement import Agreement, build_statement
from avatar.stages.catalogue import C2PA_ACTIONS, REQUESTS
from tests.stages.examples import example

AGREEMENT = Agreement(("a" * 64, "b" * 64), LedgerPosition("avatar-ledger/test", 41, "c" * 64))
RECIPES = {
    "LearnVoice": "322cb9c018e615431ea3fc22e854fcd71f01592e28931c26d6e2a1300e724fde",
    "CloneVoice": "d36b632b35d3338bce275ccceb16db2dc5bcbbd7d8dba28e15e4c86b1996a269",
    "CutVoiceover": "c605966c238eabcf3f0a4e8872f5d212797ee321a06640f12a6ac274eddb3e28",
    "AnimateFace": "b60bf180614040495939fd47d97a8e5c4c8fed54ce1e6dda1a1484abf5aa84d0",
    "SwapFace": "f004661599e14c32103dea21bcd66bcce957c702227604f45c3efc7b71f0d98a",
    "RefineLips": "e3176633e469bd7b9a32f3968bb68ef5a28fb5a17c6370a6445bd7a45bd759a3",
    "Excerpt": "00320f28114deca5ef821b0d966deda2b47abe991db11e291bf2a36e55a0af85",
    "KeepPatches": "ba7d16e7d884f51b707290d5c9ed86c5e005570787a0a0e07f376ab31e71ed86",
    "Render": "5f6f16c191482702af5476d20bc99eccd75640362e150dbed7eb086cfeaf1cb5",
    "Assemble": "c6592d213c4efce20d2695384b092b7354b19008ec854d0f5dff2daea860e238",
    "Publish": "da1045b686d2d0f85f73515311a93a3bf5824028a5ff61971519ace809a31d09",
}
ACTIONS = {  # over a portrait, over given footage
    "LearnVoice": (
        "7605abc089f7fbdf13bcc57185a68d9c886fc2f7b7a8fa6750592d69d2a59a1c",
        "ed5dbfdbd2200ef231c14cb8b287682ec26388e7acb569e0eb7498dfb2a4ca3b",
    ),
    "CloneVoice": (
        "03f7e75de09562e11eaec3e49c306d1b7f34a6ac35cd66d4ae9d706b1c09f250",
        "407eecbf79723d88356b0ae9f99a71cf772ee4b4f60cb4211555cc1d12d89c19",
    ),
    "CutVoiceover": (
        "fadee6e2cd8a413d3f332ac2ebc05b52222db034f6ddf1785131e55c332c5e82",
        "d4a8f8c214d72148ef78d545f45cd926b8b7a07a743c68235d0760cdec124a95",
    ),
    "AnimateFace": (
        "5c11297d3aa46dfa910e7b1edacbc3b4cba3dca5cdc7bee885cf3b41ced56bab",
        "c437981ab658768baacf30039eac2c5722b22793a4473776980efaa94d039cf9",
    ),
    "SwapFace": (
        "769986b62bb9466cb4b2bc3d332399b956c40b91263a953170fa1fbe8485c6f6",
        "d99731073a6a333bf265d3235a015d4fad2967c54fbf801d1ff006ffd6854f86",
    ),
    "RefineLips": (
        "f257b73a3025cda881a10373262d85677eaaf0f99af4cdd128d50ebbfadedae0",
        "18971ef9a8ebe34a76241a611ed05b282c88edad3d86add99824d05bc1bcb32b",
    ),
    "Excerpt": (
        "3eb38dab5c76fd249513e2afc3f591712323febe5a6e7840eb4afb7e1cb25ea8",
        "b445fbe29b076b92a6cba5dd791ac477b858d2f9f2aecca87452ed3bc4b5888a",
    ),
    "KeepPatches": (
        "e0152089642da6144aaa9548703693a4d01672e8584091b10b377ef8c565fd47",
        "2e7419630c5aac6415907d269aece05883840f87d8e84174fda449a4d11ad1f7",
    ),
    "Render": (
        "747f6b700b0eab4f3f6b6510f172645c359911bb6cfd1a87a4aa5d67e3a475c3",
        "68fd24ce36a9ccbd72b300d8db65aaa51901b702c2e8e39a25ff255c4ba340ad",
    ),
    "Assemble": (
        "0fd5f0ea3c6286f56805b528f7251baa64ebb22f347650365e5a6040da93fd89",
        "0744c6fc2e4e1d7d58b116cd0d4f7dceffe2825df59f96af4f841cbd34a08c4b",
    ),
}


def work_of(name: str) -> Work:
    request = example(REQUESTS[name])
    said, shown = request.spoken_text, request.displayed_text
    return Work(
        request=name, fields=request.as_json(), use=request.use, engine="x", options={}, version=1, weights={},
        said=said, shown=shown,
    )  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipe_of_a_stage_is_what_it_was(name):
    assert work_of(name).recipe == RECIPES[name]


@pytest.mark.parametrize("name", ACTIONS)
def test_a_credential_tells_a_stage_as_it_did(name):
    sample = Manifest(kind="Image", parts={"picture.png": "d" * 64}, people=("p-00000000000000aa",))
    footage = Manifest(kind="GivenFootage", parts={"footage.mp4": "d" * 64}, people=("p-00000000000000bb",))
    for brought, digest in zip((sample, footage), ACTIONS[name], strict=True):
        made = Manifest(
            kind="Video", parts={"x": "e" * 64}, people=brought.people, inputs=(brought.digest,), work=work_of(name)
        )
        said = build_statement(
            made.digest, {each.digest: each for each in (brought, made)}, AGREEMENT, C2PA_ACTIONS, release="0.1.0"
        )

        assert digest_of(said) == digest, canonical(said).decode()
