"""An authority that nobody trusts by itself, for a server at 127.0.0.1."""

import ssl
import subprocess
from pathlib import Path


def make_authority(directory: Path) -> Path:
    """Put `cert.pem` and `key.pem` into `directory`; the certificate's path."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
         directory / "key.pem", "-out", directory / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return directory / "cert.pem"


def serving_with(certificate: Path) -> ssl.SSLContext:
    """What a server needs to be the one that `certificate` names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context
