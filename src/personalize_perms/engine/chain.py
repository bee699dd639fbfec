"""Records that hold together: each carries a digest over the one before it and its own content.

So a record that was changed, dropped, inserted or moved is found, and so is a line of which only a part is there. A
whole end that is missing cannot be told from a run that was killed there; what it held is then looked up again.

A process that is killed while it writes leaves only those pages of memory that the system had already taken over. So
a record that reaches over the end of a page is written in several lines, none of which does, and all but the last end
with a backslash: a kill leaves whole lines. A record that lacks its last line was never sent, and counts as not there.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Final

_SEAL: Final = b', "chain": "'
_END: Final = b'"}'
_DIGITS: Final = 64
_TAIL: Final = len(_SEAL) + _DIGITS + len(_END)
_GOES_ON: Final = b"\\\n"
_PAGE: Final = 4096
"""Bytes that are taken over at once wherever this runs; where pages are larger, they are a multiple of it."""


def seal(record: Mapping[str, object], previous: str) -> tuple[bytes, str]:
    """Return the line of a record that follows the record with the digest `previous`, and its own digest."""
    body = json.dumps(record).encode()
    digest = _digest(previous, body)
    return body[: -len(b"}")] + _SEAL + digest.encode() + _END + b"\n", digest


def unseal(content: bytes) -> tuple[list[bytes], str]:
    """Return the whole records in `content`, as JSON, and the last digest; raise `ValueError` with what is wrong."""
    if content and not content.endswith(b"\n"):
        number = content.count(b"\n") + 1
        raise ValueError(f"its last line, {number}, is torn")
    records: list[bytes] = []
    digest, begun = "", b""
    for number, line in enumerate(BytesIO(content), 1):
        if line.endswith(_GOES_ON):
            begun += line[: -len(_GOES_ON)]
            continue
        whole, begun = begun + line[:-1], b""
        body, sealed = whole[:-_TAIL] + b"}", whole[-_TAIL:]
        digest = _digest(digest, body)
        if sealed != _SEAL + digest.encode() + _END:
            raise ValueError(f"line {number} is not as it was written, or not where it was written")
        records.append(body)
    return records, digest


def whole_length(content: bytes) -> int:
    """Return how many bytes of a `content` that can be unsealed are whole records."""
    lines = content.splitlines(keepends=True)
    while lines and lines[-1].endswith(_GOES_ON):
        lines.pop()
    return sum(map(len, lines))


def _paged(line: bytes, start: int) -> Iterator[bytes]:
    """Cut the line of a record so that no part of it, written at `start` and on, reaches over the end of a page."""
    while line:
        room = _PAGE - start % _PAGE
        # One byte must not be left: the end of a part takes two.
        if len(line) <= room and len(line) != room - 1:
            part, line = line, b""
        else:
            cut = max(room - len(_GOES_ON), 0)
            part, line = line[:cut] + _GOES_ON, line[cut:]
        yield part
        start += len(part)


def _digest(previous: str, body: bytes) -> str:
    return hashlib.sha256(previous.encode() + body).hexdigest()


class ChainedFile:
    """A file that grows by whole lines that are on disk, or not at all."""

    def __init__(self, descriptor: int, digest: str = "") -> None:
        self.broken = False
        """Whether a line could not be written; then none is any more."""
        self._descriptor = descriptor
        self._digest = digest
        self._lock = threading.Lock()

    def append(self, record: Mapping[str, object]) -> None:
        """Return when the record is on disk; raise `OSError` if that cannot be: nothing of it is left then."""
        with self._lock:
            if self.broken:
                raise OSError("an earlier line could not be written")
            line, digest = seal(record, self._digest)
            length = os.fstat(self._descriptor).st_size
            try:
                for part in _paged(line, length):
                    if os.write(self._descriptor, part) != len(part):
                        raise OSError("only a part was written")  # noqa: TRY301 - the same failure as the others
                os.fsync(self._descriptor)
            except OSError:
                self.broken = True
                os.ftruncate(self._descriptor, length)
                raise
            self._digest = digest

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
