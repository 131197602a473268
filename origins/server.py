"""What the project knows about one kind of origin server: one record, in the file of the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .origin import Origin

BESIDE_CERTIFICATE = "{certificate}.key"
IN_PRIVATE = "/etc/ssl/private/{hostname}.key"


@dataclass(frozen=True)
class FragmentPart:
    """Lines of a fragment that belong elsewhere than the fragment itself.

    :param name: one word for the place, which ends the name of the part's file.
    :param place: where a person puts the lines: "into http { }".
    """

    name: str
    place: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines, each with its end."""
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True)
class Fragment:
    """Only the lines that verify the client and refuse, for a block that exists already.

    :param title: comment lines that say for whom the lines are, and where they are included.
    :param lines: what is included, or pasted, there.
    :param parts: what that place does not permit.
    """

    title: tuple[str, ...]
    lines: tuple[str, ...]
    parts: tuple[FragmentPart, ...] = ()

    @property
    def text(self) -> str:
        """The lines, below comments that hold the parts."""
        head = list(self.title)
        for part in self.parts:
            head += [f"Put this {part.place}:", *(f"    {line}" for line in part.lines)]
        comments = [f"# {line}".rstrip() for line in head]
        return "".join(f"{line}\n" for line in (*comments, *self.lines))


def refuse_fields(origin: Origin, title: str, *names: str) -> None:
    """`ValueError` for a field that would be silently left out; that of pins opens the origin."""
    for name in names:
        if getattr(origin, name):
            key = name.removesuffix("s")
            raise ValueError(
                f"{key}: {title} knows no such thing. Take it away, or put a server that does"
                " (nginx, apache, haproxy) behind."
            )


def kubernetes_name(origin: Origin) -> str:
    """A name of lower-case letters, digits and hyphens, unique per hostname and port."""
    return origin.identifier.replace("_", "-")


@dataclass(frozen=True)
class Server:
    """A kind of origin server, and how its directives are written.

    :param name: the word for the kind on the command line and in the stack's configuration.
    :param title: the name that its makers give the server.
    :param suffix: the ending of its configuration files, without the dot.
    :param text: writes a whole server for a hostname, or the default host that refuses every
        other name; `ValueError` on one line for what the server cannot do.
    :param fragment: writes the lines for a server block, virtual host, frontend or site that
        exists; `ValueError` as `text`.
    :param log: the access log of a hostname at the stage optional, with the word `{hostname}`;
        "" where no log is written.
    :param private_key: where the server looks for the key of its own certificate, with the
        words `{certificate}` (a path) and `{hostname}`.
    :param has_default_host: whether names that nobody configured need a host that refuses them.
    """

    name: str
    title: str
    suffix: str
    text: Callable[[Origin], str]
    fragment: Callable[[Origin], Fragment]
    log: str
    private_key: str = IN_PRIVATE
    has_default_host: bool = True

    def key_of(self, certificate: str, hostname: str) -> str:
        """The path where this server expects the key of its own certificate."""
        return self.private_key.format(certificate=certificate, hostname=hostname)

    def log_of(self, hostname: str) -> str:
        """The access log of a hostname where nobody names another."""
        return self.log.format(hostname=hostname)
