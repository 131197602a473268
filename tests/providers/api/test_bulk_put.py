"""Changes of bindings that arrive together travel together."""

from __future__ import annotations

import threading

import pytest

from providers.api.answers import Binding
from providers.api.bulk_put import LARGEST, Bulk
from providers.api.errors import CloudflareError, Refused, Unanswered, about
from providers.api.polling import LATELY, LONGEST, MOMENT
from providers.api.runtime import Clock, Runtime


class Wire:
    """Records what is sent; refuses what a test says."""

    def __init__(self, refuses=lambda names: False) -> None:
        self.sent: list[list[dict[str, object]]] = []
        self.refuses = refuses
        self.busy = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def __call__(self, config) -> None:
        self.busy.set()
        self.go.wait(5)
        self.sent.append(config)
        if self.refuses([entry["hostname"] for entry in config]):
            raise Refused(400, [1499], "bad entry")


def bulk(wire) -> Bulk:
    quiet = Clock(sleep=lambda seconds: None)
    return Bulk(wire, Runtime(quiet, lambda line: None, lambda: None))


def entries(*names, enabled=True):
    return [Binding(name, "cert", enabled) for name in names]


def test_what_arrives_while_a_request_is_under_way_shares_the_next_one():
    wire = Wire()
    joined = bulk(wire)
    wire.go.clear()
    threads = [threading.Thread(target=joined.put, args=(entries("first"),))]
    threads[0].start()
    assert wire.busy.wait(5)
    for i in range(20):
        threads.append(threading.Thread(target=joined.put, args=(entries(f"h{i}"),)))
        threads[-1].start()
    while len(joined._queue) < 20:
        pass
    wire.go.set()
    for thread in threads:
        thread.join(5)
    assert [len(config) for config in wire.sent] == [1, 20]


def test_a_request_holds_at_most_a_hundred_entries_and_voids_go_first():
    wire = Wire()
    names = [f"h{i}" for i in range(150)]
    bulk(wire).put([*entries(*names), *entries("old", enabled=None)])
    assert [len(config) for config in wire.sent] == [LARGEST, 51]
    assert wire.sent[0][0] == {"hostname": "old", "cert_id": "cert", "enabled": None}


def test_changes_that_come_spread_out_share_a_request_once_as_many_came_together():
    """The clock is the test's: another change comes whenever the first one pauses."""
    wire, now, threads = Wire(), [0.0], []
    late: list[str] = []

    def start(name: str) -> None:
        threads.append(threading.Thread(target=joined.put, args=(entries(name),)))
        threads[-1].start()

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if late:
            before = len(joined._queue)
            start(late.pop())
            while len(joined._queue) == before:
                pass

    clock = Clock(monotonic=lambda: now[0], sleep=sleep)
    joined = Bulk(wire, Runtime(clock, lambda line: None, lambda: None))
    wire.go.clear()
    start("first")
    assert wire.busy.wait(5)
    for name in ("a", "b", "c"):
        start(name)
    while len(joined._queue) < 3:
        pass
    wire.go.set()
    for thread in threads:
        thread.join(5)
    late += ["f", "e"]
    joined.put(entries("d"))
    assert [len(config) for config in wire.sent] == [1, 3, 3]


def moved_by(sleep) -> tuple[list[float], Clock]:
    """The time in seconds, and a clock that sleeping moves; `sleep` is told the time."""
    now = [0.0]

    def move(seconds: float) -> None:
        now[0] += seconds
        sleep(now[0])

    return now, Clock(monotonic=lambda: now[0], sleep=move)


def test_calls_that_fell_into_two_groups_share_requests_again():
    """One call is still waiting for Cloudflare: it ends after a second, and the next one comes."""
    wire = Wire()
    threads: list[threading.Thread] = []

    def call(name: str) -> None:
        with joined.under_way():
            joined.put(entries(name))

    def sleep(now: float) -> None:
        if now > 1 and not threads:
            other.__exit__(None, None, None)
            threads.append(threading.Thread(target=call, args=("b",)))
            threads[0].start()
            while len(joined._queue) < 2:
                pass

    _, clock = moved_by(sleep)
    joined = Bulk(wire, Runtime(clock, lambda line: None, lambda: None))
    other = joined.under_way()
    other.__enter__()
    call("a")
    threads[0].join(5)
    assert [len(config) for config in wire.sent] == [2]


@pytest.mark.parametrize(("age", "waited"), [(0.0, LONGEST), (LATELY, MOMENT)])
def test_nobody_waits_long_for_a_call_that_does_not_end(age, waited):
    now, clock = moved_by(lambda now: None)
    joined = Bulk(Wire(), Runtime(clock, lambda line: None, lambda: None))
    with joined.under_way():
        now[0] += age
        before = now[0]
        with joined.under_way():
            joined.put(entries("a"))
        assert now[0] - before == pytest.approx(waited, abs=2 * MOMENT)


def test_requests_of_one_call_travel_at_once_but_none_before_the_voids_have_ended():
    together = threading.Barrier(2)
    wire = Wire()

    def send(config) -> None:
        # Alone, the first of two would wait in vain for the second.
        if len({entry["enabled"] for entry in config}) == 1:
            together.wait(5)
        wire(config)

    voids = [f"old{i}" for i in range(2 * LARGEST + 1)]
    names = [f"h{i}" for i in range(3 * LARGEST - 1)]
    bulk(send).put([*entries(*names), *entries(*voids, enabled=None)])
    kinds = [{entry["enabled"] for entry in config} for config in wire.sent]
    assert kinds == [{None}, {None}, {None, True}, {True}, {True}]


@pytest.mark.parametrize(
    "bad", [{"h0"}, {"h7"}, {"h3", "h4"}], ids=lambda bad: " ".join(sorted(bad))
)
def test_only_the_refused_entries_are_told(bad):
    wire = Wire(lambda names: bool(bad & set(names)))
    refused = bulk(wire).put(entries(*(f"h{i}" for i in range(8))))
    assert set(refused) == bad
    good = {e["hostname"] for c in wire.sent if not bad & {x["hostname"] for x in c} for e in c}
    assert good == {f"h{i}" for i in range(8)} - bad


def test_a_refusal_for_one_reason_is_not_asked_about_each_hostname():
    wire = Wire(lambda names: True)
    refused = bulk(wire).put(entries(*(f"h{i}" for i in range(500))))
    assert len(refused) == 500
    assert len(wire.sent) <= 30


def test_two_bad_hostnames_of_a_hundred_do_not_fail_the_others():
    wire = Wire(lambda names: bool({"h20", "h70"} & set(names)))
    refused = bulk(wire).put(entries(*(f"h{i}" for i in range(100))))
    assert set(refused) == {"h20", "h70"}


@pytest.mark.parametrize("error", [Unanswered("no answer"), Refused(400, [1], "no")], ids=str)
def test_each_of_ten_resources_gets_a_failure_of_its_own(error):
    """They travel together, and each names its own binding in the one it is given."""
    wire = Wire()
    joined = bulk(wire)
    told: dict[str, str] = {}

    def fail(config):
        wire(config)
        if len(config) > 1 or config[0]["hostname"] != "first":
            raise error

    def put(name: str) -> None:
        try:
            with about(f"binding {name}"):
                for why in joined.put(entries(name)).values():
                    raise why
        except CloudflareError as failed:
            told[name] = str(failed)

    joined._send = fail
    wire.go.clear()
    threads = [threading.Thread(target=put, args=(name,)) for name in ["first", *"abcdefghij"]]
    threads[0].start()
    assert wire.busy.wait(5)
    for thread in threads[1:]:
        thread.start()
    while len(joined._queue) < 10:
        pass
    wire.go.set()
    for thread in threads:
        thread.join(5)
    assert sorted(told) == list("abcdefghij")
    assert all(line.startswith(f"binding {name}: ") for name, line in told.items())


@pytest.mark.parametrize("error", [Unanswered("no answer"), Refused(403, [10000], "no")], ids=str)
def test_a_failure_of_the_whole_request_is_told_to_everybody_at_once(error):
    def fail(config):
        raise error

    with pytest.raises(type(error)):
        bulk(fail).put(entries("a", "b"))
