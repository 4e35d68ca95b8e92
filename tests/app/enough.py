"""The settings that a process needs, and what it says of a wrong one."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import settings
from app.settings import SettingsError

ENOUGH = {
    "DATABASE_URL": "postgresql://gate@db.example.org/gate",
    "REDIS_URL": "redis://redis.example.org/0",
    "BROKER_URL": "amqps://gate:pw@rabbit.example.org//",
    "WEBHOOK_SECRET": "sixteen bytes ok",
}


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def complaint(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings.load({**ENOUGH, **environ})
    return str(refused.value)
