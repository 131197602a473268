"""What an answer says of an object, in whatever spelling Cloudflare gives it."""

from __future__ import annotations

from providers.api.answers import Binding


def test_a_binding_without_a_status_is_not_gone():
    row = Binding.read({"hostname": "App.Example.com.", "cert_id": "A", "enabled": True})
    assert row == Binding("app.example.com", "a", True, "")
    assert not row.is_deleted_or_deleting
