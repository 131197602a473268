"""What is cut off: each scenario is the program before, and what a person then runs."""

from __future__ import annotations

from dataclasses import dataclass

BINDINGS_AFTER = "opts=pulumi.ResourceOptions(depends_on=[switch])"

# As `ProtectedZone` has it: what will be uploaded is in state first.
UPLOADS = """
uploads = UploadLedger("uploads", zone_id=ZONE, {})
noted = pulumi.ResourceOptions(depends_on=[uploads])
"""
ZONE_UPLOADS = 'zone_certificates={"zone": pair("zone")["certificate"]}'
PAY_UPLOADS = 'hostname_certificates={"pay": pair("pay")["certificate"]}'

LEVELS = f"""{UPLOADS.format(f"{ZONE_UPLOADS}, {PAY_UPLOADS}")}
own = ZoneCertificate("zone", zone_id=ZONE, opts=noted, **pair("zone"))
shared = ZoneSetting("shared", zone_id=ZONE, setting="tls_client_auth", value="on")
switch = ZoneSetting(
    "switch", zone_id=ZONE, setting="origin_tls_client_auth", value="on", on_destroy="off",
    opts=pulumi.ResourceOptions(depends_on=[own]),
)
pay = HostnameCertificate("pay", zone_id=ZONE, opts=noted, **pair("pay"))
HostnameBindings(
    "map", zone_id=ZONE, bindings={{"a.example.com": pay.id, "b.example.com": pay.id}},
    {BINDINGS_AFTER},
)
HostnameBinding("one", zone_id=ZONE, hostname="c.example.com", cert_id=pay.id, {BINDINGS_AFTER})
"""

ZONE_ONLY = f"""{UPLOADS.format(ZONE_UPLOADS)}
own = ZoneCertificate("zone", zone_id=ZONE, opts=noted, **pair("zone"))
ZoneSetting(
    "switch", zone_id=ZONE, setting="origin_tls_client_auth", value="on",
    opts=pulumi.ResourceOptions(depends_on=[own]),
)
"""

SINGLE = f"""{UPLOADS.format(PAY_UPLOADS)}
pay = HostnameCertificate("pay", zone_id=ZONE, opts=noted, **pair("pay"))
HostnameBinding("one", zone_id=ZONE, hostname="a.example.com", cert_id=pay.id)
HostnameBinding("two", zone_id=ZONE, hostname="b.example.com", cert_id=pay.id)
"""

MANY = (
    UPLOADS.format(PAY_UPLOADS)
    + """
pay = HostnameCertificate("pay", zone_id=ZONE, opts=noted, **pair("pay"))
HostnameBindings(
    "map", zone_id=ZONE,
    bindings={f"{name}.example.com": pay.id for name in ("a", "b", "c")},
)
"""
)

# More than fit into one request: three travel at once.
HUNDREDS = """
names = ("pay", "api", "app")
uploads = UploadLedger(
    "uploads", zone_id=ZONE, hostname_certificates={n: pair(n)["certificate"] for n in names}
)
noted = pulumi.ResourceOptions(depends_on=[uploads])
certificates = [HostnameCertificate(n, zone_id=ZONE, opts=noted, **pair(n)) for n in names]
HostnameBindings(
    "map", zone_id=ZONE,
    bindings={f"h{i}.example.com": certificates[i // 84].id for i in range(252)},
)
"""

RENAMED = f"""{UPLOADS.format(PAY_UPLOADS)}
pay = HostnameCertificate("pay", zone_id=ZONE, opts=noted, **pair("pay"))
HostnameBinding("renamed", zone_id=ZONE, hostname="a.example.com", cert_id=pay.id)
HostnameBindings("map", zone_id=ZONE, bindings={{"b.example.com": pay.id}})
"""

# One alert is changed, one goes, and one comes.
ALERTS = """
ExpiryAlert("zone", account_id=ACCOUNT, level="zone", emails=["team@example.com"])
ExpiryAlert("hostname", account_id=ACCOUNT, level="hostname", emails=["team@example.com"])
"""
OTHER_ALERTS = """
ExpiryAlert("zone", account_id=ACCOUNT, level="zone", emails=["on-call@example.com"])
ExpiryAlert("app", account_id=ACCOUNT, level="hostname", emails=["team@example.com"])
"""

# Each run makes a new key and so another certificate: only its subject says whose it is.
ISSUED_NAMES = ("aop.test.zone", "aop.test.shop")
ISSUED = """
issued = dict(
    zone_id=ZONE, issuer_name="internal", ca=(PROJECT / FOLDER / "issuer.pem").read_text(),
    issuer_settings={"ca_key": {"certificate": f"file:{FOLDER}/issuer.pem",
                                "key": f"file:{FOLDER}/issuer.key"}},
)
"""
ISSUED_ZONE = f"""{UPLOADS.format('zone_certificates={"zone": "CN=aop.test.zone"}')}{ISSUED}
own = IssuedZoneCertificate("zone", common_name="aop.test.zone", opts=noted, **issued)
ZoneSetting(
    "switch", zone_id=ZONE, setting="origin_tls_client_auth", value="on",
    opts=pulumi.ResourceOptions(depends_on=[own]),
)
"""
ISSUED_HOSTNAME = f"""{UPLOADS.format('hostname_certificates={"shop": "CN=aop.test.shop"}')}{ISSUED}
shop = IssuedHostnameCertificate("shop", common_name="aop.test.shop", opts=noted, **issued)
HostnameBinding("one", zone_id=ZONE, hostname="a.example.com", cert_id=shop.id)
"""
# A certificate of 90 days is renewed in its last third.
DUE_AFTER = 61


@dataclass(frozen=True)
class Scenario:
    """`before` is in force when the cut run begins; `after` None means destroy.

    `then` is the program that heals, where it is not `after`: a run that was cut off and whose
    program was changed before the next one. `protected` are the hostnames that must present a
    certificate at every instant. `before` was brought into force so many `days_ago`.
    """

    name: str
    before: str
    after: str | None
    protected: tuple[str, ...]
    then: str | None = None
    days_ago: float = 0

    @property
    def is_issued(self) -> bool:
        """Whether a certificate is issued anew in each run."""
        return any(name in self.before + (self.after or "") for name in ISSUED_NAMES)


def rotate(program: str, name: str) -> str:
    """The program with another certificate in place of `name`."""
    return program.replace(f'pair("{name}")', f'pair("{name}-next")')


def move(program: str) -> str:
    """The program with another hostname in place of `a.example.com`."""
    return program.replace("a.example.com", "moved.example.com").replace('in ("a",', 'in ("moved",')


A, B, C = "a.example.com", "b.example.com", "c.example.com"

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("create", "", LEVELS, ("*",)),
        Scenario("rotate-single", SINGLE, rotate(SINGLE, "pay"), (A, B)),
        Scenario("rotate-many", MANY, rotate(MANY, "pay"), (A, B, C)),
        Scenario(
            "rotate-hundreds",
            HUNDREDS,
            HUNDREDS.replace("pair(n)", 'pair(f"{n}-next")'),
            tuple(f"h{i}.example.com" for i in range(252)),
        ),
        Scenario("rotate-zone", ZONE_ONLY, rotate(ZONE_ONLY, "zone"), ("*",)),
        Scenario("change-hostname", SINGLE, move(SINGLE), (B,)),
        Scenario("change-hostname-many", MANY, move(MANY), (B, C)),
        Scenario("destroy", LEVELS, None, ("*",)),
        Scenario("reverted", SINGLE, rotate(SINGLE, "pay"), (A, B), SINGLE),
        Scenario("reverted-zone", ZONE_ONLY, rotate(ZONE_ONLY, "zone"), ("*",), ZONE_ONLY),
        Scenario("create-issued-zone", "", ISSUED_ZONE, ("*",)),
        Scenario("create-issued-hostname", "", ISSUED_HOSTNAME, (A,)),
        Scenario("renew-zone", ISSUED_ZONE, ISSUED_ZONE, ("*",), days_ago=DUE_AFTER),
        Scenario("renew-hostname", ISSUED_HOSTNAME, ISSUED_HOSTNAME, (A,), days_ago=DUE_AFTER),
        Scenario("alerts", ALERTS, OTHER_ALERTS, ()),
        Scenario("alerts-destroyed", ALERTS, None, ()),
        Scenario(
            "renamed-and-moved",
            SINGLE,
            rotate(SINGLE, "pay"),
            (A, B),
            then=rotate(RENAMED, "pay"),
        ),
    )
}
