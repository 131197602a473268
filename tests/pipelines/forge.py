"""The comments of one pull or merge request, on loopback, as GitHub and GitLab serve them.

Written after https://docs.github.com/en/rest/issues/comments and https://docs.gitlab.com/api/notes/.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

TOKEN = "forge-token"
PATHS = {
    "github": (r"/repos/o/r/issues/7/comments", r"/repos/o/r/issues/comments/(\d+)", "PATCH"),
    "gitlab": (
        r"/projects/5/merge_requests/7/notes",
        r"/projects/5/merge_requests/7/notes/(\d+)",
        "PUT",
    ),
}
USERS = {"github": ("user", "login", "github-actions[bot]"), "gitlab": ("author", "username", "b")}


class Forge:
    """`comments` in the order in which they were made; `leads_to` is where its answers point.
    `asked` counts requests."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.comments: list[dict[str, Any]] = []
        self.writes: list[str] = []
        self.asked = 0
        self.refuses = False
        self.leads_to = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def environ(self) -> dict[str, str]:
        """What the forge's runner would set."""
        if self.kind == "github":
            return {
                "GITHUB_API_URL": self.url,
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_TOKEN": TOKEN,
                "PULL_REQUEST": "7",
            }
        return {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.url,
            "CI_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_IID": "7",
            "REPORT_TOKEN": TOKEN,
        }

    def says(self, body: str, who: str = "") -> None:
        """A comment of somebody, by default the pipeline's own user."""
        user, name, own = USERS[self.kind]
        number = 100 + len(self.comments)
        self.comments.append({"id": number, "body": body, user: {name: who or own}})

    def answer(self, method: str, path: str, query: str, body: Any) -> tuple[int, Any]:
        many, one, change = PATHS[self.kind]
        if path == "/user" and self.kind == "gitlab":
            return 200, {"username": USERS["gitlab"][2]}
        if method == "GET" and re.fullmatch(many, path):
            size, page = (int(n) for n in re.findall(r"\d+", query))
            return 200, self.comments[size * (page - 1) : size * page]
        if self.refuses:
            return 403, {"message": "no"}
        self.writes.append(method)
        if method == "POST" and re.fullmatch(many, path):
            self.says(body["body"])
            return 201, self.comments[-1]
        found = re.fullmatch(one, path)
        if method == change and found:
            comment = next(c for c in self.comments if c["id"] == int(found[1]))
            comment["body"] = body["body"]
            return 200, comment
        return 404, {"message": f"{method} {path}"}

    def __enter__(self) -> Forge:
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def handler(forge: Forge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path, _, query = self.path.partition("?")
            forge.asked += 1
            shown = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization") or ""
            status: int = 401
            answer: Any = {}
            if shown.removeprefix("Bearer ") == TOKEN:
                status, answer = forge.answer(self.command, path, query, body)
            text = json.dumps(answer).encode()
            self.send_response(307 if forge.leads_to else status)
            if forge.leads_to:
                self.send_header("Location", forge.leads_to + self.path)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = serve

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    return Handler
