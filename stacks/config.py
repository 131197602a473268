"""The configuration of an environment: `stacks/Pulumi.<stack>.yaml`, key `aop:zones`.

Its certificates are in `certificate_config.py`, `aop:issuers` in `issuer_config.py`.

Certificates are files, private keys are references; nothing secret stands in these files. Every
mistake is one line that names the key and the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import pulumi
from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    field_validator,
    model_validator,
)

from providers import (
    PROJECT as PROJECT,  # operations ask here, as for everything of a stack's file
)
from providers import (
    AccountId,
    DestinationIds,
    Emails,
    Hostname,
    OriginAddress,
    Switch,
    TokenEnv,
    Unreachable,
    WaitSeconds,
    WarnDays,
    ZoneId,
    explain,
    is_common_name,
)

from .certificate_config import (
    AnyCertificateConfig,
    AnyHostnameCertificateConfig,
    IssuedCertificateConfig,
    KeyPair,
)
from .fields import Authority, CertificateFile, ServerName, SslMode, Stage, each_once
from .issuer_config import IssuerConfig, Surroundings, read_issuers
from .section import NAMESPACE, Section

KEY = "zones"
ISSUERS = "issuers"
ALERTS = "alerts"
ABSENT = object()


# The keys of `origin` that need no server and no stage.
FOR_TRIALS = {"try_", "try_unreachable", "hostnames"}


class OriginConfig(Section):
    """The origin servers of a zone, for whose hostnames the stack exports the directives.

    `hostnames` are those without a certificate of their own, besides the zone's name. `stages` has
    the stage of single hostnames. `also_trust` lists more CAs to trust while certificates of one
    are replaced by another's: `file:PATH`, or `cloudflare` for Cloudflare's. With `pin` only the
    configured certificate passes, and those in the files `pin_also`. `handshake` refuses in TLS.
    `try` lists the addresses (`ADDRESS:PORT`) that are asked with a new certificate before it is
    uploaded, `try_unreachable` says whether one without a clear answer is an error. Where nothing
    but these stands here no directives are exported, so server and stage can be left out. The
    others are fields of `origins.Origin`; `{hostname}` in a path stands for the hostname.
    """

    server: ServerName | None = None
    stage: Stage | None = None
    try_: tuple[OriginAddress, ...] = Field(default=(), alias="try")
    try_unreachable: Unreachable = "error"
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

    @model_validator(mode="after")
    def _has_what_directives_need(self) -> OriginConfig:
        is_for_trials = bool(self.try_) and self.model_fields_set <= FOR_TRIALS
        for key in ("server", "stage"):
            if getattr(self, key) is None and not is_for_trials:
                raise ValueError(f"{key} is missing. Add it.")
        return self

    def stage_of(self, hostname: str) -> Literal["optional", "on"]:
        """The stage of one hostname of the zone."""
        return self.stages.get(hostname) or self.stage or "optional"


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
    zone_certificate: AnyCertificateConfig | None = None
    hostname_certificates: dict[str, AnyHostnameCertificateConfig] = Field(default_factory=dict)
    origin: OriginConfig | None = None
    allow_removal: tuple[Hostname, ...] = ()
    overwrite: bool = False
    require_tls: bool = True
    warn_days: WarnDays | None = None
    max_hostname_certificates: Limit = 10
    max_hostnames_per_certificate: Limit | None = None
    wait_seconds: WaitSeconds = 300

    def certificates(self) -> dict[str, KeyPair | IssuedCertificateConfig]:
        """Every certificate of the zone, under the key that names it in the configuration."""
        own = {"zone_certificate": self.zone_certificate} if self.zone_certificate else {}
        return {**own, **self.hostname_certificates}

    def pairs(self) -> dict[str, KeyPair]:
        """Those of `certificates` that are given with their keys."""
        return {k: one for k, one in self.certificates().items() if isinstance(one, KeyPair)}

    def issued(self) -> dict[str, IssuedCertificateConfig]:
        """Those of `certificates` that an issuer signs."""
        found = self.certificates().items()
        return {k: one for k, one in found if isinstance(one, IssuedCertificateConfig)}

    def pairs_by_key(self, name: str) -> dict[str, KeyPair]:
        """The same as `pairs`, under the path to each in the configuration."""
        return {f'zones["{name}"].{self.path_to(k)}': pair for k, pair in self.pairs().items()}

    def path_to(self, key: str) -> str:
        """Where the certificate of this key stands in the zone's configuration."""
        is_of_hostnames = key in self.hostname_certificates
        return f"hostname_certificates.{key}" if is_of_hostnames else key

    def with_common_names(self, zone: str, owner: str) -> ZoneConfig:
        """The same with a name in each issued certificate; `ValueError` for one that cannot be.

        :param zone: the name of this zone.
        :param owner: PROJECT.STACK, which default names begin with.
        """
        users: dict[str, str] = {}
        named: dict[str, IssuedCertificateConfig] = {}
        for key, certificate in self.issued().items():
            label = key if key in self.hostname_certificates else "zone"
            name = certificate.common_name or f"{owner}.{zone}.{label}"
            if not is_common_name(name):
                raise ValueError(
                    f"{zone}, {self.path_to(key)}: {name} can be no common name, which has 1 to 64"
                    " letters, digits and . _ @ : / -. Give common_name."
                )
            if name in users:
                raise ValueError(
                    f"{zone}: {users[name]} and {self.path_to(key)} have the common_name {name},"
                    " and nobody could tell their certificates apart. Give one of them another."
                )
            users[name] = self.path_to(key)
            named[key] = certificate.model_copy(update={"common_name": name})
        own = {"zone_certificate": named.pop("zone_certificate", self.zone_certificate)}
        return self.model_copy(
            update={**own, "hostname_certificates": {**self.hostname_certificates, **named}}
        )

    @field_validator("hostname_certificates", mode="after")
    @classmethod
    def _no_hostname_twice(
        cls, value: dict[str, AnyHostnameCertificateConfig]
    ) -> dict[str, AnyHostnameCertificateConfig]:
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
    """All zones of an environment, under their names, and whom Cloudflare tells of them.

    `issuers` are those of the file, by name.
    """

    zones: Annotated[dict[Hostname, ZoneConfig], WrapValidator(each_once)]
    alerts: AlertsConfig | None = None
    issuers: Annotated[dict[str, IssuerConfig], PlainValidator(dict)] = Field(default_factory=dict)

    @field_validator("zones", mode="after")
    @classmethod
    def _named(cls, zones: dict[str, ZoneConfig], info: ValidationInfo) -> dict[str, ZoneConfig]:
        owner = info.context.owner if isinstance(info.context, Surroundings) else NAMESPACE
        return {name: zone.with_common_names(name, owner) for name, zone in zones.items()}

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


def parse(
    zones: Any,
    file: str,
    alerts: Any = ABSENT,
    issuers: Any = ABSENT,
    owner: str = NAMESPACE,
) -> Environment:
    """The environment from the values of `aop:zones`, `aop:alerts` and `aop:issuers`.

    :param owner: PROJECT.STACK, how the common names of issued certificates begin.
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
        known = {} if issuers is ABSENT else read_issuers(issuers)
        given = {} if alerts is ABSENT else {ALERTS: alerts}
        surroundings = Surroundings(known, owner)
        whole = {KEY: zones, ISSUERS: known, **given}
        return Environment.model_validate(whole, context=surroundings)
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
    alerts = _if_there(read, ALERTS, "a map with account_id and emails")
    issuers = _if_there(read, ISSUERS, "a map from names to issuers")
    owner = f"{pulumi.get_project()}.{pulumi.get_stack()}"
    environment = parse(zones, _file(), alerts, issuers, owner)
    for issuer in environment.issuers.values():
        issuer.authorities(_file())
    # Found missing only when its zone's turn comes, a file would stop `up` with half of the zones
    # made.
    for name, zone in environment.zones.items():
        for key, pair in zone.pairs_by_key(name).items():
            pair.pem(_file())
            pair.require_issuer(f"{_file()}: {key}.", _file())
            pair.require_key(f"{_file()}: {key}.", _file())
    return environment


def _if_there(read: Callable[[str], Any], key: str, what: str) -> Any:
    found = _value(read, key, what)
    # A value that is null reads as None, as one that is absent does.
    is_absent = found is None and pulumi.Config(NAMESPACE).get(key) is None
    return ABSENT if is_absent else found


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
