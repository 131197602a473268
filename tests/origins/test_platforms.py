"""What is written for platforms that the tests cannot run, against their schemas and by form."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from origins import SERVERS, Origin, Pin, bundle, configuration, fragment

from . import servers
from .pki import Folder

PLATFORMS = [name for name in SERVERS if name not in servers.SERVERS]
SCHEMA = json.loads(Path(__file__).with_name("gateway_tls.schema.json").read_text())
PIN = Pin("a" * 64, "b" * 40, "c" * 40)


def origin(folder: Folder, **known: Any) -> Origin:
    given = {"client_ca": "/etc/aop/ca.pem", "authorities": bundle(folder.root.pem), **known}
    return Origin("shop.example.com", "/etc/ssl/shop.pem", "/etc/ssl/shop.key", **given)


def documents(server: str, folder: Folder, **known: Any) -> list[Any]:
    return list(yaml.safe_load_all(configuration(server, origin(folder, **known))))


@pytest.mark.parametrize(("stage", "mode"), [("on", "Valid"), ("optional", "Insecure")])
@pytest.mark.parametrize("port", [443, 8443])
def test_a_gateway_validates_clients_as_its_schema_has_it(
    stage: str, mode: str, port: int, folder: Folder
) -> None:
    cas, gateway = documents("gateway-api", folder, stage=stage, port=port)
    Draft202012Validator(SCHEMA).validate(gateway["spec"]["tls"])
    frontend = gateway["spec"]["tls"]["frontend"]
    if port == 443:
        validation = frontend["default"]["validation"]
    else:
        assert frontend["default"] == {}
        (of_port,) = frontend["perPort"]
        assert of_port["port"] == port
        validation = of_port["tls"]["validation"]
    assert validation["mode"].startswith(f"Allow{mode}")
    (reference,) = validation["caCertificateRefs"]
    assert (reference["kind"], reference["name"]) == ("ConfigMap", cas["metadata"]["name"])
    assert cas["data"]["ca.crt"] == bundle(folder.root.pem)


def test_the_schema_refuses_where_the_field_stood_before_the_standard(folder: Folder) -> None:
    _, gateway = documents("gateway-api", folder)
    tls = gateway["spec"]["tls"]
    assert Draft202012Validator(SCHEMA).is_valid(tls)
    wrong: Any = {"frontend": {"default": {"frontendValidation": {}}}}
    assert not Draft202012Validator(SCHEMA).is_valid(wrong)


def test_ingress_nginx_gets_a_secret_and_the_annotations_that_name_it(folder: Folder) -> None:
    secret, ingress = documents("ingress-nginx", folder, depth=3)
    assert secret["stringData"]["ca.crt"] == bundle(folder.root.pem)
    noted = {key.partition("/")[2]: it for key, it in ingress["metadata"]["annotations"].items()}
    assert noted == {
        "auth-tls-secret": f"NAMESPACE/{secret['metadata']['name']}",
        "auth-tls-verify-client": "on",
        "auth-tls-verify-depth": "2",
        "auth-tls-pass-certificate-to-upstream": "false",
    }
    assert "retired in March 2026" in configuration("ingress-nginx", origin(folder))


def test_traefik_gets_options_that_its_router_names(folder: Folder) -> None:
    (found,) = documents("traefik", folder)
    ((name, options),) = found["tls"]["options"].items()
    assert options["clientAuth"] == {
        "caFiles": ["/etc/aop/ca.pem"],
        "clientAuthType": "RequireAndVerifyClientCert",
    }
    (router,) = found["http"]["routers"].values()
    assert router["tls"]["options"] == name
    assert router["rule"] == "Host(`shop.example.com`)"
    (middleware,) = found["http"]["middlewares"].values()
    headers = middleware["headers"]["customRequestHeaders"]
    assert (headers["X-Client-Verify"], headers["X_Client_Verify"]) == ("SUCCESS", "")


@pytest.mark.parametrize(("stage", "mode"), [("on", "verify"), ("optional", "passthrough")])
def test_the_commands_for_aws_are_a_shell_script_that_sets_the_mode(
    stage: str, mode: str, folder: Folder
) -> None:
    text = configuration("aws-alb", origin(folder, stage=stage))
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Mode={mode}" in text


@pytest.mark.parametrize("server", PLATFORMS)
@pytest.mark.parametrize("stage", ["optional", "on"])
def test_each_text_says_that_nobody_ran_it(server: str, stage: str, folder: Folder) -> None:
    known = origin(folder, stage=stage)
    for text in (configuration(server, known), fragment(server, known).text):
        assert "not run by this project" in text.lower()
        assert "shop.example.com" in text


@pytest.mark.parametrize("server", PLATFORMS)
@pytest.mark.parametrize(
    ("key", "known"), [("pin", {"pins": (PIN,)}), ("crl", {"crl": "/etc/aop/crl.pem"})]
)
def test_what_a_platform_cannot_hold_is_refused_and_never_left_out(
    server: str, key: str, known: Any, folder: Folder
) -> None:
    with pytest.raises(ValueError, match=f"^{key}: .* knows no such thing") as raised:
        configuration(server, origin(folder, **known))
    assert len(str(raised.value).splitlines()) == 1
