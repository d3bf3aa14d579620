"""What the ``websockets`` library does by itself: one frame to every socket, so often. The ceiling of fan-out."""

import argparse
import asyncio
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench.driver import new_event_loop


async def run(port: int, size: int, every: float) -> None:
    connections: set[ServerConnection] = set()

    async def follow(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    def ready(connection: ServerConnection, request: Any) -> Any:
        return connection.respond(HTTPStatus.OK, "ready\n") if request.path == "/ready" else None

    frame = "x" * size
    async with serve(follow, "127.0.0.1", port, compression=None, process_request=ready, backlog=4096):
        while True:
            await asyncio.sleep(every)
            broadcast(connections, frame)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--size", type=int, default=60)
    parser.add_argument("--every", type=float, default=0.2)
    chosen = parser.parse_args()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(run(chosen.port, chosen.size, chosen.every))


if __name__ == "__main__":
    main()
