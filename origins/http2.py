"""Requests over HTTP/2 (RFC 9113) in one connection, and the last answer in the form of HTTP/1.

`h2` is imported where it is used: a program that has its directives from this room probes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from h2.connection import H2Connection


class NotHttp2(Exception):
    """What came is no answer of HTTP/2."""


def exchange(
    send: Callable[[bytes], None],
    receive: Callable[[], bytes],
    requests: Sequence[Sequence[tuple[str, str]]],
    longest: int,
) -> bytes:
    """Sends requests without a body, each once the one before is answered; answers the last.

    A request is its headers and pseudo-headers. Answers as HTTP/1 would, with at most `longest`
    octets of the body and what came with them; b"" where the server ends the stream or the
    connection before.

    :param receive: what came next, b"" at the end.
    :raises NotHttp2: for any other answer.
    """
    from h2.connection import H2Connection
    from h2.exceptions import ProtocolError

    line = H2Connection()
    line.initiate_connection()
    answer = _Answer()
    try:
        for number, headers in enumerate(requests):
            if answer.has_connection_ended:
                return b""
            stream = 2 * number + 1
            line.send_headers(stream, list(headers), end_stream=True)
            answer = _answer(send, receive, line, stream, longest)
    except (ProtocolError, ValueError):
        # A status of other signs than digits is none of h2's errors.
        raise NotHttp2 from None
    return answer.as_http1()


def _answer(
    send: Callable[[bytes], None],
    receive: Callable[[], bytes],
    line: H2Connection,
    stream: int,
    longest: int,
) -> _Answer:
    from h2.events import DataReceived

    send(line.data_to_send())
    answer, is_heard, is_understood = _Answer(), False, False
    while not answer.has_ended and len(answer.body) < longest and (more := receive()):
        is_heard = True
        for event in line.receive_data(more):
            is_understood = True
            if isinstance(event, DataReceived):
                # The server goes on only where it knows that there is room.
                line.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if getattr(event, "stream_id", stream) in (stream, None):
                answer.add(event)
        if not answer.has_ended:
            send(line.data_to_send())
    if is_heard and not is_understood:
        raise NotHttp2
    answer.has_connection_ended |= not answer.has_ended
    return answer


class _Answer:
    def __init__(self) -> None:
        self.status, self.body, self.has_ended = 0, b"", False
        self.has_connection_ended = False

    def add(self, event: object) -> None:
        from h2 import events

        if isinstance(event, events.ResponseReceived):
            self.status = int(dict(event.headers or ())[b":status"])
        elif isinstance(event, events.DataReceived):
            self.body += event.data or b""
        elif isinstance(event, (events.StreamEnded, events.StreamReset)):
            self.has_ended = True
        elif isinstance(event, events.ConnectionTerminated):
            self.has_ended = self.has_connection_ended = True

    def as_http1(self) -> bytes:
        return f"HTTP/1.1 {self.status} \r\n\r\n".encode() + self.body if self.status else b""
