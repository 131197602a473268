"""A list is read once for all threads that ask at about the same time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from providers.api.cached_list import CachedList
from providers.api.errors import CloudflareError, Refused, about
from providers.hostname_binding import HostnameBindingProvider
from providers.plugin import session
from tests.conftest import TOKEN, ZONE
from tests.pki import make
from tests.providers.life import Life
from tests.sandbox_server import SandboxThread


class Slow:
    """Reads that last until they are let go; each counts, and fails where a test says so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count = 0
        self.error = error
        self.began = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def __call__(self) -> int:
        self.count += 1
        number = self.count
        self.began.release()
        assert self.go.acquire(timeout=10)
        if self.error is not None:
            raise self.error
        return number


def wait_for(cached: CachedList[int], waiters: int) -> None:
    ends = time.monotonic() + 10
    while len(cached._changed._waiters) < waiters:  # type: ignore[attr-defined]
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_who_asks_while_a_read_runs_takes_its_answer_however_long_it_took():
    slow, now = Slow(), [0.0]
    cached = CachedList(slow, lambda: now[0])
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(cached.get)
        assert slow.began.acquire(timeout=10)
        now[0] = 4.0
        others = [pool.submit(cached.get) for _ in range(8)]
        wait_for(cached, 8)
        slow.go.release()
        assert {first.result(10), *(other.result(10) for other in others)} == {1}
    assert slow.count == 1


def test_a_read_that_began_before_our_write_does_not_serve_who_asks_after_it():
    slow = Slow()
    cached = CachedList(slow, lambda: 0.0)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(cached.get)
        assert slow.began.acquire(timeout=10)
        cached.invalidate()
        others = [pool.submit(cached.get) for _ in range(8)]
        wait_for(cached, 8)
        slow.go.release(2)
        assert first.result(10) == 1
        assert {other.result(10) for other in others} == {2}


def test_a_read_that_runs_already_does_not_serve_who_wants_it_as_it_is_now():
    slow = Slow()
    now = [0.0]
    cached = CachedList(slow, lambda: now[0])
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(cached.get)
        assert slow.began.acquire(timeout=10)
        now[0] = 1.0
        others = [pool.submit(cached.get, 0) for _ in range(8)]
        wait_for(cached, 8)
        slow.go.release(2)
        assert first.result(10) == 1
        assert {other.result(10) for other in others} == {2}


def test_a_failure_is_told_to_all_who_waited_each_by_its_own_name():
    slow = Slow(Refused(500, [10013], "An unknown error has occurred"))
    cached = CachedList(slow, lambda: 0.0)

    def ask(name: str) -> str:
        with pytest.raises(CloudflareError) as told, about(f"binding {name}"):
            cached.get()
        return str(told.value)

    with ThreadPoolExecutor(10) as pool:
        first = pool.submit(ask, "first")
        assert slow.began.acquire(timeout=10)
        others = {name: pool.submit(ask, name) for name in "abcdefghi"}
        wait_for(cached, 9)
        slow.go.release()
        assert first.result(10).startswith("binding first: An unknown")
        assert all(o.result(10).startswith(f"binding {n}: An") for n, o in others.items())
    assert slow.count == 1


def test_a_failure_is_not_kept_for_who_asks_later():
    slow = Slow(Refused(500, [10013], "An unknown error has occurred"))
    cached = CachedList(slow, lambda: 0.0)
    slow.go.release(2)
    with pytest.raises(Refused):
        cached.get()
    slow.error = None
    assert cached.get() == 2


@pytest.mark.slow
def test_eight_bindings_at_a_slow_cloudflare_share_their_reads():
    with SandboxThread(frozen=False, deploy_seconds=2) as sandbox:
        environ = {"CLOUDFLARE_BASE_URL": sandbox.api, "CLOUDFLARE_API_TOKEN": TOKEN}
        before, mine = session.current(), session.Session(environ, say=lambda line: None)
        session.use(mine)
        try:
            pair = make()
            body = {"certificate": pair.certificate, "private_key": pair.private_key}
            path = f"/zones/{ZONE}/origin_tls_client_auth/hostnames/certificates"
            cert_id = sandbox.outside("POST", path, body)["id"]
            sandbox.limits(latency_ms=3500)
            sandbox.clear_journal()
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda i: bind(f"h{i}.example.com", cert_id), range(8)))
            requests = [e for e in sandbox.journal() if e["by"] != "dashboard"]
            assert len(requests) <= 20, [f"{e['at']} {e['method']} {e['path']}" for e in requests]
        finally:
            session.use(before)
            mine.close()


def bind(hostname: str, cert_id: str) -> None:
    life = Life(HostnameBindingProvider())
    life.up(zone_id=ZONE, hostname=hostname, cert_id=cert_id, enabled=True)


@pytest.mark.parametrize("writers", [1, 8])
def test_a_list_read_before_a_write_is_read_again_after_it(writers):
    reads: list[int] = []

    def fetch() -> int:
        reads.append(1)
        return len(reads)

    shared = CachedList(fetch, lambda: 0.0)
    assert (shared.get(), shared.get()) == (1, 1)
    threads = [threading.Thread(target=shared.invalidate) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (shared.get(), shared.get()) == (2, 2)


def test_whoever_waits_reads_again_by_age_alone():
    reads: list[int] = []
    now = [0.0]

    def fetch() -> int:
        reads.append(1)
        return len(reads)

    shared = CachedList(fetch, lambda: now[0])
    shared.get()
    shared.invalidate()
    assert shared.get(1.0, even_if_written=True) == 1
    now[0] = 1.1
    assert shared.get(1.0, even_if_written=True) == 2


def test_a_write_during_a_read_makes_it_old():
    reads: list[int] = []

    def fetch() -> int:
        reads.append(1)
        if len(reads) == 1:
            shared.invalidate()
        return len(reads)

    shared = CachedList(fetch, lambda: 0.0)
    assert (shared.get(), shared.get(), shared.get()) == (1, 2, 2)
