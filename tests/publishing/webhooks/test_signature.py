"""Signatures that receivers' own libraries accept."""

import base64

from avatar.publishing.webhooks.signature import headers_of, new_secret

# Made by the reference library (standardwebhooks 1.1.0 on PyPI): Webhook(SECRET).sign(ID, 1893499200, BODY).
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
ID = "avatar-ledger/0123456789abcdef/7"
BODY = b'{"type":"ledger.test"}'
SIGNATURE = "v1,AQf1bl3rhTN2+tT+hYv461nhwF9Axl+cAWa+vdXvyiY="


def test_a_message_is_signed_as_the_reference_library_signs_it():
    assert headers_of(SECRET, ID, 1893499200, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": "1893499200",
        "webhook-signature": SIGNATURE,
    }


def test_a_signature_covers_the_id_the_time_and_every_byte():
    changed = [(f"{ID}0", 1893499200, BODY), (ID, 1893499201, BODY), (ID, 1893499200, BODY + b" ")]

    assert SIGNATURE not in [headers_of(SECRET, *what)["webhook-signature"] for what in changed]


def test_a_new_secret_is_256_random_bits_in_the_standards_spelling():
    secret = new_secret(lambda count: b"r" * count)

    assert secret.startswith("whsec_")
    assert base64.b64decode(secret.removeprefix("whsec_")) == b"r" * 32
