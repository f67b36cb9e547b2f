"""Reads what alien-pod made with cryptography and joserfc, and makes the same with them.

    jose.py DIRECTORY

DIRECTORY/ours.json: vo, user, session (public keys as JWK), thumbprint (of vo), userTicket, sessionTicket, proof,
spoiled (texts that must not verify with vo's key), seed (of theirs); DIRECTORY/ours.pem: a key file of seed.
Prints one line of JSON: what ours say, and theirs.
"""
import base64
import json
import os
import sys
import warnings

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

warnings.simplefilter("ignore")  # joserfc prefers the newer name Ed25519 for EdDSA
ALGORITHMS = ["EdDSA"]


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_with_joserfc(text, jwk):
    return json.loads(jws.deserialize_compact(text, OKPKey.import_key(jwk), algorithms=ALGORITHMS).payload)


def read_with_cryptography(text, jwk):
    header, payload, signature = text.split(".")
    Ed25519PublicKey.from_public_bytes(decode(jwk["x"])).verify(decode(signature), f"{header}.{payload}".encode())
    return json.loads(decode(payload))


def is_refused(read, text, jwk):
    try:
        read(text, jwk)
    except (JoseError, InvalidSignature, ValueError):
        return True
    return False


def make_with_joserfc(kind, claims, seed):
    x = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": encode(x), "d": encode(seed)})
    return jwt.encode({"alg": "EdDSA", "typ": kind}, claims, key, algorithms=ALGORITHMS)


def make_with_cryptography(kind, claims, seed):
    header = encode(json.dumps({"typ": kind, "alg": "EdDSA", "kid": "1"}).encode())
    payload = encode(json.dumps(claims, indent=1).encode())
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(f"{header}.{payload}".encode())
    return f"{header}.{payload}.{encode(signature)}"


def main(directory):
    with open(os.path.join(directory, "ours.json")) as file:
        ours = json.load(file)
    readers = [read_with_joserfc, read_with_cryptography]
    session, user = ours["sessionTicket"].split("~")
    assert OKPKey.import_key(ours["vo"]).thumbprint() == ours["thumbprint"], "thumbprint"
    for read in readers:
        for text in ours["spoiled"]:
            assert is_refused(read, text, ours["vo"]), text

    seed = bytes.fromhex(ours["seed"])
    with open(os.path.join(directory, "ours.pem"), "rb") as file:
        key = serialization.load_pem_private_key(file.read(), password=None)
    assert key.private_bytes_raw() == seed, "key file"
    path = os.path.join(directory, "theirs.pem")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    print(json.dumps({
        "userTicket": [read(ours["userTicket"], ours["vo"]) for read in readers],
        "session": [read(session, ours["user"]) for read in readers],
        "proof": [read(ours["proof"], ours["session"]) for read in readers],
        "isChainOfUserTicket": user == ours["userTicket"],
        "theirs": [
            make("pod-ticket", read_with_cryptography(ours["userTicket"], ours["vo"]), seed)
            for make in [make_with_joserfc, make_with_cryptography]
        ],
        "theirProofs": [
            make("pod-advertisement", read_with_cryptography(ours["proof"], ours["session"]), seed)
            for make in [make_with_joserfc, make_with_cryptography]
        ],
    }))


main(sys.argv[1])
