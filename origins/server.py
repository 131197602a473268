"""What the project knows about one kind of origin server: one record, in the file of the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .origin import Origin

BESIDE_CERTIFICATE = "{certificate}.key"
IN_PRIVATE = "/etc/ssl/private/{hostname}.key"


@dataclass(frozen=True)
class Server:
    """A kind of origin server, and how its directives are written.

    :param name: the word for the kind on the command line and in the stack's configuration.
    :param title: the name that its makers give the server.
    :param suffix: the ending of its configuration files, without the dot.
    :param text: writes a whole server for a hostname, or the default host that refuses every
        other name; `ValueError` on one line for what the server cannot do.
    :param private_key: where the server looks for the key of its own certificate, with the
        words `{certificate}` (a path) and `{hostname}`.
    :param has_default_host: whether names that nobody configured need a host that refuses them.
    """

    name: str
    title: str
    suffix: str
    text: Callable[[Origin], str]
    private_key: str = IN_PRIVATE
    has_default_host: bool = True

    def key_of(self, certificate: str, hostname: str) -> str:
        """The path where this server expects the key of its own certificate."""
        return self.private_key.format(certificate=certificate, hostname=hostname)
