"""The server's control (docs/control.md), for people with its main keys."""

from __future__ import annotations

from werkzeug.wrappers import Response

from s3fixture.console.visit import PageError, Visit


def may_control(visit: Visit) -> bool:
    """Whether this person has the main keys, and the server has a control."""
    return visit.session.identity.root and visit.console.control is not None


def perform(visit: Visit, name: str) -> Response:
    """POST /api/control/<name> {arguments by name}: a method of `Control`, like /control/<name>."""
    if not may_control(visit) or visit.console.control is None:
        raise PageError(403, "This needs the server's main keys; log in with them.")
    return visit.console.control.perform(visit.request, name)


def state(visit: Visit) -> Response:
    """GET or PUT /api/control/state: download the state of all buckets, or replace it by a file."""
    response = perform(visit, "state")
    if visit.request.method == "GET":
        response.headers["Content-Disposition"] = 'attachment; filename="s3fixture.state"'
    return response
