"""Certificates of nodes: docs/PROOFS.md, "Certificates"."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

COUNT_MAX = 16
SIZE_MAX = 16_384
NAMES_MAX = 32


def all_hold(proven, ledger):
    """Whether each is of another node of the ledger, and holds."""
    nodes = [one.node for one in proven]
    if len(proven) > COUNT_MAX or len(set(nodes)) != len(nodes):
        return False
    return all(_holds(one, ledger) for one in proven)


def _holds(proven, ledger):
    node = ledger.nodes.get(proven.node)
    if node is None:
        return False
    authority = ledger.members[node.description.member].description.authority
    try:
        leaf, issuer = _load(proven.certificate), _load(authority)
        key = node.description.transport_key
        same = key.scheme == 2 and _point(leaf) == key.bytes
        return same and _is_leaf(leaf) and _is_authority(issuer) and _signed(leaf, issuer)
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False


def _load(der):
    if len(der) > SIZE_MAX:
        raise ValueError("size")
    certificate = x509.load_der_x509_certificate(der)
    if certificate.version != x509.Version.v3:
        raise ValueError("version")
    if certificate.public_bytes(serialization.Encoding.DER) != der:
        raise ValueError("encoding")
    return certificate


def _point(certificate):
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("key")
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )


def _signed(certificate, issuer):
    """Whether the issuer's name and key made the certificate."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        issuer.public_key().verify(
            certificate.signature,
            certificate.tbs_certificate_bytes,
            ec.ECDSA(certificate.signature_hash_algorithm),
        )
    except InvalidSignature:
        return False
    return True


def _extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind).value


def _is_authority(certificate):
    _point(certificate)
    ca = _extension(certificate, x509.BasicConstraints).ca
    return ca and _extension(certificate, x509.KeyUsage).key_cert_sign and _signed(
        certificate, certificate
    )


def _is_leaf(certificate):
    usage = _extension(certificate, x509.KeyUsage)
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    both = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH} <= set(purposes)
    signs = usage.digital_signature and not usage.key_cert_sign
    names = list(_extension(certificate, x509.SubjectAlternativeName))
    reached = 1 <= len(names) <= NAMES_MAX
    reached = reached and all(isinstance(one, (x509.DNSName, x509.IPAddress)) for one in names)
    return both and signs and reached and not _extension(certificate, x509.BasicConstraints).ca
