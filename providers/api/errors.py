"""What can go wrong between a resource and Cloudflare.

    CloudflareError          one line: the object, the fact, the next step
    ├── Refused              Cloudflare answered "no": HTTP status, codes, ray
    ├── Unanswered           no readable answer came: what was asked may have been done
    ├── StillWaiting         a bounded wait ended; nothing was taken away
    ├── QuotaExhausted       Cloudflare takes no request for longer than may be waited
    ├── NoCredentials        the environment holds no usable token
    └── EngineGone           the Pulumi CLI that asked is gone; nothing more is written

No message holds a private key, a token or a request body.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from ..values.text import one_line

Error = TypeVar("Error", bound=BaseException)

REFRESH_NEXT = "Run `pulumi up --refresh` to go on from here."


class CloudflareError(Exception):
    """An expected failure, told in one line.

    `subject` is the object ("binding app.example.com of zone 023e105f"), `fact` what is the
    case, `next_step` a sentence that says what to do.
    """

    def __init__(self, fact: str, next_step: str = "", subject: str = "") -> None:
        super().__init__(fact)
        self.fact = fact
        self.next_step = next_step
        self.subject = subject

    def __str__(self) -> str:
        line = f"{self.subject}: {self.fact}" if self.subject else self.fact
        line = line.rstrip(". ")
        return one_line(f"{line}. {self.next_step}" if self.next_step else f"{line}.")


class Refused(CloudflareError):
    """Cloudflare answered with an error.

    `status` is the HTTP status, `codes` Cloudflare's error codes in their order, `ray` the value
    of the `cf-ray` header (support asks for it), `retry_after` seconds or None.
    """

    def __init__(
        self,
        status: int,
        codes: Iterable[int],
        text: str,
        *,
        ray: str = "",
        next_step: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.codes = tuple(codes)
        self.text = text
        self.ray = ray
        self.retry_after = retry_after
        numbers = " and ".join(str(code) for code in self.codes) or "without a code"
        where = f"Cloudflare {numbers}, HTTP {status}" + (f", ray {ray}" if ray else "")
        super().__init__(f"{text.rstrip('. ')} ({where})", next_step)

    @property
    def reason(self) -> tuple[int, object]:
        """What refusals for one reason share: the codes, as a text may name the object."""
        return self.status, self.codes or self.text

    def has(self, *codes: int) -> bool:
        """Whether Cloudflare named one of these codes."""
        return any(code in self.codes for code in codes)


class Unanswered(CloudflareError):
    """No answer, or none that can be read. `sent` is False when the request never left.

    The next step is for the program that asked to say: a verb that only reads has nothing to go
    on from.
    """

    def __init__(self, fact: str, *, sent: bool = True) -> None:
        super().__init__(fact)
        self.sent = sent


class StillWaiting(CloudflareError):
    """A wait came to its end (`wait_seconds`) before what it waited for."""


class QuotaExhausted(CloudflareError):
    """The request quota opens later than `wait_seconds` allows to wait; nothing was sent."""

    def __init__(self, seconds: float, longest: float, again: datetime) -> None:
        when = f"{again:%Y-%m-%d %H:%M:%S} UTC"
        super().__init__(
            f"Cloudflare takes no more requests with these credentials until {when},"
            f" in {seconds:.0f} s; at most {longest:.0f} s are waited",
            f"Run again after {when}, or allow more with wait_seconds.",
        )


class NoCredentials(CloudflareError):
    """Neither a token nor the older pair of e-mail and key can be used."""


class EngineGone(CloudflareError):
    """The engine that started this plugin is gone (law 12 of the design)."""

    def __init__(self) -> None:
        super().__init__(
            "the Pulumi CLI that asked for this has ended, so nothing more is written",
            "Run `pulumi cancel` if the stack is locked, then `pulumi up`.",
        )


def line_of(error: CloudflareError, unanswered: str) -> str:
    """The line of a failure; `unanswered` is the next step where no answer came."""
    is_open = isinstance(error, Unanswered) and not error.next_step
    return f"{error} {unanswered}" if is_open else str(error)


def copy_of(error: Error) -> Error:
    """The same failure for another resource, which may add its own name and next step to it."""
    twin = type(error).__new__(type(error), *error.args)
    twin.__dict__.update(error.__dict__)
    return twin


@contextmanager
def about(subject: str, next_step: str = "") -> Iterator[None]:
    """Names the object in every error that comes from inside, unless it was named already."""
    try:
        yield
    except CloudflareError as error:
        error.subject = error.subject or subject
        error.next_step = error.next_step or next_step
        raise
