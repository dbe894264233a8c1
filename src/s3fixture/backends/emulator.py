"""The emulator as a backend, and how it runs in a thread of this process."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from s3fixture.backends.capabilities import CAPABILITIES, SNAPSHOT
from s3fixture.backends.endpoint import Endpoint
from s3fixture.backends.readiness import trusted_in_environment
from s3fixture.errors import SettingError

if TYPE_CHECKING:
    import ssl

    from s3fixture.app import App
    from s3fixture.backends.control import Control
    from s3fixture.backends.running_requests import RunningRequests
    from s3fixture.certificates import Certificate
    from s3fixture.console import ConsoleServer
    from s3fixture.server import Server
    from s3fixture.settings import Settings

_CAPABILITIES = frozenset(CAPABILITIES)
_GRACE = 1.0  # seconds for answers under way when the server is stopped


class EmulatorEndpoint(Endpoint):
    """An emulator, wherever it runs."""

    def __init__(
        self,
        url: str,
        settings: Settings,
        control: Control,
        console_url: str | None = None,
        ca_file: str | None = None,
    ) -> None:
        in_memory = settings.data_dir is None
        self._control = control
        super().__init__(
            url,
            access_key=settings.access_key,
            secret_key=settings.secret_key,
            region=settings.region,
            backend="emulator",
            console_url=console_url,
            capabilities=_CAPABILITIES if in_memory else _CAPABILITIES - {SNAPSHOT},
            ca_file=ca_file,
        )

    @property
    def control(self) -> Control:
        """What can be done to it."""
        return self._control


class ThreadEndpoint(EmulatorEndpoint):
    """An emulator in threads of this process."""

    def __init__(
        self,
        app: App,
        server: Server,
        control: Control,
        console: ConsoleServer | None,
        certificate: Certificate | None,
    ) -> None:
        url = _reached_at(server.url, certificate)
        ca_file = _authority(url, certificate) if certificate else None
        console_url = _reached_at(console.url, certificate) if console else None
        super().__init__(url, app.settings, control, console_url, ca_file)
        self.app = app  # for what runs beside the API in this process: the log of a server
        self._server = server
        self._console = console
        self._certificate = certificate

    def _stop(self) -> None:
        self.app.faults.clear()  # what they delay ends now
        self.app.background.end_listeners()
        if self._console:
            self._console.stop(_GRACE)
        self._server.stop(_GRACE)
        self.app.close()
        if self._certificate:
            self._certificate.close()


def start_thread(settings: Settings) -> ThreadEndpoint:
    """An emulator in threads of this process. Raises S3FixtureError; then nothing is left running."""
    from s3fixture.app import App
    from s3fixture.backends.control import Control
    from s3fixture.backends.running_requests import RunningRequests
    from s3fixture.server import Limits, Server

    with ExitStack() as undo:
        certificate = _certificate(settings)
        if certificate:
            undo.callback(certificate.close)
        context = certificate.context if certificate else None
        app = App(settings)
        undo.callback(app.close)
        running = RunningRequests(app)
        limits = Limits(head_bytes=settings.header_limit, idle_seconds=settings.idle_timeout)
        server = Server(
            running,
            settings.host,
            settings.port,
            ssl_context=context,
            limits=limits,
            error_body=app.error_body,
            settle=None if app.store.postponing is None else app.store.settle,
        )
        undo.callback(server.stop, 0.0)
        server.start()
        control = Control(app, running)
        console = _start_console(app, _reached_at(server.url, certificate), running, control, context)
        endpoint = ThreadEndpoint(app, server, control, console, certificate)
        undo.pop_all()
    return endpoint


def _authority(url: str, certificate: Certificate) -> str | None:
    """The file with the authority that clients have to trust; None: one that they trust anyway."""
    return str(certificate.ca_file) if certificate.ca_file else trusted_in_environment(url)


def _reached_at(url: str, certificate: Certificate | None) -> str:
    """The URL by which clients that look at the certificate reach the server."""
    if certificate is None or certificate.host is None:
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{certificate.host}:{parts.port}"


def _certificate(settings: Settings) -> Certificate | None:
    if not settings.tls:
        return None
    try:
        from s3fixture.certificates import certificate_for  # imported when wanted: few servers have one
    except ModuleNotFoundError as error:
        raise SettingError(
            f"TLS needs the package {error.name!r}", "run: pip install 's3fixture[tls]', or leave out {tls}"
        ) from error
    return certificate_for(settings)


def _start_console(
    app: App,
    url: str,
    running: RunningRequests,
    control: Control,
    ssl_context: ssl.SSLContext | None,
) -> ConsoleServer | None:
    if app.settings.console_port is None:
        return None
    from s3fixture.console import start_console  # imported when wanted: it brings templates with it

    host, port = app.settings.host, app.settings.console_port
    return start_console(
        app,
        api_url=url,
        host=host,
        port=port,
        middleware=running.around,
        control=control,
        ssl_context=ssl_context,
    )
