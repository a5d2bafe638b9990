"""Files in a cloud's store: ``s3://``, ``gs://``, ``az://`` and ``abfss://`` addresses.

Credentials come from where each cloud's own tools take them: the environment, their files, the
machine's role. Another endpoint is said by AWS_ENDPOINT_URL, STORAGE_EMULATOR_HOST, or the
BlobEndpoint of AZURE_STORAGE_CONNECTION_STRING.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from ethogram.events.errors import Busy, Invalid, NotFound, nearest

SECONDS = 20
"""How long a store may say nothing."""


@dataclass(frozen=True)
class Blob:
    """A file in a store; it is known by its address, size and version.

    The version is the store's ETag, which a new upload changes: whether a file was imported is
    told without reading it, so that a folder that grows can be imported again and again.
    """

    system: fs.FileSystem
    path: str
    address: str
    size: int
    version: str
    written: date

    @property
    def name(self) -> str:
        """See `Stored`."""
        return self.path.rpartition("/")[2]

    @property
    def beside(self) -> Path:
        """See `Stored`: in the folder where the command runs."""
        return Path(self.path.replace("/", "-"))

    def open(self) -> pa.NativeFile:
        """See `Stored`."""
        file = opened(self.system, self.path, self.address)
        if version_of(file) != self.version:
            raise Invalid(
                "file_changed",
                f"{self.name} was written anew while it was read.",
                at=self.address,
                hint="Import it once nothing writes to it any more.",
            )
        return file

    def fingerprint(self) -> str:
        """See `Stored`."""
        said = f"{self.address}\0{self.size}\0{self.version}"
        return blake2b(said.encode(), digest_size=16).hexdigest()


def opened(system: fs.FileSystem, path: str, address: str) -> pa.NativeFile:
    """The bytes of a file of ``system``. Raises `NotFound` and `Busy`."""
    try:
        return system.open_input_file(path)
    except FileNotFoundError:
        raise NotFound("no_file", f"There is no file {address}.", hint="Check the key.") from None
    except OSError as error:
        raise away(address, error) from error


def version_of(file: pa.NativeFile) -> str:
    """The version of an open file of a store, empty where it says none."""
    said: Mapping[Any, Any] = file.metadata() or {}
    words = {_text(name).lower(): _text(value) for name, value in said.items()}
    return words.get("etag") or words.get("generation") or words.get("last-modified") or ""


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def away(address: str, error: Exception) -> Busy:
    """The error of a store that does not answer, or refuses."""
    return Busy(
        "store_away",
        f"{address} cannot be read: {str(error).strip().rstrip('.')}.",
        at=address,
        hint="See whether the address, the credentials and the network are right, and run the"
        " same command again: it goes on where it stopped.",
    )


def store(address: str) -> tuple[fs.FileSystem, str]:
    """The store of an address, and the path in it: bucket or container first. Raises `Invalid`."""
    scheme, _, rest = address.partition("://")
    if scheme not in _STORES:
        raise Invalid(
            "unknown_scheme",
            f"{scheme}:// is no store that can be read.",
            at=address,
            hint=nearest(scheme, _STORES),
        )
    return _STORES[scheme](rest)


def _s3(rest: str) -> tuple[fs.FileSystem, str]:
    said = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    options: dict[str, Any] = {"connect_timeout": SECONDS, "request_timeout": SECONDS}
    if region := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        options["region"] = region
    if said:
        endpoint = urlsplit(said)
        options |= {"scheme": endpoint.scheme, "endpoint_override": endpoint.netloc}
    retries = fs.AwsStandardS3RetryStrategy(max_attempts=3)
    return fs.S3FileSystem(retry_strategy=retries, **options), rest


def _gs(rest: str) -> tuple[fs.FileSystem, str]:
    options: dict[str, Any] = {"retry_time_limit": timedelta(seconds=SECONDS)}
    if said := os.environ.get("STORAGE_EMULATOR_HOST"):
        endpoint = urlsplit(said if "://" in said else f"http://{said}")
        options |= {"anonymous": True, "scheme": endpoint.scheme,
                    "endpoint_override": endpoint.netloc}  # fmt: skip
    return fs.GcsFileSystem(**options), rest


def _azure(rest: str) -> tuple[fs.FileSystem, str]:
    """Of ``container/path``, or ``container@account.dfs.core.windows.net/path``."""
    said = os.environ.get("AZURE_STORAGE_CONNECTION_STRING", "")
    words = dict(part.split("=", 1) for part in said.split(";") if "=" in part)
    where, _, path = rest.partition("/")
    container, _, host = where.partition("@")
    account = host.partition(".")[0] or words.get("AccountName")
    account = account or os.environ.get("AZURE_STORAGE_ACCOUNT")
    if not account:
        raise Invalid(
            "no_account",
            "The address does not say whose storage it is.",
            at=f"az://{rest}",
            hint="Set AZURE_STORAGE_ACCOUNT, or write abfss://CONTAINER@ACCOUNT.dfs.core.windows"
            ".net/PATH.",
        )
    options = {
        "account_key": words.get("AccountKey") or os.environ.get("AZURE_STORAGE_KEY"),
        "sas_token": words.get("SharedAccessSignature")
        or os.environ.get("AZURE_STORAGE_SAS_TOKEN"),
    }
    endpoint = urlsplit(words.get("BlobEndpoint", ""))
    for kind in ("blob", "dfs"):
        options[f"{kind}_storage_authority"] = endpoint.netloc
        options[f"{kind}_storage_scheme"] = endpoint.scheme
    known = {name: value for name, value in options.items() if value}
    return fs.AzureFileSystem(account, **known), f"{container}/{path}".rstrip("/")


_STORES: Mapping[str, Callable[[str], tuple[fs.FileSystem, str]]] = {
    "s3": _s3,
    "gs": _gs,
    "az": _azure,
    "abfss": _azure,
    "abfs": _azure,
}
