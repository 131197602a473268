"""The zones before and after a plan, from what its file tells."""

from __future__ import annotations

from operations.text import plain
from tests.operations.plans import (
    FAR,
    IDS,
    NEW,
    OLD,
    ZONE,
    bindings,
    certificate,
    report,
    step,
)

APP = "app.example.com"


def test_what_an_earlier_run_left_behind_is_no_change_of_a_hostname() -> None:
    leftover = step(
        "delete",
        "HostnameCertificate",
        "certificate",
        {"zone_id": ZONE, "certificate_sha256": OLD, "expires_on": FAR},
        None,
    )
    leftover["oldState"]["delete"] = True
    made = report(
        certificate("HostnameCertificate", NEW, NEW), leftover, bindings({APP: NEW}, {APP: NEW})
    )
    assert made.risk == "what others may use is touched; 1 hostname unchanged"
    assert (
        plain(made.order[0]) == "certificate: deletes certificate aaaaaaaa... once no hostname"
        " shows it"
    )


def test_the_certificate_of_a_binding_is_found_by_its_id_where_no_fingerprint_is_given() -> None:
    bound = {"zone_id": ZONE, "hostname": APP, "cert_id": IDS[OLD]}
    made = report(
        certificate("HostnameCertificate", OLD, OLD),
        step("same", "HostnameBinding", "app", bound, bound),
    )
    assert plain(made.changes[0].subject) == APP
    assert made.changes[0].after.certificate is not None
    assert made.changes[0].after.certificate.sha256 == OLD
