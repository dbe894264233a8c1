"""`s3fixture minio server`: compose files may name the program again, which is in the entry point already."""

from __future__ import annotations

import click

from s3fixture.cli.commands import server

command = click.Group("minio", commands=[server.command], hidden=True)
