"""AWS Application Load Balancer: a trust store and the mode of a listener, by the AWS CLI.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
Not run by this project: commands and parameters are checked against AWS's own model of the API
(botocore 1.44.8). The load balancer refuses in TLS.
"""

from __future__ import annotations

import hashlib

from .origin import Origin
from .server import Fragment, Server, refuse_fields

STORE = '--ca-certificates-bundle-s3-bucket "$BUCKET" --ca-certificates-bundle-s3-key'


def fragment(origin: Origin) -> Fragment:
    """The commands that make or replace the trust store, and give it to the listener."""
    refuse_fields(origin, SERVER.title, "pins", "crl", "acme", "max_body")
    # At most 32 letters, digits and hyphens.
    name = f"aop-{hashlib.sha256(str(origin.hostname).encode()).hexdigest()[:16]}"
    key = f"{name}-ca.pem"
    verifying = (
        ': "${BUCKET:?the S3 bucket for the CAs}"',
        f'aws s3 cp "{origin.client_ca}" "s3://$BUCKET/{key}"',
        f"STORE=$(aws elbv2 describe-trust-stores --names {name} \\",
        "    --query 'TrustStores[0].TrustStoreArn' --output text 2>/dev/null || true)",
        'if [ -n "$STORE" ]; then',
        f'    aws elbv2 modify-trust-store --trust-store-arn "$STORE" {STORE} {key}',
        "else",
        f"    STORE=$(aws elbv2 create-trust-store --name {name} {STORE} {key} \\",
        "        --query 'TrustStores[0].TrustStoreArn' --output text)",
        "fi",
        'aws elbv2 modify-listener --listener-arn "$LISTENER_ARN" --mutual-authentication \\',
        '    "Mode=verify,TrustStoreArn=$STORE,IgnoreClientCertificateExpiry=false"',
    )
    passing = (
        'aws elbv2 modify-listener --listener-arn "$LISTENER_ARN" \\',
        "    --mutual-authentication Mode=passthrough",
    )
    return Fragment(
        (
            f"AWS ALB: {origin.hostname}, client certificates {origin.stage}, for /bin/sh with the",
            "AWS CLI. It holds for every host of the listener. At the stage optional nothing is",
            "verified: connection logs, and X-Amzn-Mtls-Clientcert at the targets, tell who came.",
            "Not run by this project; checked against AWS's model of the API.",
        ),
        (
            "set -eu",
            ': "${LISTENER_ARN:?the ARN of the HTTPS listener}"',
            *(verifying if origin.stage == "on" else passing),
        ),
    )


def text(origin: Origin) -> str:
    """The same as the fragment: the listener is there already."""
    return fragment(origin).text


SERVER = Server("aws-alb", "AWS ALB", "sh", text, fragment, "", has_default_host=False)
