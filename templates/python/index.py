"""Serves the handler over HTTP to the watchdog, which is PID 1 and listens on port 8080."""

import contextlib
import json
import signal
import socket
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import GeneratorType

from function.handler import handle
from http_function import Request, Response


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers must not wait for the acknowledgement of their head.
    disable_nagle_algorithm = True
    wbufsize = 65536

    def answer(self):
        self.left = int(self.headers.get("Content-Length") or 0)
        self.is_chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, query, self.headers, self.read_body)
        self.has_head = False
        try:
            result = handle(request)
            self.send(result if isinstance(result, Response) else Response(result))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        except Exception:
            traceback.print_exc()
            self.close_connection = True
            if not self.has_head:
                self.send(Response("the function failed, see its logs\n", 500))
        else:
            # What the handler did not read stands before the next request.
            while self.read_body(65536):
                pass

    def read_body(self, most):
        if self.is_chunked and self.left == 0:
            self.left = int(self.rfile.readline().split(b";")[0] or b"0", 16)
            if self.left == 0:
                while self.rfile.readline().strip():
                    pass
                self.is_chunked = False
        part = self.rfile.read1(min(most, self.left)) if self.left else b""
        self.left -= len(part)
        if self.is_chunked and self.left == 0:
            self.rfile.readline()
        return part

    def send(self, response):
        body, headers = response.body, dict(response.headers)
        kind = "application/octet-stream"
        if isinstance(body, str):
            body, kind = body.encode(), "text/plain; charset=utf-8"
        elif body is None:
            body = b""
        elif isinstance(body, GeneratorType):
            kind = "text/plain; charset=utf-8"
        elif not isinstance(body, (bytes, bytearray)):
            body, kind = json.dumps(body).encode(), "application/json"
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = kind
        whole = isinstance(body, (bytes, bytearray))
        has_body = self.command != "HEAD" and response.status not in (204, 304)
        if whole and response.status != 204:
            headers["Content-Length"] = str(len(body))
        elif has_body:
            headers["Transfer-Encoding"] = "chunked"
        self.send_response(response.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.has_head = True
        self.end_headers()
        if not has_body:
            pass
        elif whole:
            self.wfile.write(body)
        else:
            for part in body:
                part = part.encode() if isinstance(part, str) else part
                if part:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                    self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        """The gateway has the access log."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    # The watchdog has waited for all calls before it ends us; idle connections are nothing to wait for.
    daemon_threads = True
    block_on_close = False


def main():
    server = Server(("127.0.0.1", 3000), Handler)

    def end(*_):
        threading.Thread(target=server.shutdown).start()
        # It looks every half a second whether it is to end, unless its socket wakes it.
        with contextlib.suppress(OSError):
            server.socket.shutdown(socket.SHUT_RDWR)

    signal.signal(signal.SIGTERM, end)
    server.serve_forever()
    sys.exit(0)


main()
