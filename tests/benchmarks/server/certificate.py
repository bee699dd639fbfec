"""A certificate of our own for this machine and for the names of AWS's endpoints, made anew at every start."""

import datetime as dt
import ipaddress
from pathlib import Path

import botocore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.server.world import REGION

_NAMES = (
    "localhost",
    f"sts.{REGION}.amazonaws.com",
    "iam.amazonaws.com",
    f"kms.{REGION}.amazonaws.com",
    f"s3.{REGION}.amazonaws.com",
    f"*.s3.{REGION}.amazonaws.com",
)


def write_certificate(folder: Path) -> tuple[Path, Path, Path]:
    """Write a certificate, which is its own authority, its key, and whom to trust; return the three files.

    The authorities that everybody trusts are among those too: to load them is what TLS costs.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "benchmark")])
    now = dt.datetime.now(dt.UTC)
    alternatives = [*map(x509.DNSName, _NAMES), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private, trusted = (folder / f"{name}.pem" for name in ("certificate", "key", "trusted"))
    usual = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    trusted.write_bytes(certificate.read_bytes() + usual)
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private, trusted
