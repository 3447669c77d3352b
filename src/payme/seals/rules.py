"""What is sealed, byte by byte, how it is signed, and how a seal and its entries are judged (docs/audit.md)."""

import base64
import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from payme.seals.models import Anchor, EntryName, Era, Evidence, Fault, Head, Restored, Seal, SealedEntry, Verdict
from payme.seals.types import LEAF_BYTES, FaultKind

ENTRIES_A_PAGE: Final = 2000
FAULTS_MAX: Final = 100
"""After so many faults of one business the rest is not looked for: the first one is what matters."""
NOTHING_SEALED: Final = Head(0, 1, 0, 0, 0, bytes(32))
_ENTRY: Final = b"payme audit entry 1"
_SEAL: Final = b"payme audit seal 1"
_RESTORED: Final = b"payme audit restored 1"
_SIGNED: Final = b"payme audit signature 1\x00"
_SIGNING_KEY: Final = b"payme audit signing key 1"
_NONE: Final = b"\xff\xff\xff\xff"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_ID_TIME_BITS: Final = 80
_number = struct.Struct(">q").pack
_length = struct.Struct(">I").pack


def _fraction(text: str) -> dict[str, str]:
    # No fact is a fraction: figures are text. One that somebody put there must not look like text or a whole number.
    return {"\x00": text}


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_decode = json.JSONDecoder(parse_float=_fraction).decode


def canonical(entry: SealedEntry) -> SealedEntry:
    """Return the entry with its facts in the one way they are written to be sealed."""
    return replace(entry, facts=canonical_facts(entry.facts))


def canonical_facts(text: str) -> str:
    """Return JSON with keys in order of their code points, no spaces, and text as it is; else the text itself, marked.

    What our JSON reader refuses (nested too deep, a number without end) nobody of ours wrote, and it stays what it is.
    """
    try:
        return _encode(_decode(text))
    except (ValueError, RecursionError):
        return "\x00" + text


def _prefixed(parts: Iterable[bytes | None]) -> bytes:
    return b"".join([_NONE if part is None else _length(len(part)) + part for part in parts])


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _microseconds(at: datetime) -> bytes:
    return _number((at - _EPOCH) // _MICROSECOND)


def entry_bytes(entry: SealedEntry) -> bytes:
    """Return what is hashed of an entry: every column, each with its length before it."""
    return _prefixed((
        _ENTRY,
        entry.business_id.bytes,
        entry.id.bytes,
        _number(entry.sequence),
        _number(entry.transaction_id),
        _microseconds(entry.at),
        _text(entry.actor_kind),
        _text(entry.actor_name),
        None if entry.user_id is None else entry.user_id.bytes,
        _text(entry.request_id),
        _text(entry.action),
        entry.subject_id.bytes,
        _text(entry.facts),
    ))  # fmt: skip


def leaf(entry: SealedEntry) -> bytes:
    """Return what a seal keeps of an entry, whose facts are canonical."""
    return entry.id.bytes + _number(entry.sequence) + sha256(entry_bytes(entry)).digest()


def seal_digest(seal: Seal, previous: bytes) -> bytes:
    """Return the digest of a seal: over every column but the digest and its signature, and the digest before."""
    return sha256(
        _prefixed((
            _SEAL,
            seal.business_id.bytes,
            _number(seal.number),
            _number(seal.era),
            previous,
            _number(seal.first_position),
            _number(seal.last_position),
            _number(seal.last_transaction_id),
            _number(seal.last_sequence),
            _microseconds(seal.sealed_at),
            _text(seal.key_id),
            seal.leaves,
        ))
    ).digest()  # fmt: skip


def signing_key(secret: bytes) -> Ed25519PrivateKey:
    """Derive the signing key of a secret key, so that sealing needs no secret of its own (HKDF, RFC 5869)."""
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=_SIGNING_KEY).derive(secret)
    return Ed25519PrivateKey.from_private_bytes(seed)


def key_id(public: bytes) -> str:
    """Return what a public key is called: the first 16 hexadecimal digits of its SHA-256."""
    return sha256(public).hexdigest()[:16]


def public_keys(secrets: Iterable[bytes]) -> dict[str, bytes]:
    """Return the public keys of secret keys, by their ids, in order."""
    found = [signing_key(secret).public_key().public_bytes_raw() for secret in secrets]
    return {key_id(public): public for public in found}


def read_public_key(text: str) -> bytes:
    """Read 32 bytes in base64. Raises ValueError."""
    found = base64.b64decode(text.strip(), validate=True)
    if len(found) != 32:  # noqa: PLR2004  RFC 8032
        raise ValueError("a public key is 32 bytes in base64")
    return found


def seal_of(business_id: UUID, head: Head, entries: Sequence[SealedEntry], secret: bytes, sealed_at: datetime) -> Seal:
    """Seal entries, which are in order and follow the head."""
    signer = signing_key(secret)
    bare = Seal(
        business_id=business_id,
        number=head.number + 1,
        era=head.era,
        first_position=head.position + 1,
        last_position=head.position + len(entries),
        last_transaction_id=entries[-1].transaction_id,
        last_sequence=entries[-1].sequence,
        leaves=b"".join([leaf(canonical(entry)) for entry in entries]),
        digest=b"",
        sealed_at=sealed_at,
        key_id=key_id(signer.public_key().public_bytes_raw()),
        signature=b"",
    )
    digest = seal_digest(bare, head.digest)
    return replace(bare, digest=digest, signature=signer.sign(_SIGNED + digest))


def is_signed(digest: bytes, signature: bytes, public: bytes) -> bool:
    """Tell whether the key signed the digest of a seal."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _SIGNED + digest)
    except InvalidSignature:
        return False
    return True


def head_after(seal: Seal) -> Head:
    """Return how far a business is sealed with this seal."""
    return Head(
        number=seal.number,
        era=seal.era,
        position=seal.last_position,
        transaction_id=seal.last_transaction_id,
        sequence=seal.last_sequence,
        digest=seal.digest,
    )


def in_era(head: Head, era: Era) -> Head:
    """Return where the entries of an era go on: after the head, or at its beginning where the head is of another."""
    return head if head.era == era.number else replace(head, era=era.number, transaction_id=0, sequence=0)


def named(entry: SealedEntry) -> EntryName:
    """Return what a person finds an entry by."""
    return EntryName(entry.id, entry.sequence, entry.action, entry.at)


def _gone(sealed: bytes) -> EntryName:
    """Name an entry of which only its seal tells; a UUIDv7 begins with its milliseconds."""
    entry_id, sequence = UUID(bytes=sealed[:16]), int.from_bytes(sealed[16:24], "big", signed=True)
    at = _EPOCH + timedelta(milliseconds=min(entry_id.int >> _ID_TIME_BITS, 200_000_000_000_000))
    return EntryName(entry_id, sequence, "", at)


def faults_of_seal(seal: Seal, head: Head, evidence: Evidence) -> list[Fault]:
    """Judge a seal by itself: it follows the one before, is what was signed by a key of ours, and what was anchored."""
    found: list[tuple[FaultKind, str]] = []
    if seal.number != head.number + 1:
        between = f"entries {head.position + 1} to {seal.first_position - 1}"
        found.append((FaultKind.SEAL_REMOVED, f"no seal stands before it after seal {head.number}, over {between}"))
    elif seal_digest(seal, head.digest) != seal.digest or seal.first_position != head.position + 1:
        found.append((FaultKind.SEAL_CHANGED, "the seal is not the one that was made after the seal before it"))
    public = evidence.public_keys.get(seal.key_id)
    if public is None:
        found.append((FaultKind.KEY_UNKNOWN, f"it is signed with key {seal.key_id}, which is none of ours"))
    elif not is_signed(seal.digest, seal.signature, public):
        found.append((FaultKind.SIGNATURE_WRONG, "its signature is not of its digest"))
    for digest in dict.fromkeys(anchor.digest for anchor in evidence.anchors.get(seal.number, ())):
        if digest != seal.digest:
            here, outside = seal.digest.hex()[:16], digest.hex()[:16]
            said = f"its digest is {here}…, and the one that was told outside is {outside}…"
            found.append((FaultKind.REWRITTEN, said))
    return [Fault(kind, seal.business_id, seal.number, detail) for kind, detail in found]


def faults_of_entries(seal: Seal, entries: Sequence[SealedEntry]) -> list[Fault]:
    """Compare the entries that stand where a seal's were with what the seal keeps of them, in their order."""
    by_id = {entry.id: entry for entry in entries}
    by_sequence = {entry.sequence: entry for entry in entries}
    met: set[UUID] = set()
    found: list[tuple[int, Fault]] = []
    for place in range(0, len(seal.leaves) - LEAF_BYTES + 1, LEAF_BYTES):
        sealed = seal.leaves[place : place + LEAF_BYTES]
        name = _gone(sealed)
        entry = by_id.get(name.id) or by_sequence.get(name.sequence)
        position = seal.first_position + place // LEAF_BYTES
        if entry is None:
            fault = Fault(FaultKind.ENTRY_REMOVED, seal.business_id, seal.number, f"entry {position} is gone", name)
            found.append((name.sequence, fault))
            continue
        met.add(entry.id)
        if leaf(entry) != sealed:
            detail = f"entry {position} is not what was sealed"
            fault = Fault(FaultKind.ENTRY_CHANGED, seal.business_id, seal.number, detail, named(entry))
            found.append((name.sequence, fault))
    for entry in entries:
        if entry.id in met:
            met.remove(entry.id)  # a second one with the same id was not sealed either
        else:
            found.append((entry.sequence, added(entry, seal.number)))
    return [fault for _, fault in sorted(found, key=lambda one: one[0])]


def added(entry: SealedEntry, seal_number: int) -> Fault:
    """Say of an entry that it was put among sealed ones afterwards."""
    detail = "it stands among entries that were sealed without it"
    return Fault(FaultKind.ENTRY_ADDED, entry.business_id, seal_number, detail, named(entry))


def shared_out(seals: Sequence[Seal], entries: Sequence[SealedEntry]) -> list[tuple[Seal, list[SealedEntry]]]:
    """Give each seal the entries that stand where its own were; both are in order."""
    left = iter(entries)
    entry = next(left, None)
    shares: list[tuple[Seal, list[SealedEntry]]] = []
    for seal in seals:
        share: list[SealedEntry] = []
        while entry is not None and (entry.transaction_id, entry.sequence) <= end_of(seal):
            share.append(entry)
            entry = next(left, None)
        shares.append((seal, share))
    return shares


def end_of(seal: Seal) -> tuple[int, int]:
    """Return where in the order of entries a seal ends."""
    return seal.last_transaction_id, seal.last_sequence


def page_of(seals: Sequence[Seal]) -> list[Seal]:
    """Return the first seals, all of one era and of not many entries, which are read and judged together."""
    page: list[Seal] = []
    entries = 0
    for seal in seals:
        entries += len(seal.leaves) // LEAF_BYTES
        if page and (entries > ENTRIES_A_PAGE or seal.era != page[0].era):
            break
        page.append(seal)
    return page


def faults_of_anchors(business_id: UUID, head: Head, evidence: Evidence) -> list[Fault]:
    """Judge the anchors: each was signed by a key of ours, and none is of a seal after the last one there is."""
    found = [
        Fault(
            FaultKind.ANCHOR_FORGED, business_id, 0, f"that there was a restore on {_said(one.restored_at)} is forged"
        )
        for one in evidence.forged
    ]
    signed = []
    for number, anchors in sorted(evidence.anchors.items()):
        for anchor in anchors:
            public = evidence.public_keys.get(anchor.key_id)
            if public is not None and is_signed(anchor.digest, anchor.signature, public):
                signed.append(anchor)
            else:
                found.append(Fault(FaultKind.ANCHOR_FORGED, business_id, number, "this anchor was not signed by us"))
    beyond = next((anchor for anchor in signed if anchor.number > head.number), None)
    if beyond is not None:
        found.append(Fault(
            FaultKind.TAIL_CUT, business_id, beyond.number,
            f"seal {beyond.number} and its entries, up to entry {beyond.last_position}, were told outside on "
            f"{_said(beyond.sealed_at)} and are gone; the last seal here is {head.number}",
        ))  # fmt: skip
    return found


def _said(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _restored_digest(restored: Restored) -> bytes:
    return sha256(
        _prefixed((
            _RESTORED,
            _number(restored.era),
            _microseconds(restored.made_at),
            _microseconds(restored.restored_at),
            _text(restored.key_id),
        ))
    ).digest()  # fmt: skip


def restored_of(era: int, made_at: datetime, restored_at: datetime, secret: bytes) -> Restored:
    """Say that a backup of an instant took the place of the database, and sign it."""
    signer = signing_key(secret)
    bare = Restored(era, made_at, restored_at, key_id(signer.public_key().public_bytes_raw()), b"")
    return replace(bare, signature=signer.sign(_SIGNED + _restored_digest(bare)))


def is_said_by_us(restored: Restored, public_keys: Mapping[str, bytes]) -> bool:
    """Tell whether one of the keys signed that there was a restore."""
    public = public_keys.get(restored.key_id)
    return public is not None and is_signed(_restored_digest(restored), restored.signature, public)


def anchor_of(seal: Seal) -> Anchor:
    """Return what is told of a seal outside of the database."""
    return Anchor(
        seal.business_id, seal.number, seal.last_position, seal.digest, seal.sealed_at, seal.key_id, seal.signature
    )


class Judge:
    """Judges the audit of one business, seal by seal, keeping nothing but where it is and what it found."""

    def __init__(self, business_id: UUID, evidence: Evidence) -> None:
        """Begin before the first seal."""
        self._business_id = business_id
        self._evidence = evidence
        self._faults: list[Fault] = []
        self.head = NOTHING_SEALED
        self.seals = 0
        self.entries = 0

    @property
    def is_done(self) -> bool:
        """Whether so much is wrong that more would tell nobody anything."""
        return len(self._faults) >= FAULTS_MAX

    def take(self, seal: Seal, entries: Sequence[SealedEntry]) -> None:
        """Judge the next seal, and the entries, whose facts are canonical, that stand where its were."""
        found = faults_of_seal(seal, self.head, self._evidence)
        self._faults += found
        if all(fault.kind is not FaultKind.SEAL_REMOVED for fault in found):
            self._faults += faults_of_entries(seal, entries)
        self.head = head_after(seal)
        self.seals += 1
        self.entries += len(entries)

    def take_beyond(self, entries: Iterable[SealedEntry]) -> None:
        """Take entries of an era that stand after its last seal, though the era is over."""
        self._faults += [added(entry, self.head.number) for entry in entries]

    def find(self, kind: FaultKind, detail: str) -> None:
        """Take what was found wrong elsewhere."""
        self._faults.append(Fault(kind, self._business_id, self.head.number, detail))

    def verdict(self, unsealed: int = 0, since: datetime | None = None) -> Verdict:
        """Judge the anchors, and say what the audit came to."""
        faults = self._faults + faults_of_anchors(self._business_id, self.head, self._evidence)
        return Verdict(
            business_id=self._business_id,
            seals=self.seals,
            entries=self.entries,
            unsealed=unsealed,
            unsealed_since=since,
            anchors=sum(map(len, self._evidence.anchors.values())),
            given_up=self._evidence.given_up,
            restores=tuple(self._evidence.restores),
            faults=tuple(faults[:FAULTS_MAX]),
        )
