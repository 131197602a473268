"""What a process notes of its program: what is wanted in a zone, and what is this stack's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from providers.api.answers import Binding, UploadedCertificate
from providers.plugin.program import ZoneNotes

APP = "app.example.com"


@pytest.fixture
def notes() -> ZoneNotes:
    return ZoneNotes()


def test_what_one_resource_wants_is_wanted_in_the_whole_zone(notes):
    notes.want("hostname", APP)
    assert notes.wants("hostname", APP)
    assert not notes.wants("hostname", "www.example.com")


def test_wanted_certificates_are_told_by_level(notes):
    notes.want("certificate", "zone", "aa")
    notes.want("certificate", "hostname", "bb")
    notes.want("setting", "ssl")
    assert notes.wanted_certificates("zone") == {"aa"}
    assert notes.wanted_certificates("hostname") == {"bb"}


def test_of_a_hostname_the_last_binding_is_wanted(notes):
    first = Binding.read({"hostname": APP, "cert_id": "one", "enabled": True})
    assert first is not None
    notes.want_binding(first)
    notes.want_binding(replace(first, cert_id="two"))
    assert [(b.hostname, b.cert_id) for b in notes.wanted_bindings()] == [(APP, "two")]


def test_ids_and_uploads_of_this_stack_are_its_own_and_no_others(notes):
    notes.add_own(["one"])
    notes.add_own_uploads("zone", ["aa"])
    notes.want("certificate", "zone", "bb")
    assert notes.is_own("one")
    assert not notes.is_own("two")
    assert notes.is_own_upload("zone", "aa")
    assert notes.is_own_upload("zone", "bb")
    assert not notes.is_own_upload("hostname", "aa")


def test_a_certificate_seen_in_state_is_old_news_at_its_level_only(notes):
    notes.seen_in_state("zone", "aa")
    assert notes.was_in_state("zone", "aa")
    assert not notes.was_in_state("hostname", "aa")


def test_a_certificate_older_than_the_last_upload_of_state_was_displaced(notes):
    older = UploadedCertificate.read({"id": "1", "uploaded_on": "2026-11-24T12:00:00Z"})
    assert older is not None
    assert not notes.was_displaced(older)
    notes.add_last_upload("2026-11-25T12:00:00Z")
    notes.add_last_upload("2026-11-23T12:00:00Z")
    assert notes.was_displaced(older)
    assert not notes.was_displaced(replace(older, uploaded_on="2026-11-26T12:00:00Z"))


def test_predecessors_are_told_once_each_newest_first(notes):
    notes.replaces("zone", "aa", ["two", "one", "two"])
    assert notes.replaced_by("zone", "aa") == ("two", "one")
    assert notes.replaced_by("zone", "bb") == ()
