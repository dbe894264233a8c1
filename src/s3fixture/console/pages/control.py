"""What can be done to the server (docs/control.md), for the pages of whoever has its main keys."""

from __future__ import annotations

from werkzeug.wrappers import Response

from s3fixture.console.visit import PageError, Visit


def may_control(visit: Visit) -> bool:
    """Whether this person can, and the server has what can be done to it."""
    return visit.session.identity.root and visit.console.control is not None


def perform(visit: Visit, name: str) -> Response:
    """POST /api/control/<name> {arguments by name}: a method of `Control`, as /control/<name> has it."""
    if not may_control(visit) or visit.console.control is None:
        raise PageError(403, "Only who has the server's main keys can do this.")
    return visit.console.control.perform(visit.request, name)


def state(visit: Visit) -> Response:
    """GET or PUT /api/control/state: the state of all buckets as a file to keep, or one in its place."""
    response = perform(visit, "state")
    if visit.request.method == "GET":
        response.headers["Content-Disposition"] = 'attachment; filename="s3fixture.state"'
    return response
