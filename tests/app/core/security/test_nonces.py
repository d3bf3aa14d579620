"""No two nonces are alike, whoever asks for them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.security.nonces import AT_ONCE, NONCE, new_nonce


def test_threads_that_ask_at_once_never_get_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        lots = list(pool.map(lambda _: [new_nonce() for _ in range(2 * AT_ONCE)], range(8)))
    taken = [nonce for lot in lots for nonce in lot]
    assert len(set(taken)) == len(taken) == 16 * AT_ONCE
    assert {len(nonce) for nonce in taken} == {NONCE}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_does_not_repeat_its_parent() -> None:
    new_nonce()  # what is left of the block lies ready
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(new_nonce() for _ in range(AT_ONCE)))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, NONCE * AT_ONCE)
    os.close(reading)
    os.close(writing)
    ours = {new_nonce() for _ in range(AT_ONCE)}
    assert len(theirs) == NONCE * AT_ONCE
    assert ours.isdisjoint(theirs[at : at + NONCE] for at in range(0, len(theirs), NONCE))
