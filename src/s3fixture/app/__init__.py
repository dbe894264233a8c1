"""The WSGI application: a server's parts put together, and the way of a request through them.

Werkzeug's request and response objects stay off this way: measured, making and calling a `Response` costs
32 µs, a third of what a whole small request may take. Werkzeug parses the forms that browsers post, names the
status codes, and is the client of the tests.
"""

from s3fixture.app.app import App
from s3fixture.app.faults import Faults
from s3fixture.app.request_log import RequestLog

__all__ = ["App", "Faults", "RequestLog"]
