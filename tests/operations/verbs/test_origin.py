"""`origin` writes what the stack's configuration means, in configurations that servers accept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from issuers import authority
from issuers.authority import Identity
from operations.command import operations
from origins import SERVERS, bundle, cloudflare_ca, pin
from tests.operations.conftest import ZONE
from tests.origins import servers
from tests.origins.pki import SERVER_AUTH
from tests.origins.pki import make as certificate

NOW = datetime.now(UTC)
ENDS = NOW + timedelta(days=90)


class Origins:
    """A stack with one hostname on each level, its files, and `origin` on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = authority.make_ca(authority.common_name("A CA"), NOW)
        self.old_ca = authority.make_ca(authority.common_name("The old CA"), NOW)
        self.file("ca.pem", self.ca.pem)
        self.file("old-ca.pem", self.old_ca.pem)
        self.shop, self.zone = self.leaf("shop", self.ca), self.leaf("zone", self.ca)
        self.leaf("old", self.old_ca)
        zones = {
            "example.com": {
                "zone_id": ZONE,
                "zone_certificate": self.pair("zone"),
                "hostname_certificates": {
                    "shop": {
                        **self.pair("shop"),
                        "hostnames": {"shop.example.com": "on", "bare.example.com": "off"},
                    }
                },
            },
            "example.net": {"zone_id": ZONE.replace("0", "1"), "shared_certificate": "on"},
            "example.org": {"zone_id": ZONE.replace("0", "2")},
        }
        self.stack = self.file("Pulumi.test.yaml", yaml.safe_dump({"config": {"aop:zones": zones}}))

    def file(self, name: str, text: str) -> Path:
        (self.folder / name).write_text(text)
        return self.folder / name

    def leaf(self, name: str, ca: Identity) -> Identity:
        made = authority.make_leaf(ca, authority.common_name(name), ENDS)
        self.file(f"{name}.pem", made.pem)
        return made

    def pair(self, name: str) -> dict[str, str]:
        return {"certificate": f"file:{self.folder / name}.pem", "private_key": "env:KEY"}

    def run(self, *arguments: str, server: str | None = "nginx", code: int = 0) -> Result:
        fixed = ["origin", "--config", str(self.stack)]
        fixed += ["--server", server] if server else []
        done = CliRunner().invoke(operations, [*fixed, *arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        if code:
            assert len(done.stderr.splitlines()) == 1, done.stderr
            assert done.stdout == ""
        return done

    def configure(self, **origin: Any) -> None:
        """Gives example.com an `origin` with these keys."""
        zones = yaml.safe_load(self.stack.read_text())["config"]["aop:zones"]
        zones["example.com"]["origin"] = origin
        for pair in (zones["example.com"]["zone_certificate"], *self.hostname_pairs(zones)):
            pair["ca"] = f"file:{self.folder / 'ca.pem'}"
        self.file(self.stack.name, yaml.safe_dump({"config": {"aop:zones": zones}}))

    @staticmethod
    def hostname_pairs(zones: Any) -> list[dict[str, Any]]:
        return list(zones["example.com"]["hostname_certificates"].values())

    def json(self, *arguments: str, server: str | None = "nginx") -> Any:
        return json.loads(self.run(*arguments, "--json", server=server).stdout)

    @property
    def own(self) -> tuple[str, str]:
        return ("--ca", str(self.folder / "ca.pem"))


@pytest.fixture
def origins(tmp_path: Path) -> Origins:
    return Origins(tmp_path)


@pytest.mark.parametrize(
    ("hostname", "level"),
    [("shop.example.com", "hostname"), ("WWW.example.com.", "zone"), ("example.com", "zone")],
)
def test_an_own_certificate_is_trusted_by_its_ca(
    hostname: str, level: str, origins: Origins
) -> None:
    said = origins.json(hostname, *origins.own)
    assert (said["level"], said["zone"], said["depth"]) == (level, "example.com", 1)
    assert said["bundle"] == origins.ca.pem
    assert said["hostname"] == hostname.lower().rstrip(".")


def test_the_shared_certificate_is_trusted_by_cloudflares_ca_and_its_end_is_said(
    origins: Origins,
) -> None:
    done = origins.run("www.example.net")
    assert "Cloudflare's CA ends on 2029-11-01." in done.stderr
    said = origins.json("www.example.net")
    assert (said["level"], said["bundle"]) == ("global", bundle(cloudflare_ca.read()))


def test_an_own_ca_alone_says_nothing_of_cloudflares(origins: Origins) -> None:
    assert "Cloudflare's CA" not in origins.run("shop.example.com", *origins.own).stderr


def test_both_cas_are_trusted_while_certificates_are_replaced(origins: Origins) -> None:
    both = ("--also-trust", str(origins.folder / "old-ca.pem"), "--also-trust", "cloudflare")
    said = origins.json("shop.example.com", *origins.own, *both)
    assert said["bundle"] == bundle(origins.ca.pem, origins.old_ca.pem, cloudflare_ca.read())
    assert any("ends on 2029-11-01" in note for note in said["notes"])


def test_the_depth_is_that_of_the_real_chain(origins: Origins) -> None:
    root = certificate("root", ca=True)
    middle = certificate("intermediate", root, ca=True)
    origins.file("zone.pem", certificate("client", middle).pem)
    chain = str(origins.file("chain.pem", middle.pem + root.pem))
    assert origins.json("example.com", "--ca", chain)["depth"] == 2
    assert "SSLVerifyDepth 2" in origins.run("example.com", "--ca", chain, server="apache").stdout
    root_only = str(origins.file("root.pem", root.pem))
    done = origins.run("example.com", "--ca", root_only, code=1)
    assert "neither in the bundle nor in the chain" in done.stderr


def test_a_pin_lets_only_the_configured_certificate_pass(origins: Origins) -> None:
    text = origins.run("shop.example.com", *origins.own, "--pin", server="haproxy").stdout
    assert pin(origins.shop.pem).sha256 in text
    assert pin(origins.zone.pem).sha256 not in text
    also = ("--pin", "--pin-also", str(origins.folder / "old.pem"))
    old = ("--also-trust", str(origins.folder / "old-ca.pem"))
    assert len(origins.json("shop.example.com", *origins.own, *also, *old)["pins"]) == 2


WRONG = {
    "no zone": (("a.example.edu",), "is in none of its zones"),
    "a name that only ends like a zone": (("badexample.com",), "is in none of its zones"),
    "no level": (("www.example.org",), "example.org presents no certificate"),
    "switched off": (("bare.example.com",), "bare.example.com is off"),
    "no CA": (("shop.example.com",), "is signed by CN=A CA. Give the file of this CA"),
    "a CA that did not sign": (
        ("shop.example.com", "--ca", "old-ca.pem"),
        "neither in the bundle nor in the chain",
    ),
    "a leaf as CA": (("shop.example.com", "--ca", "shop.pem"), "is no CA"),
    "a CA for the shared one": (("www.example.net", "--ca", "ca.pem"), "Leave --ca out"),
    "the shared one pinned": (("www.example.net", "--pin"), "cannot be pinned"),
    "a pin that refuses the old": (
        ("shop.example.com", "--ca", "ca.pem", "--pin", "--also-trust", "old-ca.pem"),
        "pin: it would refuse",
    ),
    "a pin too many": (("example.com", "--ca", "ca.pem", "--pin-also", "old.pem"), "Give --pin"),
    "an old CA that is not there": (
        ("shop.example.com", "--ca", "ca.pem", "--also-trust", "gone.pem"),
        "gone.pem: No such file",
    ),
    "no hostname": (("*.example.com",), "has a wildcard"),
    "a path that ends a string": (
        ("www.example.net", "--client-ca", '/a"; deny all'),
        "is not an absolute path",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_would_refuse_everybody_or_nobody_is_one_line(case: str, origins: Origins) -> None:
    given, said = WRONG[case]
    files = [str(origins.folder / word) if word.endswith(".pem") else word for word in given]
    assert said in origins.run(*files, code=1).stderr


def test_a_certificate_that_is_not_there_is_one_line_that_names_the_stacks_file(
    origins: Origins,
) -> None:
    (origins.folder / "shop.pem").unlink()
    done = origins.run("shop.example.com", *origins.own, code=1)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: {origins.stack}: the certificate ")
    assert "shop.pem cannot be read" in line


def test_files_are_written_for_everybody_and_named_in_the_configuration(origins: Origins) -> None:
    folder = origins.folder / "out"
    origins.run("shop.example.com", *origins.own, "--write", str(folder))
    assert {p.name: p.stat().st_mode & 0o777 for p in folder.iterdir()} == {
        "shop.example.com.conf": 0o644,
        "shop.example.com-ca.pem": 0o644,
    }
    text = (folder / "shop.example.com.conf").read_text()
    assert f'ssl_client_certificate "{folder}/shop.example.com-ca.pem";' in text
    assert (folder / "shop.example.com-ca.pem").read_text() == origins.ca.pem


def test_files_are_overwritten_only_with_force(origins: Origins) -> None:
    folder = origins.folder / "out"
    verb = ("shop.example.com", *origins.own, "--write", str(folder))
    file = folder / "shop.example.com.conf"
    origins.run(*verb, "--stage", "optional")
    before = file.read_text()
    origins.run(*verb, "--stage", "optional")
    (folder / "shop.example.com-ca.pem").unlink()
    done = CliRunner().invoke(
        operations,
        ["origin", "--server", "nginx", "--config", str(origins.stack), "--stage", "on", *verb],
    )
    assert done.exit_code == 1
    assert f"{file} is there already" in done.stderr
    assert file.read_text() == before
    assert not (folder / "shop.example.com-ca.pem").exists()
    origins.run(*verb, "--stage", "on", "--force")
    assert "ssl_verify_client on;" in file.read_text()
    assert sorted(path.name for path in folder.iterdir()) == [
        "shop.example.com-ca.pem",
        "shop.example.com.conf",
    ]


def test_stdout_is_the_configuration_or_the_bundle_and_nothing_else(origins: Origins) -> None:
    said = origins.json("shop.example.com", *origins.own)
    assert origins.run("shop.example.com", *origins.own).stdout == said["configuration"]
    assert origins.run("shop.example.com", *origins.own, "--bundle").stdout == said["bundle"]


@pytest.mark.parametrize("stage", ["optional", "on"])
@pytest.mark.parametrize("server", servers.PROGRAMS)
def test_a_real_server_accepts_what_was_written(
    server: str, stage: str, origins: Origins, tmp_path: Path
) -> None:
    signer = certificate("shop.example.com", usage=SERVER_AUTH, names=("shop.example.com",))
    file = origins.file("server.pem", signer.pem)
    key = origins.folder / "server.pem.key"
    key.touch(mode=0o600)
    key.write_text(signer.key_pem)
    default = ("--default-host",) if SERVERS[server].has_default_host else ()
    own = ("--server-certificate", str(file), "--server-key", str(key))
    where = ("--address", "127.0.0.1", "--port", str(servers.free_port()))
    log = "/dev/log" if server == "haproxy" else str(tmp_path / "access.log")
    folder = ("--write", str(tmp_path / "out"), "--stage", stage, "--log", log)
    pinned = () if stage == "optional" else ("--pin",)
    verb = ("shop.example.com", *origins.own, *own, *where, *folder, *default, *pinned)
    origins.run(*verb, server=server)
    texts = [p.read_text() for p in sorted((tmp_path / "out").glob(f"*.{SERVERS[server].suffix}"))]
    assert len(texts) == 1 + len(default)
    servers.check(server, tmp_path / server, "".join(texts))


BLOCK: dict[str, Any] = {
    "server": "apache",
    "stage": "on",
    "stages": {"www.example.com": "optional"},
    "upstream": "127.0.0.1:9999",
    "server_certificate": "/etc/ssl/own/{hostname}.pem",
    "server_key": "/etc/ssl/own/{hostname}.key",
    "client_ca": "/etc/aop/{hostname}.pem",
    "header": "X-Verified",
    "log": "/var/log/{hostname}.log",
    "crl": "/etc/aop/lists.pem",
    "depth": 3,
    "port": 8443,
    "address": "192.0.2.1",
    "pin": True,
}


def test_what_is_not_given_is_as_the_stacks_file_says(origins: Origins) -> None:
    origins.configure(**BLOCK)
    said = origins.json("shop.example.com", server=None)
    text = said["configuration"]
    assert (said["server"], said["stage"], said["depth"]) == ("apache", "on", 3)
    assert said["client_ca"] == "/etc/aop/shop.example.com.pem"
    assert said["pins"][0]["sha256"] == pin(origins.shop.pem).sha256
    for line in (
        "<VirtualHost 192.0.2.1:8443>",
        'SSLCertificateFile "/etc/ssl/own/shop.example.com.pem"',
        'SSLCertificateKeyFile "/etc/ssl/own/shop.example.com.key"',
        'SSLCARevocationFile "/etc/aop/lists.pem"',
        'CustomLog "/var/log/shop.example.com.log"',
        "RequestHeader set X-Verified ",
        'ProxyPass "/" "http://127.0.0.1:9999/"',
    ):
        assert line in text
    assert "stage on (as the stack's file says)" in origins.run("shop.example.com").stderr


def test_a_hostname_of_the_stacks_file_may_have_a_stage_of_its_own(origins: Origins) -> None:
    origins.configure(**BLOCK)
    assert origins.json("www.example.com", server=None)["stage"] == "optional"


def test_what_is_given_goes_before_what_the_stacks_file_says(origins: Origins) -> None:
    origins.configure(**BLOCK)
    given = ("--stage", "optional", "--upstream", "127.0.0.1:1234", "--no-pin", "--port", "443")
    done = origins.run("shop.example.com", *given, server=None)
    assert "<VirtualHost 192.0.2.1:443>" in done.stdout
    assert "http://127.0.0.1:1234/" in done.stdout
    assert pin(origins.shop.pem).pem_sha1 not in done.stdout
    assert "stage optional (as --stage says)" in done.stderr


def test_another_server_than_that_of_the_file_has_its_own_key_and_log(origins: Origins) -> None:
    origins.configure(**{**BLOCK, "crl": "/etc/aop/lists.pem"})
    text = origins.run("shop.example.com", "--stage", "optional", server="haproxy").stdout
    assert 'log "/dev/log" local0' in text
    assert 'crt "/etc/ssl/own/shop.example.com.pem"' in text


def test_cas_for_a_change_are_those_of_the_stacks_file(origins: Origins) -> None:
    also = [f"file:{origins.folder / 'old-ca.pem'}"]
    origins.configure(server="nginx", stage="optional", also_trust=also)
    said = origins.json("shop.example.com", server=None)
    assert said["bundle"] == bundle(origins.ca.pem, origins.old_ca.pem)


def test_without_a_server_anywhere_the_line_says_where_it_may_stand(origins: Origins) -> None:
    done = origins.run("shop.example.com", *origins.own, server=None, code=1)
    assert "Which server? Give --server (nginx, apache, haproxy, caddy" in done.stderr
    assert "under example.com in the stack's file" in done.stderr


@pytest.mark.parametrize("server", servers.PROGRAMS)
def test_the_stage_is_optional_unless_somebody_says_on_and_then_there_is_a_log(
    server: str, origins: Origins
) -> None:
    done = origins.run("shop.example.com", *origins.own, server=server)
    assert "stage optional (the default)" in done.stderr
    assert "/dev/log" in done.stdout or "/shop.example.com-aop.log" in done.stdout


def test_a_fragment_is_written_with_the_parts_that_belong_elsewhere(origins: Origins) -> None:
    folder = origins.folder / "out"
    asked = ("shop.example.com", *origins.own, "--fragment", "--log", "/var/log/shop.log")
    said = origins.json(*asked)
    origins.run(*asked, "--write", str(folder))
    assert sorted(path.name for path in folder.iterdir()) == [
        "shop.example.com-ca.pem",
        "shop.example.com-fragment-http.conf",
        "shop.example.com-fragment.conf",
    ]
    assert "\nserver {" not in said["configuration"]
    assert said["parts"]["http"].startswith("log_format ")
    assert (folder / "shop.example.com-fragment-http.conf").read_text() == said["parts"]["http"]


def test_a_fragment_comes_without_a_default_host(origins: Origins) -> None:
    asked = ("shop.example.com", *origins.own, "--fragment", "--default-host")
    assert "write --default-host without it" in origins.run(*asked, code=1).stderr


def test_the_default_host_of_haproxy_is_its_frontend(origins: Origins) -> None:
    done = origins.run("shop.example.com", *origins.own, "--default-host", server="haproxy", code=1)
    assert "leave --default-host out" in done.stderr


def test_a_certificate_that_signed_itself_may_be_its_own_ca_and_a_line_says_what_that_means(
    origins: Origins,
) -> None:
    own = certificate("somebody").pem
    origins.file("shop.pem", own)
    done = origins.run("shop.example.com", "--ca", str(origins.folder / "shop.pem"))
    assert "CN=somebody signed itself" in done.stderr
    assert "trust its successor with --also-trust before" in done.stderr
