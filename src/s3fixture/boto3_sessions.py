"""boto3 sessions that read neither the environment nor any file of the developer. Imports boto3."""

from __future__ import annotations

import os

import boto3.session
import botocore.session
from botocore.config import Config

IsolatedSession = boto3.session.Session

_FILES = ("config_file", "credentials_file")


def isolated_session(access_key: str, secret_key: str, region: str) -> IsolatedSession:
    """A session with these keys that knows no profile, SSO session, credential process or CA bundle."""
    without_environment = {
        name: (in_file, None, os.devnull if name in _FILES else default, convert)
        for name, (in_file, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    return boto3.session.Session(
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        botocore_session=botocore.session.Session(session_vars=without_environment),
    )


def base_config() -> Config:
    """Path addressing, as a server on an address needs it; no proxy, as it runs on this machine.

    Presigned URLs by SigV4: botocore's default is SigV2 still, which several servers do not take.
    """
    return Config(s3={"addressing_style": "path"}, signature_version="s3v4", proxies={})
