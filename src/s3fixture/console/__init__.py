"""The web page beside the API: what is in the buckets, what is asked of the server, how to connect.

A second WSGI application, with a listener of its own. It calls the service as any caller does and adds
nothing to the way of an API request. Jinja2 is imported here only, so a server without a console never loads
it.
"""

from s3fixture.console.console_server import ConsoleServer, start_console

__all__ = ["ConsoleServer", "start_console"]
