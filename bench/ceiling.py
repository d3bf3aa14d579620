"""The ceiling: what this machine reaches with the same server and framework when nothing is done.

One async handler that reads the same body and answers constant bytes, no middleware, uvicorn set as the site sets it.
"""

import argparse
from typing import Any

import uvicorn
from litestar import Litestar, Request, route

# As `python -m app serve` runs uvicorn; a difference here would make the ratio meaningless.
UVICORN: dict[str, Any] = {
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "timeout_keep_alive": 30,
    "timeout_graceful_shutdown": 25,
    "ws_max_size": 16_384,
    "ws_per_message_deflate": False,
}


@route(["/", "/{path:path}"], http_method=["GET", "POST"], status_code=200)
async def answer(request: Request[Any, Any, Any]) -> bytes:
    await request.body()
    return b"ok"


app = Litestar([answer], openapi_config=None)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, **UVICORN)
