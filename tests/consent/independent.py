"""A second verifier of proofs, written from the specifications alone: it shares no code with the product.

Not even the signatures: Ed25519 is here as RFC 8032 explains it, in plain numbers. Only the standard library is used.
"""

import base64
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def holds(proof: str, log: str, witness: str = "") -> bool:
    """Return whether the tlog-proof *proof* holds for the verifier keys *log* and, when given, *witness*."""
    try:
        return _holds(proof, log, witness)
    except (ValueError, IndexError):
        return False


def _holds(proof: str, log: str, witness: str) -> bool:
    head, note = proof.split("\n\n", 1)
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    first, extra, index, *hashes = head.split("\n")
    if first != "c2sp.org/tlog-proof@v1" or extra[:6] != "extra " or index[:6] != "index ":
        return False
    origin, size, root = text.split("\n")[:3]
    reached = climb(
        hashlib.sha256(b"\0" + unbase64(extra[6:])).digest(),
        number(index[6:]),
        number(size),
        list(map(unbase64, hashes)),
    )
    keys = [(log, 1), (witness, 4)] if witness else [(log, 1)]
    return (
        log.split("+")[0] == origin
        and reached == unbase64(root)
        and all(signed(text, signatures, key, kind) for key, kind in keys)
    )


def climb(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Follow RFC 6962's recursive definition downwards, taking the path from its end."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    if size == 1:
        if path:
            raise ValueError("the path is too long")
        return leaf
    left = 1
    while left * 2 < size:
        left *= 2
    *rest, sibling = path
    if index < left:
        return hashlib.sha256(b"\1" + climb(leaf, index, left, rest) + sibling).digest()
    return hashlib.sha256(b"\1" + sibling + climb(leaf, index - left, size - left, rest)).digest()


def signed(text: str, signatures: str, key: str, kind: int) -> bool:
    name, identity, material = key.split("+", 2)
    raw = unbase64(material)
    if raw[0] != kind or hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() != identity:
        return False
    for line in signatures.split("\n")[:-1]:
        dash, whose, data = line.split(" ")
        blob = unbase64(data)
        if dash == "\u2014" and whose == name and blob[:4].hex() == identity:
            if kind == 1:
                return ed25519(raw[1:], blob[4:], text.encode())
            time = int.from_bytes(blob[4:12], "big")
            return ed25519(raw[1:], blob[12:], f"cosignature/v1\ntime {time}\n{text}".encode())
    return False


def number(text: str) -> int:
    if str(int(text)) != text:
        raise ValueError("leading zeroes")
    return int(text)


def unbase64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("another spelling")
    return data


def ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r, s = point(public), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return same(times(s, BASE), plus(r, times(h, a)))


def plus(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(s, p):
    q = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = plus(q, p)
        p, s = plus(p, p), s >> 1
    return q


def same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
