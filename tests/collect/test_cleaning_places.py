"""The step ``country``, by a real file in MaxMind's format."""

import struct
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from ethogram.collect.cleaning.country import Detail, country
from ethogram.collect.cleaning.facts import Facts
from ethogram.events.errors import Invalid

BERLIN = {
    "country": {"iso_code": "DE", "names": {"en": "Germany"}},
    "subdivisions": [{"iso_code": "BE", "names": {"en": "Berlin"}}],
    "city": {"names": {"en": "Berlin", "de": "Berlin"}},
}
PLACES = {
    "198.51.100.0/24": BERLIN,
    "203.0.113.0/25": {"country": {"iso_code": "US"}},
    "203.0.113.128/25": {"registered_country": {"iso_code": "NZ"}, "city": "odd"},
    "192.0.2.0/24": {"asn": 7},
    "2001:db8::/32": {"country": {"iso_code": "FR"}},
}
MARK = b"\xab\xcd\xefMaxMind.com"


def encoded(value: Any) -> bytes:
    """A value as the format writes it: type and size, then the value; bytes are longer numbers."""
    if isinstance(value, dict):
        pairs = b"".join(encoded(name) + encoded(inner) for name, inner in value.items())
        return bytes([7 << 5 | len(value)]) + pairs
    if isinstance(value, list):
        return bytes([len(value), 11 - 7]) + b"".join(map(encoded, value))
    if isinstance(value, int):
        return bytes([5 << 5 | 2]) + value.to_bytes(2)
    if isinstance(value, bytes):
        return (bytes([6 << 5 | 4]) if len(value) == 4 else bytes([8, 9 - 7])) + value
    text = value.encode()
    assert len(text) < 29
    return bytes([2 << 5 | len(text)]) + text


def written(path: Path, places: dict[str, Any]) -> Path:
    """A file of ``places``: a binary tree of the bits of networks, the records, what it is."""
    nodes: list[list[int | None]] = [[None, None]]
    leaves: list[tuple[int, int, int]] = []
    data = b""
    for network, record in places.items():
        found = ip_network(network)
        width = found.prefixlen if found.version == 6 else found.prefixlen + 96
        bits = int(found.network_address) >> (found.max_prefixlen - found.prefixlen)
        node = 0
        for at in range(width - 1, 0, -1):
            side = bits >> at & 1
            inner = nodes[node][side]
            if inner is None:
                nodes.append([None, None])
                inner = nodes[node][side] = len(nodes) - 1
            node = inner
        leaves.append((node, bits & 1, len(data)))
        data += encoded(record)
    size = len(nodes)
    filled = [[size if side is None else side for side in node] for node in nodes]
    for node, side, offset in leaves:
        filled[node][side] = size + 16 + offset
    tree = b"".join(side.to_bytes(4) for node in filled for side in node)
    about = {
        "node_count": size.to_bytes(4), "record_size": 32, "ip_version": 6, "database_type": "Test",
        "binary_format_major_version": 2, "binary_format_minor_version": 0,
        "build_epoch": (1).to_bytes(8),
        "languages": ["en"], "description": {"en": "places"},
    }  # fmt: skip
    path.write_bytes(tree + struct.pack("16x") + data + MARK + encoded(about))
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of a few places."""
    return written(tmp_path_factory.mktemp("places") / "places.mmdb", PLACES)


@pytest.mark.parametrize(
    ("address", "detail", "adds"),
    [
        ("198.51.100.7", "country", {"country": "DE"}),
        ("198.51.100.7", "region", {"country": "DE", "region": "DE-BE"}),
        ("198.51.100.7", "city", {"country": "DE", "region": "DE-BE", "city": "Berlin"}),
        ("203.0.113.7", "city", {"country": "US"}),
        ("203.0.113.200", "city", {"country": "NZ"}),
        ("2001:db8::7", "country", {"country": "FR"}),
        ("192.0.2.7", "city", {}),
        ("127.0.0.1", "city", {}),
        ("nowhere", "city", {}),
        ("", "city", {}),
    ],
)
def test_an_address_tells_the_country(
    file: Path, address: str, detail: Detail, adds: dict[str, str]
) -> None:
    """And the region and the city where they are asked for and known; else it tells nothing."""
    assert country(file, detail)(Facts(address=address)).adds == adds


def test_what_is_no_file_of_places_is_said(tmp_path: Path) -> None:
    """A missing file and another file are errors that name the setting."""
    (tmp_path / "other.mmdb").write_bytes(b"nothing")
    for name in ("other.mmdb", "missing.mmdb"):
        with pytest.raises(Invalid) as error:
            country(tmp_path / name)
        assert (error.value.code, error.value.at) == ("bad_geoip", "geoip")
