"""A stand-in for the hub's HTTP interface on this machine, with the faults that networks have."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
LARGE = 200
"""Bytes from which a file is kept as the hub keeps large ones: elsewhere, behind a redirect."""


@dataclass
class HubStandIn:
    """REPOSITORIES: name -> file -> content. Faults are set by file name and used up.

    CUT: after how many bytes of each answer the connection breaks, answer by answer. STATUS: what is answered
    instead. LIES: content that is sent in place of the announced one.
    """

    repositories: dict[str, dict[str, bytes]]
    commit: str = COMMIT
    cut: dict[str, list[int]] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    lies: dict[str, bytes] = field(default_factory=dict)
    ignore_ranges: bool = False
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    sent: Counter[str] = field(default_factory=Counter)
    headers: list[dict[str, str]] = field(default_factory=list)

    def __enter__(self) -> HubStandIn:
        standin = self

        class Handler(_Handler):
            hub = standin

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def fetched(self) -> list[str]:
        """Names of the files whose content was asked for, in order."""
        return [
            path.rpartition("/")[2]
            for method, path, _ in self.asked
            if method == "GET" and "/api/" not in path
        ]


class _Handler(BaseHTTPRequestHandler):
    hub: HubStandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def do_GET(self) -> None:
        self._answer(send=True)

    def _answer(self, *, send: bool) -> None:  # noqa: PLR0911
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        self.hub.headers.append(dict(self.headers))
        parts = path.strip("/").split("/")
        name = parts[-1]
        if name in self.hub.status:
            return self._plain(self.hub.status[name], b"{}")
        if parts[:2] == ["api", "models"]:
            return self._listing("/".join(parts[2:4]), parts[5] if len(parts) > 5 else "")
        if parts[0] == "cdn":
            return self._content(
                self.hub.repositories["/".join(parts[1:3])]["/".join(parts[3:])], name, send=send
            )
        files = self.hub.repositories.get("/".join(parts[:2]))
        if files is None:
            return self._plain(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        if parts[3] != self.hub.commit:
            return self._plain(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        content = files.get("/".join(parts[4:]))
        if content is None:
            return self._plain(404, b"{}", {"X-Error-Code": "EntryNotFound"})
        if len(content) < LARGE:
            return self._content(content, name, send=send)
        elsewhere = self.hub.url.replace("127.0.0.1", "localhost")
        return self._plain(
            302,
            b"",
            {
                "Location": f"{elsewhere}/cdn/{parts[0]}/{parts[1]}/{'/'.join(parts[4:])}",
                "X-Repo-Commit": self.hub.commit,
                "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": str(len(content)),
                "ETag": '"of-the-redirect"',
            },
        )

    def _listing(self, repository: str, revision: str) -> None:
        files = self.hub.repositories.get(repository)
        if files is None:
            return self._plain(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        if revision and revision != self.hub.commit:
            return self._plain(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        siblings = []
        for name, content in files.items():
            entry: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": git_hash(content)}
            if len(content) >= LARGE:
                sha256 = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"size": len(content), "sha256": sha256, "pointerSize": 130}
            siblings.append(entry)
        body = {"id": repository, "modelId": repository, "sha": self.hub.commit, "siblings": siblings}
        return self._plain(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _content(self, content: bytes, name: str, *, send: bool) -> None:
        headers = {
            "ETag": f'"{git_hash(content)}"',
            "X-Repo-Commit": self.hub.commit,
            "Accept-Ranges": "bytes",
        }
        body = self.hub.lies.get(name, content) if send else content
        wanted = self.headers.get("Range", "")
        status = 200
        if wanted and not self.hub.ignore_ranges:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body, status = body[start:], 206
        cut = self.hub.cut.get(name)
        self._plain(status, body, headers, send=send, cut=cut.pop(0) if cut and send else None, name=name)

    def _plain(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        *,
        send: bool = True,
        cut: int | None = None,
        name: str = "",
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if send and self.command == "GET":
            part = body if cut is None else body[:cut]
            self.wfile.write(part)
            self.hub.sent[name] += len(part)
        if cut is not None:
            self.close_connection = True
            self.wfile.flush()
            self.connection.shutdown(2)


def git_hash(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
