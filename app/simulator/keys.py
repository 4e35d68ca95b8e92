"""RSA key pairs for simulated GitHub Apps."""

from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY_BITS = 2048


@dataclass(frozen=True)
class KeyPair:
    private: str  # PEM
    public: str  # PEM


def key_pair(name: str = "app") -> KeyPair:
    """One pair per name and process: making one takes a tenth of a second or more."""
    return _made(name)


@cache
def _made(name: str) -> KeyPair:
    del name
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())
