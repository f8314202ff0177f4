"""What a handler gets and what it may return. Nothing but the standard library."""

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Optional
from urllib.parse import parse_qs


@dataclass
class Request:
    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    # Reads up to so many bytes of the body; none are left when it returns b"".
    read: Callable[[int], bytes]
    _body: Optional[bytes] = field(default=None, repr=False)

    @property
    def query(self) -> Mapping[str, list]:
        return parse_qs(self.query_string, keep_blank_values=True)

    @property
    def body(self) -> bytes:
        """The whole body."""
        if self._body is None:
            parts = []
            while part := self.read(65536):
                parts.append(part)
            self._body = b"".join(parts)
        return self._body

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Response:
    # Text, bytes, an iterable of them (each is sent as it comes), or what JSON can say.
    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
