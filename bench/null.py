"""The null server: answers constant bytes to whatever arrives, to show how fast the driver itself is."""

import argparse
import asyncio

from bench.driver import new_event_loop

ANSWER = (
    b"HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: null\r\n"
    b"content-type: text/plain\r\ncontent-length: 2\r\n\r\nok"
)


class Null(asyncio.Protocol):
    """Takes each arrival for one whole request: ours are small and come one at a time on a loopback socket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER)  # type: ignore[attr-defined]


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Null, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(parser.parse_args().port))
