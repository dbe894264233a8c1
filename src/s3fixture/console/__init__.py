"""The web console: what is in the buckets, which requests clients make, how to connect.

It is a second WSGI application with its own listener. It calls the service as any caller does and adds
nothing to an API request. Only this package imports Jinja2, so a server without a console never loads it.
"""

from s3fixture.console.console_server import ConsoleServer, start_console

__all__ = ["ConsoleServer", "start_console"]
