import socket
import ssl
from datetime import datetime, timezone

from http_function import Response

TIMEOUT_S = 5


def handle(request):
    """The certificate that a host shows, as JSON. The body is the host, with a port if it is not 443."""
    host, _, port = request.text.strip().partition(":")
    if not host or not (port or "443").isdigit():
        return Response({"error": "the body is a host, such as example.com or example.com:8443"}, 400)
    try:
        found = certificate(host, int(port or 443))
    except ssl.SSLCertVerificationError as error:
        return {"host": host, "trusted": False, "reason": error.verify_message}
    except OSError as error:
        return Response({"host": host, "error": str(error)}, 502)
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(found["notAfter"]), timezone.utc)
    return {
        "host": host,
        "trusted": True,
        "names": [name for _, name in found.get("subjectAltName", ())],
        "ends": ends.isoformat(),
        "days": (ends - datetime.now(timezone.utc)).days,
    }


def certificate(host, port):
    context = ssl.create_default_context()
    with socket.create_connection((host, port), timeout=TIMEOUT_S) as plain:
        with context.wrap_socket(plain, server_hostname=host) as connection:
            return connection.getpeercert()
