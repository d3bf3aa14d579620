import pytest

from bench.wire import Reply, chunks_are_whole, get, post_form

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [PAGE, CHUNKED], ids=["by length", "in chunks"])
def test_an_answer_is_whole_only_with_its_last_byte(answer):
    reply = Reply()
    fed = [reply.feed(answer[at : at + 1]) for at in range(len(answer))]
    assert fed == [False] * (len(answer) - 1) + [True]
    assert reply.status == 200


def test_one_reply_reads_answer_after_answer():
    reply = Reply()
    redirect = b"HTTP/1.1 303 See Other\r\ncontent-length: 0\r\nlocation: /sent\r\n\r\n"
    unchanged = b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n"
    seen = [(reply.feed(answer), reply.status) for answer in (PAGE, redirect, CHUNKED, unchanged)]
    assert seen == [(True, 200), (True, 303), (True, 200), (True, 304)]


@pytest.mark.parametrize("answer", [PAGE + b"!", b"HTTP/1.1 200 OK\r\n\r\nuntil I close"])
def test_an_answer_that_would_put_us_out_of_step_is_refused(answer):
    with pytest.raises(ValueError):
        Reply().feed(answer)


def test_chunks_may_carry_extensions():
    assert chunks_are_whole(b"5;x=y\r\nhello\r\n0\r\n\r\n", 0)


def test_a_form_post_says_where_it_comes_from_and_how_long_it_is():
    head, _, body = post_form("/sign", "127.0.0.1:8000", {"name": "Zoë & Co"}).partition(b"\r\n\r\n")
    assert body == b"name=Zo%C3%AB+%26+Co"
    assert b"Origin: http://127.0.0.1:8000" in head
    assert f"Content-Length: {len(body)}".encode() in head


def test_a_get_carries_the_headers_asked_for():
    assert b"\r\nAccept-Encoding: gzip\r\n" in get("/", "127.0.0.1:8000", {"Accept-Encoding": "gzip"})
