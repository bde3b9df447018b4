"""An upstream that writes exactly the bytes it is told to, and keeps exactly what it was sent."""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import urlsplit

from support import prefix_net
from support.agent import HttpReply


@dataclass(frozen=True, slots=True)
class Received:
    """One request: its head up to the empty line, and its body as it was framed."""

    head: bytes
    body: bytes

    @property
    def target(self) -> str:
        """The request's path and query."""
        return self.head.split(b" ")[1].decode("latin-1")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names as they were written, in their order."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines if line)
        return [(name, value.strip()) for name, _, value in pairs]


@dataclass(frozen=True, slots=True)
class Play:
    """What to answer: each piece is one write. `keep`: the connection stays open afterwards."""

    pieces: Sequence[bytes]
    keep: bool = True


Script: TypeAlias = Callable[[Received], Play]


def answer(
    body: bytes = b"{}", *, status: str = "200 OK", headers: Sequence[tuple[str, str]] = ()
) -> Play:
    """A whole response of known length."""
    lines = [f"{name}: {value}\r\n" for name, value in headers]
    head = f"HTTP/1.1 {status}\r\n{''.join(lines)}content-length: {len(body)}\r\n\r\n"
    return Play([head.encode("latin-1"), body])


def chunked(pieces: Sequence[bytes], *, end: bool = True) -> list[bytes]:
    """The pieces as HTTP chunks; without `end` the body breaks off."""
    framed = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece]
    return [*framed, b"0\r\n\r\n"] if end else framed


class RawUpstream:
    """`with RawUpstream() as upstream:` answers at `upstream.url` as `script` says.

    `tls`: what it speaks TLS with; without one it speaks none.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.script: Script = lambda _: answer()
        self._tls = tls
        self.received: list[Received] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listening.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in (self._listening, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listening.close()

    @property
    def last(self) -> Received:
        """The newest request."""
        return self.received[-1]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open.add(connection)
                thread = threading.Thread(target=self._talk, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with (
            suppress(OSError),
            self._secured(connection) as talked,
            talked.makefile("rb") as incoming,
        ):
            while (received := _read(incoming.readline, incoming.read)) is not None:
                self.received.append(received)
                play = self.script(received)
                is_refused = not play.pieces or play.pieces[0][9:10] != b"2"
                prefix_net.note_raw(self, received.target, received.body, is_refused=is_refused)
                for piece in play.pieces:
                    talked.sendall(piece)
                if not play.keep:
                    break
            self._open.discard(talked)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        self._open.discard(connection)  # wrapped, it is another socket, or closed
        secured = self._tls.wrap_socket(connection, server_side=True)
        self._open.add(secured)
        return secured


def _read(readline: Callable[[], bytes], read: Callable[[int], bytes]) -> Received | None:
    head = b""
    while (line := readline()) not in (b"\r\n", b""):
        head += line
    if not head:
        return None
    lowered = head.lower()
    if b"transfer-encoding: chunked" in lowered:
        return Received(head, _read_chunks(readline, read))
    _, found, rest = lowered.partition(b"content-length:")
    return Received(head, read(int(rest.split(b"\r\n")[0])) if found else b"")


def _read_chunks(readline: Callable[[], bytes], read: Callable[[int], bytes]) -> bytes:
    body = b""
    while size := int(readline(), 16):
        body += read(size)
        readline()
    readline()
    return body


def ask(
    base: str, method: str, target: str, body: bytes | None = None, **headers: str
) -> HttpReply:
    """One request on a connection of its own, the response's headers in lower case."""
    parts = urlsplit(base)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
        connection.request(method, parts.path + target, body=body, headers=headers)
        response = connection.getresponse()
        data = response.read()
        lowered = {name.lower(): value for name, value in response.getheaders()}
        return HttpReply(response.status, lowered, data)


def send_raw(base: str, head: str, body: bytes = b"") -> bytes:
    """Write a request byte by byte as given, and read until the server closes."""
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as client:
        client.sendall(head.replace("BASE", parts.path).encode("latin-1") + body)
        received = b""
        while data := client.recv(65536):
            received += data
        return received
