"""A hub of models on loopback: one model, whatever its name."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agentcache.core.codec import Json, encode_json

COMMIT = "c0ffee" * 6 + "c0ff"


@contextmanager
def hub(files: Mapping[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """Where it is, and the paths that were asked for."""
    asked: list[str] = []

    def found(path: str) -> bytes | None:
        if not path.startswith("/api/models/"):
            return files.get(path.rpartition("/")[2]) if "/resolve/" in path else None
        listing: list[Json] = [
            {"type": "file", "path": name, "oid": sha1(content).hexdigest(), "size": len(content)}  # noqa: S324  # as the hub has it
            for name, content in files.items()
        ]
        siblings: list[Json] = [{"rfilename": name} for name in files]
        told: Json = {"id": "a/model", "sha": COMMIT, "siblings": siblings}
        return encode_json(listing if "/tree/" in path else told)

    class Answering(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            path = self.path.partition("?")[0]
            asked.append(path)
            content = found(path)
            self.send_response(404 if content is None else 200)
            self.send_header("content-length", str(len(content or b"")))
            self.send_header("etag", f'"{sha1(content or b"").hexdigest()}"')  # noqa: S324  # as above
            self.send_header("x-repo-commit", COMMIT)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content or b"")

        def do_GET(self) -> None:
            self.do_HEAD()

        def log_message(self, *_: object) -> None:
            """What was asked for is noted already."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
