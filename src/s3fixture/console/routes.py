"""The addresses of the console, and the functions that answer them."""

from __future__ import annotations

from werkzeug.routing import Rule

from s3fixture.console import login
from s3fixture.console.pages import (
    browse,
    buckets,
    connect,
    control,
    downloads,
    locks,
    object_changes,
    objects,
    rendered,
    settings,
    several,
    static,
    uploads,
    watch,
)

# Answered without a log-in.
OPEN = frozenset({login.show_login, login.log_in, static.serve_asset})

_BUCKET = "/buckets/<bucket>"
_API = "/api/buckets/<bucket>"

RULES = (
    Rule("/static/<version>/<name>", methods=["GET"], endpoint=static.serve_asset),
    Rule("/login", methods=["GET"], endpoint=login.show_login),
    Rule("/login", methods=["POST"], endpoint=login.log_in),
    Rule("/logout", methods=["POST"], endpoint=login.log_out),
    # Pages.
    Rule("/", methods=["GET"], endpoint=buckets.show_buckets),
    Rule("/connect", methods=["GET"], endpoint=connect.show_connect),
    Rule("/watch", methods=["GET"], endpoint=watch.show_watch),
    Rule(f"{_BUCKET}/", methods=["GET"], endpoint=browse.show_folder),
    Rule(f"{_BUCKET}/object", methods=["GET"], endpoint=objects.show_object),
    Rule(f"{_BUCKET}/uploads", methods=["GET"], endpoint=uploads.show_uploads),
    Rule(f"{_BUCKET}/settings", methods=["GET"], endpoint=settings.show_settings),
    # Bytes of objects.
    Rule(f"{_BUCKET}/download", methods=["GET"], endpoint=downloads.download),
    Rule(f"{_BUCKET}/image", methods=["GET"], endpoint=downloads.show_image),
    Rule(f"{_BUCKET}/rendered", methods=["GET"], endpoint=rendered.show_rendered),
    Rule(f"{_BUCKET}/compare", methods=["GET"], endpoint=rendered.compare),
    Rule(f"{_BUCKET}/zip", methods=["POST"], endpoint=several.zip_objects),
    # For the JavaScript modules.
    Rule("/api/watch", methods=["GET"], endpoint=watch.stream),
    Rule("/api/watch/<request_id>", methods=["GET"], endpoint=watch.show_repeat_commands),
    Rule("/api/watch/<request_id>/bodies", methods=["GET"], endpoint=watch.show_bodies),
    Rule("/api/usage", methods=["GET"], endpoint=watch.usage),
    Rule("/api/control/state", methods=["GET", "PUT"], endpoint=control.state),
    Rule("/api/control/<name>", methods=["POST"], endpoint=control.perform),
    Rule("/api/buckets", methods=["POST"], endpoint=buckets.create_bucket),
    Rule(_API, methods=["DELETE"], endpoint=buckets.delete_bucket),
    Rule(f"{_API}/empty", methods=["POST"], endpoint=object_changes.empty_bucket),
    Rule(f"{_API}/delete", methods=["POST"], endpoint=object_changes.delete_objects),
    Rule(f"{_API}/copy", methods=["POST"], endpoint=several.copy_objects),
    Rule(f"{_API}/size", methods=["GET"], endpoint=several.folder_size),
    Rule(f"{_API}/metadata", methods=["PUT"], endpoint=object_changes.put_metadata),
    Rule(f"{_API}/restore", methods=["POST"], endpoint=object_changes.restore_version),
    Rule(f"{_API}/tags", methods=["PUT"], endpoint=object_changes.put_tags),
    Rule(f"{_API}/share", methods=["POST"], endpoint=object_changes.share),
    Rule(f"{_API}/object", methods=["PUT"], endpoint=uploads.put_object),
    Rule(f"{_API}/uploads", methods=["POST"], endpoint=uploads.begin),
    Rule(f"{_API}/uploads", methods=["PUT"], endpoint=uploads.put_part),
    Rule(f"{_API}/uploads", methods=["DELETE"], endpoint=uploads.abort),
    Rule(f"{_API}/uploads/complete", methods=["POST"], endpoint=uploads.complete),
    Rule(f"{_API}/versioning", methods=["PUT"], endpoint=settings.put_versioning),
    Rule(f"{_API}/public", methods=["PUT"], endpoint=settings.put_public),
    Rule(f"{_API}/lock", methods=["PUT"], endpoint=locks.put_default),
    Rule(f"{_API}/retention", methods=["PUT"], endpoint=locks.put_lock),
    Rule(f"{_API}/policy", methods=["PUT"], endpoint=settings.put_policy),
    Rule(f"{_API}/cors", methods=["PUT"], endpoint=settings.put_cors),
    Rule(f"{_API}/lifecycle", methods=["PUT"], endpoint=settings.put_lifecycle),
    Rule(f"{_API}/events", methods=["PUT"], endpoint=settings.put_events),
)
