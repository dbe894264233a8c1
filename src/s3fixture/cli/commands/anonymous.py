"""`s3fixture anonymous`: what mc calls `policy` now."""

from __future__ import annotations

from s3fixture.cli.commands.policy import command

__all__ = ["command"]
