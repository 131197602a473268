"""Puts a report under a pull or merge request, as one comment that is updated.

    python3 pipelines/comment.py report.md

The last line of the report is its marker. A comment of this pipeline's own user with the same
marker is changed; without one a comment is added. Needs nothing but Python. Reads the variables
that GitHub Actions and GitLab CI set, and:

* GitHub: GITHUB_TOKEN (pull-requests: write) and PULL_REQUEST, the number.
  https://docs.github.com/en/rest/issues/comments
* GitLab: REPORT_TOKEN (scope api). https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PER_PAGE = 100
SECONDS = 30
GITHUB_USER = "github-actions[bot]"
MARKER = "<!-- aop-report "


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows nothing: urllib would send the token to wherever an answer points."""

    def redirect_request(self, *_: Any) -> None:
        return None


_open = urllib.request.build_opener(NoRedirect).open


class Forge:
    """The comments of one pull or merge request."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.is_gitlab = "GITLAB_CI" in environ
        if self.is_gitlab:
            self.api = environ["CI_API_V4_URL"]
            project, number = environ["CI_PROJECT_ID"], environ["CI_MERGE_REQUEST_IID"]
            self.comments = self.one = f"/projects/{project}/merge_requests/{number}/notes"
            self.headers = {"PRIVATE-TOKEN": environ["REPORT_TOKEN"]}
        else:
            self.api = environ.get("GITHUB_API_URL", "https://api.github.com")
            base = f"/repos/{environ['GITHUB_REPOSITORY']}/issues"
            self.comments, self.one = (
                f"{base}/{environ['PULL_REQUEST']}/comments",
                f"{base}/comments",
            )
            self.headers = {"Authorization": f"Bearer {environ['GITHUB_TOKEN']}"}

    def call(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(  # noqa: S310 - the forge's own address
            self.api + path, data, headers, method=method
        )
        with _open(request, timeout=SECONDS) as answer:
            return json.load(answer)

    def mine(self) -> Iterator[Mapping[str, Any]]:
        """Own comments: a marker that somebody else wrote is not followed."""
        who = self.call("GET", "/user")["username"] if self.is_gitlab else GITHUB_USER
        user, name = ("author", "username") if self.is_gitlab else ("user", "login")
        page = 1
        while True:
            found = self.call("GET", f"{self.comments}?per_page={PER_PAGE}&page={page}")
            yield from (comment for comment in found if comment[user][name] == who)
            if len(found) < PER_PAGE:
                return
            page += 1

    def put(self, text: str, marker: str) -> str:
        """Says what was done."""
        for comment in self.mine():
            if marker in comment["body"]:
                method = "PUT" if self.is_gitlab else "PATCH"
                self.call(method, f"{self.one}/{comment['id']}", {"body": text})
                return "updated the comment"
        self.call("POST", self.comments, {"body": text})
        return "added a comment"


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    try:
        text = Path(arguments[0]).read_text(encoding="utf-8")
        marker = text.rstrip().splitlines()[-1] if text.strip() else ""
        if not marker.startswith(MARKER):
            raise ValueError(f"{arguments[0]} is no report: its last line is not {MARKER}... -->")
        print(Forge(environ).put(text, marker))
    except KeyError as absent:
        return report_failure(f"the variable {absent.args[0]} is not set")
    except IndexError:
        return report_failure("give the report: python3 pipelines/comment.py report.md")
    except urllib.error.HTTPError as error:
        if 300 <= error.code < 400:
            return report_failure(
                f"the forge answered {error.code}, to another address: not followed"
            )
        return report_failure(
            f"the forge answered {error.code}: may the token write comments here?"
        )
    except (OSError, ValueError) as error:
        return report_failure(str(error))
    return 0


def report_failure(why: str) -> int:
    print(f"No comment: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
