"""Any other issuer: a command that reads a request and prints the certificate.

The request (PEM) comes on standard input; what is printed is the leaf (PEM), and after the leaf
perhaps the certificates above it. No shell reads the words; AOP_COMMON_NAME and AOP_SECONDS (the
life that is wanted, empty for the issuer's own default) are in the environment, which holds
nothing else but PATH, HOME, TMPDIR, LANG and what `environment` names.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Annotated, Any

from pydantic import Field

from .issuer import Issuer, IssuerError, References, Signed, SigningRequest, one_line

MOST_BYTES = 1_000_000
PLAIN = ("PATH", "HOME", "TMPDIR", "LANG")
END = "-----END CERTIFICATE-----"


class Command(Issuer):
    """`run` is the program and its words; the folder is the project's."""

    run: Annotated[tuple[str, ...], Field(min_length=1)]
    environment: tuple[str, ...] = ()
    seconds: Annotated[float, Field(ge=1, le=600)] = 60

    def sign(self, request: SigningRequest, references: References) -> Signed:
        life = "" if request.life is None else str(int(request.life.total_seconds()))
        given = {"AOP_COMMON_NAME": request.common_name, "AOP_SECONDS": life}
        printed = self._read_certificate(request.csr, given, references)
        parts = [part.strip() + f"\n{END}\n" for part in printed.split(END)[:-1]]
        if not parts:
            raise IssuerError(
                f"{self.run[0]} printed no certificate", "It has to print PEM on standard output."
            )
        return Signed(parts[0], tuple(parts[1:]))

    def authorities(self, references: References) -> tuple[str, ...]:
        self._program(references)
        return ()

    def _program(self, references: References) -> str:
        found = shutil.which(
            self.run[0] if os.sep not in self.run[0] else references.folder / self.run[0],
            path=references.environ.get("PATH", os.defpath),
        )
        if found is None:
            raise IssuerError(f"there is no program {self.run[0]}", "Install it, or correct run.")
        missing = [name for name in self.environment if name not in references.environ]
        if missing:
            raise IssuerError(
                f"the environment variable {missing[0]} is not set", f"Export {missing[0]}."
            )
        return found

    def _read_certificate(self, csr: str, given: dict[str, str], references: References) -> str:
        argv = [self._program(references), *self.run[1:]]
        passed = [n for n in (*PLAIN, *self.environment) if n in references.environ]
        environ = {name: references.environ[name] for name in passed} | given
        with tempfile.TemporaryFile() as stdin:
            stdin.write(csr.encode())
            stdin.seek(0)
            try:
                process = subprocess.Popen(
                    argv,
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=environ,
                    cwd=references.folder,
                    # A group of its own, so that its children end with it.
                    start_new_session=True,
                )
            except OSError as error:
                raise IssuerError(
                    f"{self.run[0]} cannot be started ({error.strerror})", "Correct run."
                ) from None
        try:
            printed, complained = _outputs(process, self.seconds, self.run[0])
        finally:
            _end(process)
        if process.returncode:
            told = _last_line(complained, [references.environ[n] for n in self.environment])
            fact = f"{self.run[0]} ended with {process.returncode}{told}"
            raise IssuerError(fact, "Run it by hand with a request.")
        return printed.decode(errors="replace")


def _outputs(process: subprocess.Popen[bytes], seconds: float, program: str) -> tuple[bytes, bytes]:
    """What a process prints and complains until it ends, bounded in time and size."""
    until = time.monotonic() + seconds
    taken: dict[Any, bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for stream in taken:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, until - time.monotonic()))
            for key, _ in ready:
                part = os.read(key.fd, 65536)
                taken[key.fileobj] += part
                if not part:
                    selector.unregister(key.fileobj)
            if any(len(found) > MOST_BYTES for found in taken.values()):
                raise IssuerError(f"{program} printed too much", "It has to print the certificate.")
            if not ready:
                raise _too_slow(program, seconds)
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _too_slow(program, seconds) from None
    return bytes(taken[process.stdout]), bytes(taken[process.stderr])


def _too_slow(program: str, seconds: float) -> IssuerError:
    return IssuerError(
        f"{program} did not end within {seconds:.0f} seconds",
        "Run it by hand with a request, or give it more seconds.",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """The whole group ends, also what the command left in the background."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _last_line(complained: bytes, secrets: list[str]) -> str:
    lines = complained.decode(errors="replace").strip().splitlines()
    told = lines[-1] if lines else ""
    for secret in secrets:
        told = told.replace(secret, "[secret]") if len(secret) >= 8 else told
    return f" ({one_line(told)})" if told else ""
