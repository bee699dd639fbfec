"""Lines that hold together: each carries a digest over the line before it and its own content.

So a line that was changed, dropped, inserted or moved is found, and so is one of which only a part was written. A
whole end that is missing cannot be told from a run that was killed there; what it held is then looked up again.
"""

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from io import BytesIO
from typing import Final

_SEAL: Final = b', "chain": "'
_END: Final = b'"}'
_DIGITS: Final = 64
_TAIL: Final = len(_SEAL) + _DIGITS + len(_END)


def seal(record: Mapping[str, object], previous: str) -> tuple[bytes, str]:
    """Return the line of a record that follows the line with the digest `previous`, and its own digest."""
    body = json.dumps(record).encode()
    digest = _digest(previous, body)
    return body[: -len(b"}")] + _SEAL + digest.encode() + _END + b"\n", digest


def unseal(content: bytes) -> tuple[list[bytes], str]:
    """Return the records in `content`, as JSON, and the last digest; raise `ValueError` with what is wrong."""
    if content and not content.endswith(b"\n"):
        number = content.count(b"\n") + 1
        raise ValueError(f"its last line, {number}, is torn")
    records: list[bytes] = []
    digest = ""
    for number, whole in enumerate(BytesIO(content), 1):
        line = whole[:-1]
        body, sealed = line[:-_TAIL] + b"}", line[-_TAIL:]
        digest = _digest(digest, body)
        if sealed != _SEAL + digest.encode() + _END:
            raise ValueError(f"line {number} is not as it was written, or not where it was written")
        records.append(body)
    return records, digest


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
                if os.write(self._descriptor, line) != len(line):
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
