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
