"""One request over HTTP/2 (RFC 9113), and its answer in the form of HTTP/1.

`h2` is imported where it is used: a program that has its directives from this room probes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

STREAM = 1


class NotHttp2(Exception):
    """What came is no answer of HTTP/2."""


def exchange(
    send: Callable[[bytes], None],
    receive: Callable[[], bytes],
    headers: Iterable[tuple[str, str]],
    longest: int,
) -> bytes:
    """Sends a request without a body, with the headers and pseudo-headers of that request.

    Answers as HTTP/1 would, with at most `longest` octets of the body and what came with them; b""
    where the server ends the stream or the connection before.

    :param receive: what came next, b"" at the end.
    :raises NotHttp2: for any other answer.
    """
    from h2.connection import H2Connection
    from h2.events import DataReceived
    from h2.exceptions import ProtocolError

    line = H2Connection()
    line.initiate_connection()
    line.send_headers(STREAM, list(headers), end_stream=True)
    send(line.data_to_send())
    answer, is_heard, is_understood = _Answer(), False, False
    try:
        while not answer.has_ended and len(answer.body) < longest and (more := receive()):
            is_heard = True
            for event in line.receive_data(more):
                is_understood = True
                answer.add(event)
                if isinstance(event, DataReceived):
                    # The server goes on only where it knows that there is room.
                    line.acknowledge_received_data(event.flow_controlled_length, STREAM)
            if not answer.has_ended:
                send(line.data_to_send())
    except (ProtocolError, ValueError):
        # A status of other signs than digits is none of h2's errors.
        raise NotHttp2 from None
    if is_heard and not is_understood:
        raise NotHttp2
    return answer.as_http1()


class _Answer:
    def __init__(self) -> None:
        self.status, self.body, self.has_ended = 0, b"", False

    def add(self, event: object) -> None:
        from h2 import events

        if isinstance(event, events.ResponseReceived):
            self.status = int(dict(event.headers or ())[b":status"])
        elif isinstance(event, events.DataReceived):
            self.body += event.data or b""
        elif isinstance(
            event, (events.StreamEnded, events.StreamReset, events.ConnectionTerminated)
        ):
            self.has_ended = True

    def as_http1(self) -> bytes:
        return f"HTTP/1.1 {self.status} \r\n\r\n".encode() + self.body if self.status else b""
