"""The configuration of an environment: `stacks/Pulumi.<stack>.yaml`, key `aop:zones`.

Certificates are files, private keys are references; nothing secret stands in these files. Every
mistake is one line that names the key and the file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pulumi
from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    field_validator,
    model_validator,
)

from origins import bundle, chain_depth, pin
from providers import (
    PROJECT as PROJECT,  # operations ask here, as for everything of a stack's file
)
from providers import (
    AccountId,
    DestinationIds,
    Emails,
    Hostname,
    Inputs,
    Reference,
    Switch,
    TokenEnv,
    UnreadableReference,
    WaitSeconds,
    WarnDays,
    ZoneId,
    authorities_in_file,
    explain,
    leaf_in_file,
    require_matching_key,
)

from .fields import Authority, CertificateFile, KeyReference, ServerName, SslMode, Stage, each_once

NAMESPACE = "aop"
KEY = "zones"
ALERTS = "alerts"
ABSENT = object()


def read_authorities(reference: str, file: str = "") -> str:
    """The PEM of the CAs in `file:PATH`; `pulumi.RunError`, beginning with `file`, without them."""
    return _read_file(authorities_in_file, reference, file)


def read_leaf(reference: str, file: str = "") -> str:
    """The PEM of the leaf in `file:PATH`; `pulumi.RunError` as `read_authorities`."""
    return _read_file(leaf_in_file, reference, file)


def _read_file(read: Callable[[str, Path], str], reference: str, file: str) -> str:
    try:
        return read(reference.removeprefix("file:"), PROJECT)
    except UnreadableReference as error:
        where = f"{file}: " if file else ""
        # Nobody's real certificates lie there.
        is_a_test = reference.startswith("file:.local/")
        hint = " `make up` makes test certificates for the sandbox." if is_a_test else ""
        raise pulumi.RunError(f"{where}{error.fact}. {error.next_step}{hint}") from None


class Section(Inputs):
    """A part of the configuration. A key without a value is refused, never read as absent.

    Who empties a key by mistake, with a comment in place of its value for instance, would take
    away the certificate that it names.
    """

    @field_validator("*", mode="before")
    @classmethod
    def _is_not_empty(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name == "hostnames":
            raise ValueError("has no value. List the hostnames below it, or write [] for none.")
        if value is None:
            raise ValueError("has no value. Give it one, or remove the line to take it away.")
        return value


class KeyPair(Section):
    """A certificate (`file:PATH`) and its key (`env:NAME`, `file:PATH` or `secret:KEY`).

    `passphrase` is the one of an encrypted key, `env:NAME` or `file:PATH`.
    `ca` is the CA that signed it, with its intermediates, `file:PATH`: what the origin trusts.
    """

    certificate: CertificateFile
    private_key: KeyReference
    passphrase: Reference | None = None
    ca: CertificateFile | None = None

    def pem(self, file: str = "") -> str:
        """The PEM of the leaf alone; `pulumi.RunError` as `read_authorities`."""
        return read_leaf(self.certificate, file)

    def require_issuer(self, where: str = "", file: str = "") -> None:
        """`pulumi.RunError` when `ca` did not sign the certificate: origins would refuse it.

        :param where: what the error begins with, before `ca`.
        """
        if self.ca is None:
            return
        certificate, authority = self.pem(file), read_authorities(self.ca, file)
        try:
            pin(certificate)
        except ValueError:
            # The resource says what is wrong with the text of its certificate.
            return
        try:
            chain_depth(certificate, bundle(authority))
        except ValueError as error:
            raise pulumi.RunError(
                f"{where}ca: {error} Give the CA that signed the certificate; the CA before a"
                " change stays under origin.also_trust (docs/rotation.md)."
            ) from None

    def require_key(self, where: str = "", file: str = "") -> None:
        """`pulumi.RunError` when what can be read is no certificate and its key.

        A key that cannot be read is no fault here: previews need none (law 4).
        """
        if self.private_key.startswith("secret:"):
            return
        try:
            require_matching_key(self.pem(file), self.private_key, self.passphrase, os.environ)
        except UnreadableReference:
            return
        except ValueError as error:
            kind, _, fault = str(error).partition(": ")
            reference = self.certificate if kind == "certificate" else self.private_key
            raise pulumi.RunError(f"{where}{kind} ({reference}): {fault}") from None

    def key(self) -> pulumi.Input[str]:
        """What a certificate resource takes as `private_key`."""
        kind, _, name = self.private_key.partition(":")
        if kind == "secret":
            return pulumi.Config(NAMESPACE).require_secret(name)
        return self.private_key


class HostnameCertificateConfig(KeyPair):
    """A certificate for hostnames.

    `hostnames` is a list, or a map to `on` or `off`: off presents no certificate at all.
    `external: true` allows hostnames outside the zone's name (Cloudflare for SaaS).
    """

    hostnames: Annotated[dict[Hostname, Switch], WrapValidator(each_once)]
    external: bool = False


class OriginConfig(Section):
    """The origin servers of a zone, for whose hostnames the stack exports the directives.

    `hostnames` are those without a certificate of their own, besides the zone's name. `stages` has
    the stage of single hostnames. `also_trust` lists more CAs to trust while certificates of one
    are replaced by another's: `file:PATH`, or `cloudflare` for Cloudflare's. With `pin` only the
    configured certificate passes, and those in the files `pin_also`. `handshake` refuses in TLS.
    The others are fields of `origins.Origin`; `{hostname}` in a path stands for the hostname.
    """

    server: ServerName
    stage: Stage
    stages: dict[Hostname, Stage] = Field(default_factory=dict)
    hostnames: tuple[Hostname, ...] = ()
    also_trust: tuple[Authority, ...] = ()
    pin: bool = False
    pin_also: tuple[CertificateFile, ...] = ()
    handshake: bool = False
    upstream: str | None = None
    server_certificate: str | None = None
    server_key: str | None = None
    client_ca: str | None = None
    address: str | None = None
    port: int | None = None
    header: str | None = None
    log: str | None = None
    crl: str | None = None
    depth: int | None = None
    max_body: str | int | None = None
    acme: str | None = None
    acme_port: int | None = None

    def stage_of(self, hostname: str) -> Literal["optional", "on"]:
        """The stage of one hostname of the zone."""
        return self.stages.get(hostname, self.stage)


def _limit(value: Any) -> Any:
    if type(value) is not int or value < 1:
        raise ValueError("is not a whole number above 0. Write Cloudflare's limit for this zone.")
    return value


Limit = Annotated[int, BeforeValidator(_limit)]


class ZoneConfig(Section):
    """A zone and the levels it shall have; what is left out is not managed.

    `ssl` is the SSL mode, `shared_certificate` the switch of Cloudflare's own certificate,
    `zone_certificate` an own certificate for the whole zone, `hostname_certificates` own
    certificates by a name of your choice, `origin` the server behind the zone. `moved_from` is the
    zone_id before: without it a changed zone_id is refused. `token_env` names the environment
    variable of this zone's token, `warn_days` how many days before their end previews and
    `expiry` warn of its certificates. `max_hostname_certificates` is for `preflight`, where
    Cloudflare has raised the zone's limit. The other keys are the inputs of the resources by the
    same names.
    """

    zone_id: ZoneId
    moved_from: ZoneId | None = None
    token_env: TokenEnv | None = None
    ssl: SslMode | None = None
    shared_certificate: Switch | None = None
    zone_certificate: KeyPair | None = None
    hostname_certificates: dict[str, HostnameCertificateConfig] = Field(default_factory=dict)
    origin: OriginConfig | None = None
    allow_removal: tuple[Hostname, ...] = ()
    overwrite: bool = False
    require_tls: bool = True
    warn_days: WarnDays | None = None
    max_hostname_certificates: Limit = 10
    max_hostnames_per_certificate: Limit | None = None
    wait_seconds: WaitSeconds = 300

    def pairs(self) -> dict[str, KeyPair]:
        """Every certificate of the zone, under the key that names it in the configuration."""
        own = {"zone_certificate": self.zone_certificate} if self.zone_certificate else {}
        return {**own, **self.hostname_certificates}

    def pairs_by_key(self, name: str) -> dict[str, KeyPair]:
        """Every certificate of the zone, under the path to it in the configuration."""
        own = {"zone_certificate": self.zone_certificate} if self.zone_certificate else {}
        others = {f"hostname_certificates.{k}": v for k, v in self.hostname_certificates.items()}
        return {f'zones["{name}"].{key}': pair for key, pair in {**own, **others}.items()}

    @field_validator("hostname_certificates", mode="after")
    @classmethod
    def _no_hostname_twice(
        cls, value: dict[str, HostnameCertificateConfig]
    ) -> dict[str, HostnameCertificateConfig]:
        seen: dict[str, str] = {}
        for name, certificate in value.items():
            for hostname in certificate.hostnames:
                if hostname in seen:
                    raise ValueError(
                        f"{hostname} stands under {seen[hostname]} and under {name}. Keep one."
                    )
                seen[hostname] = name
        return value


class AlertsConfig(Section):
    """Whom Cloudflare tells before certificates end: key `aop:alerts`.

    `levels` are those of the certificates, both by default. An alert concerns every zone of the
    account. `token_env` names the environment variable of the account's token; the other keys are
    the inputs of `ExpiryAlert` by the same names.
    """

    account_id: AccountId
    levels: tuple[Literal["zone", "hostname"], ...] = ("zone", "hostname")
    emails: Emails = ()
    webhooks: DestinationIds = ()
    pagerduty: DestinationIds = ()
    overwrite: bool = False
    token_env: TokenEnv | None = None

    @model_validator(mode="after")
    def _tells_somebody(self) -> AlertsConfig:
        if not (self.levels and (self.emails or self.webhooks or self.pagerduty)):
            raise ValueError(
                "nobody would be told. Give levels, and emails, webhooks or pagerduty."
            )
        return self


class Environment(Section):
    """All zones of an environment, under their names, and whom Cloudflare tells of them."""

    zones: Annotated[dict[Hostname, ZoneConfig], WrapValidator(each_once)]
    alerts: AlertsConfig | None = None

    @field_validator("zones", mode="after")
    @classmethod
    def _consistent(cls, zones: dict[str, ZoneConfig]) -> dict[str, ZoneConfig]:
        ids: dict[str, str] = {}
        for name, zone in zones.items():
            if zone.zone_id in ids:
                raise ValueError(
                    f"zones {ids[zone.zone_id]} and {name} have the same zone_id. Correct one."
                )
            ids[zone.zone_id] = name
            for label, certificate in zone.hostname_certificates.items():
                for hostname in certificate.hostnames:
                    inside = hostname == name or hostname.endswith(f".{name}")
                    if not inside and not certificate.external:
                        raise ValueError(
                            f"{hostname} under hostname_certificates.{label} is not in {name}."
                            " Correct it, or set external: true."
                        )
        return zones


def parse(zones: Any, file: str, alerts: Any = ABSENT) -> Environment:
    """The environment from the values of `aop:zones` and `aop:alerts`.

    :raises pulumi.RunError: it names key and file.
    """
    if isinstance(zones, list):
        raise pulumi.RunError(
            f"{file}: {NAMESPACE}:{KEY} is a list. Write each zone's name as a key, without the"
            " dash: `example.com:`."
        )
    if not isinstance(zones, Mapping) or not zones:
        raise pulumi.RunError(f"{file}: {_why_missing(file)}")
    if misplaced := [name for name in zones if name in ZoneConfig.model_fields]:
        lines = [
            f"{file}: {KEY}.{key}: is a key of a zone. Indent it and what is below it by two more."
            for key in misplaced
        ]
        raise pulumi.RunError("\n".join(lines))
    try:
        given = {} if alerts is ABSENT else {ALERTS: alerts}
        return Environment.model_validate({KEY: zones, **given})
    except ValidationError as error:
        raise pulumi.RunError("\n".join(f"{file}: {line}" for line in explain(error))) from None


def _why_missing(file: str) -> str:
    """In which way `aop:zones` is missing from a stack's file, with the next step."""
    try:
        text = (PROJECT / file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        text = ""
    spelt = re.findall(r"^(config)[ \t]*:", text, re.IGNORECASE | re.MULTILINE)
    if spelt and "config" not in spelt:
        return f"the file has {spelt[0]}:, and Pulumi reads config:. Correct the spelling."
    return (
        f"{NAMESPACE}:{KEY} is missing. Write each zone there under its name;"
        " stacks/Pulumi.dev.yaml shows how."
    )


def load(read: Callable[[str], Any] | None = None) -> Environment:
    """The environment of the selected stack; `pulumi.RunError` also for a missing certificate."""
    read = read or pulumi.Config(NAMESPACE).get_object
    zones = _value(read, KEY, "a map from zone names to zones")
    alerts = _value(read, ALERTS, "a map with account_id and emails")
    # A value that is null reads as None, as one that is absent does.
    is_absent = alerts is None and pulumi.Config(NAMESPACE).get(ALERTS) is None
    environment = parse(zones, _file(), ABSENT if is_absent else alerts)
    # Found missing only when its zone's turn comes, a file would stop `up` with half of the zones
    # made.
    for name, zone in environment.zones.items():
        for key, pair in zone.pairs_by_key(name).items():
            pair.pem(_file())
            pair.require_issuer(f"{_file()}: {key}.", _file())
            pair.require_key(f"{_file()}: {key}.", _file())
    return environment


def _value(read: Callable[[str], Any], key: str, what: str) -> Any:
    try:
        return read(key)
    except (pulumi.ConfigTypeError, ValueError):
        raise pulumi.RunError(f"{_file()}: {NAMESPACE}:{key} is not {what}.") from None


def declared_in(name: str) -> str:
    """Where the selected stack configures a zone, as errors of its resources say it."""
    return f'zones["{name}"] in {_file()}'


def _file() -> str:
    return f"stacks/Pulumi.{pulumi.get_stack()}.yaml"
