"""What is measured: the same hostnames, held by different resources."""

from __future__ import annotations

MANY = """
most = {most}
names = [f"h{{i:04}}.bench.example" for i in range({hostnames})]
pairs = {{f"c{{i}}": pair(f"c{{i}}-{version}") for i in range({certificates})}}
uploads = UploadLedger(
    "uploads", zone_id="{zone}",
    hostname_certificates={{name: one["certificate"] for name, one in pairs.items()}},
)
noted = pulumi.ResourceOptions(depends_on=[uploads])
certificates = [
    HostnameCertificate(name, zone_id="{zone}", opts=noted, **one) for name, one in pairs.items()
]
HostnameBindings(
    "hostnames", zone_id="{zone}", max_hostnames_per_certificate=most,
    bindings={{name: certificates[i // most].id for i, name in enumerate(names)}},
)
"""

SINGLE = """
certificate = HostnameCertificate("c0", zone_id="{zone}", **pair("c0-{version}"))
for i in range({hostnames}):
    HostnameBinding(
        f"h{{i:04}}", zone_id="{zone}", hostname=f"h{{i:04}}.bench.example", cert_id=certificate.id,
        max_hostnames_per_certificate={most},
    )
"""

ONE_BY_ONE = """
from benchmarks.one_by_one import Binding, Certificate
given = pair("c0-{version}")
key = (PROJECT / given["private_key"].removeprefix("file:")).read_text()
certificate = Certificate("c0", {{
    "zone_id": "{zone}", "certificate": given["certificate"],
    "private_key": pulumi.Output.secret(key),
}})
for i in range({hostnames}):
    Binding(f"h{{i:04}}", {{
        "zone_id": "{zone}", "hostname": f"h{{i:04}}.bench.example", "cert_id": certificate.id,
    }})
"""

EMPTY = """
from benchmarks.one_by_one import Empty
for i in range({hostnames}):
    Empty(f"h{{i:04}}", {{"hostname": f"h{{i:04}}.bench.example"}})
"""

ZONES = """
for zone in {zones}:
    one = pair("c0-{version}")
    uploads = UploadLedger(
        f"{{zone}}-uploads", zone_id=zone, zone_certificates={{"own": one["certificate"]}}
    )
    noted = pulumi.ResourceOptions(depends_on=[uploads])
    own = ZoneCertificate(f"{{zone}}-own", zone_id=zone, opts=noted, **one)
    ZoneSetting(
        f"{{zone}}-switch", zone_id=zone, setting="origin_tls_client_auth", value="on",
        opts=pulumi.ResourceOptions(depends_on=[own]),
    )
"""

GROWTH = """
for number, zone in enumerate({zones}):
    one = pair("c0-1")
    uploads = UploadLedger(
        f"{{zone}}-uploads", zone_id=zone, hostname_certificates={{"own": one["certificate"]}}
    )
    noted = pulumi.ResourceOptions(depends_on=[uploads])
    own = HostnameCertificate(f"{{zone}}-own", zone_id=zone, opts=noted, **one)
    HostnameBindings(
        f"{{zone}}-hostnames", zone_id=zone,
        bindings={{f"h{{i:04}}.zone{{number}}.example": own.id for i in range({each})}},
    )
"""

# Nothing of the project, its `__main__.py` neither: what the SDK and one plugin cost by themselves.
NOTHING_OF_OURS = """
from benchmarks.one_by_one import Empty

Empty("empty", {"hostname": "empty"})
"""

PROGRAMS = {"HostnameBindings": MANY, "HostnameBinding": SINGLE, "one by one": ONE_BY_ONE}
