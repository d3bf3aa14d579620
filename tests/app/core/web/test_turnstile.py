"""A few at a time, in the order they came."""

from __future__ import annotations

import threading
import time

from app.core.web.turnstile import Turnstile


def test_no_more_work_at_once_than_there_are_places() -> None:
    turnstile, inside, most = Turnstile(2, patience=10), [0], [0]
    mutex = threading.Lock()

    def work() -> None:
        with turnstile.passed():
            with mutex:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.002)
            with mutex:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [2]


def test_whoever_came_first_goes_in_first() -> None:
    turnstile, order = Turnstile(1, patience=10), []

    def work(name: int) -> None:
        with turnstile.passed():
            order.append(name)

    with turnstile.passed():
        threads = []
        for name in range(5):
            threads.append(threading.Thread(target=work, args=(name,)))
            threads[-1].start()
            while len(turnstile._line) <= name:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_slow_pages_never_stop_the_others_for_good() -> None:
    turnstile = Turnstile(1, patience=0.01)
    with turnstile.passed(), turnstile.passed():
        pass
    with turnstile.passed():  # and the place that was given is free again
        assert turnstile._free == 0
    assert turnstile._free == 1


def test_whoever_was_passed_gives_no_place_twice() -> None:
    turnstile = Turnstile(1, patience=0.01)
    with turnstile.passed(), turnstile.passed(), turnstile.passed():
        assert len(turnstile._inside) == 1  # the last one holds the only place
    assert (turnstile._free, list(turnstile._inside), list(turnstile._line)) == (1, [], [])


def test_a_quick_page_waits_for_quick_ones_however_long_the_line() -> None:
    turnstile, inside, most = Turnstile(1, patience=1.0), [0], [0]

    def work() -> None:
        with turnstile.passed():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.03)
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(40)]  # 1.2 s of work: more than anybody has patience for
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
