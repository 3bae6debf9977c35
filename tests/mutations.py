"""Damage to the bytes of a file: cut, bits, headers, 32-bit words, parts left out or twice, and what is compressed."""

from __future__ import annotations

import io
import random
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

Change = Callable[[bytes, random.Random], bytes]

NASTY = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0, 0x10000, 14, 15]
NUMBERS = [
    b"0",
    b"-1",
    b"2147483647",
    b"4294967295",
    b"9223372036854775807",
    b"1e999",
    b"NaN",
    b"",
    b"99999999999999999999",
]
HEAD = 512
# How headers start inside a file: of HDF5's parts, of zip, of zarr's shards there are none, of .mat elements.
MARKS = re.compile(
    rb"OHDR|OCHK|TREE|SNOD|HEAP|GCOL|FRHP|FHDB|FHIB|BTHD|BTLF|BTIN|FAHD|FADB|EAHD|EAIB|FSHD|PK\x01\x02|PK\x03\x04|PK\x05\x06"
    rb"|\x0e\0\0\0|\x0f\0\0\0|\n# |\"[a-z_]+\": ?",
    re.DOTALL,
)


def cut(data: bytes, chance: random.Random) -> bytes:
    """Leave out the end."""
    return data[: chance.randrange(len(data) or 1)]


def bit(data: bytes, chance: random.Random) -> bytes:
    """Change one bit."""
    damaged = bytearray(data)
    damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def bits(data: bytes, chance: random.Random) -> bytes:
    """Change some."""
    for _ in range(chance.randint(2, 8)):
        data = bit(data, chance)
    return data


def header(data: bytes, chance: random.Random) -> bytes:
    """Overwrite some bytes at the start, or where a header starts further on."""
    marks = [found.end() for found in MARKS.finditer(data)]
    if marks and chance.random() < 0.6:
        at = chance.choice(marks) + chance.randrange(24)
    else:
        at = chance.randrange(min(len(data), HEAD))
    size = chance.choice([1, 2, 4, 8])
    value = (
        chance.choice([*NASTY, chance.getrandbits(32)]) if chance.random() < 0.7 else chance.getrandbits(64)
    )
    return _over(data, at, (value % (1 << 8 * size)).to_bytes(size, chance.choice(["little", "big"])))


def word(data: bytes, chance: random.Random) -> bytes:
    """Overwrite one to three 32-bit words."""
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(max(1, len(data) - 4))
        at -= at % 4 if chance.random() < 0.7 else 0
        value = chance.choice([*NASTY, chance.getrandbits(32)])
        data = _over(data, at, struct.pack(chance.choice("<<<>") + "I", value))
    return data


def drop(data: bytes, chance: random.Random) -> bytes:
    """Leave out a part."""
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.choice([1, 4, 8, chance.randint(1, 256)]) :]


def twice(data: bytes, chance: random.Random) -> bytes:
    """Put a part a second time, in place or elsewhere."""
    at, size = chance.randrange(len(data)), chance.choice([1, 8, chance.randint(1, 256)])
    to = chance.choice([at, chance.randrange(len(data))])
    return data[:to] + data[at : at + size] + data[to:]


def number(data: bytes, chance: random.Random) -> bytes:
    """Replace a number in text by another."""
    places = list(re.finditer(rb"(?<![\w.])-?\d+", data))
    if not places:
        return word(data, chance)
    place = chance.choice(places[:40] if chance.random() < 0.5 else places)
    value = chance.choice([*NUMBERS, b"%d" % chance.getrandbits(chance.choice([4, 16, 31, 40]))])
    return data[: place.start()] + value + data[place.end() :]


ANY: tuple[Change, ...] = (cut, bit, bits, header, header, word, word, drop, twice)
IN_TEXT: tuple[Change, ...] = (*ANY, number, number, number)


def inside_mat(data: bytes, chance: random.Random) -> bytes:
    """Damage what a v7 file holds compressed, so that the compression itself is right."""
    variables, at = [], 128
    while at + 8 <= len(data):
        kind, size = struct.unpack("<II", data[at : at + 8])
        variables.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    chosen, out = chance.randrange(len(variables)), data[:128]
    for k, (kind, packed) in enumerate(variables):
        changed = packed
        if k == chosen and kind == 15:
            changed = zlib.compress(chance.choice(ANY)(zlib.decompress(packed), chance))
        out += struct.pack("<II", kind, len(changed)) + changed
    return out


def inside_gzip(data: bytes, chance: random.Random) -> bytes:
    """Damage what gzip holds."""
    pack = zlib.compressobj(wbits=31)
    return pack.compress(chance.choice(IN_TEXT)(zlib.decompress(data, 31), chance)) + pack.flush()


def inside_zip(data: bytes, chance: random.Random) -> bytes:
    """Damage one member of a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        infos = old.infolist()
        chosen = chance.choice(infos).filename
        for info in infos:
            member = old.read(info)
            new.writestr(info, chance.choice(IN_TEXT)(member, chance) if info.filename == chosen else member)
    return out.getvalue()


CHANGES: Mapping[str, tuple[Change, ...]] = {
    "mat-v7": (*ANY, *[inside_mat] * 9),
    "objects-v7": (*ANY, *[inside_mat] * 9),
    "npz": (*ANY, *[inside_zip] * 5),
    "octave-text": IN_TEXT,
    "octave-text-gz": (*ANY, *[inside_gzip] * 9),
    "npy": IN_TEXT,
    "safetensors": IN_TEXT,
    "zarr": IN_TEXT,
}


def _over(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def damaged(seed: Path, target: Path, kind: str, chance: random.Random) -> str:
    """Write a seed, a file or a folder, with one change to it; say which."""
    file, whole = target, seed
    if seed.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(seed, target)
        whole = chance.choice(sorted(path for path in seed.rglob("*") if path.is_file()))
        file = target / whole.relative_to(seed)
        if chance.random() < 0.05:
            file.unlink()
            return f"{whole.name}: gone"
    data = whole.read_bytes()
    change = chance.choice(CHANGES.get(kind, ANY))
    file.write_bytes(change(data, chance) if data else chance.randbytes(8))
    return f"{whole.name}: {change.__name__}"
