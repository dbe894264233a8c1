"""What mc has and s3fixture has not, or under another name: what to do instead."""

from __future__ import annotations

from collections.abc import Mapping

_MC = "mc itself does this, on this server too"
COMMANDS: Mapping[str, str] = {
    "admin": "`s3fixture status` and `s3fixture logs` show the server; options of `s3fixture up` set it up",
    "alias": "set MC_HOST_NAME=http://ACCESS-KEY:SECRET-KEY@HOST:PORT, or use `mc alias set`; both are read",
    "encrypt": _MC,
    "get": "write `s3fixture cp s3://BUCKET/KEY FILE`",
    "od": "`s3fixture cp` says how fast it was, where there are several objects",
    "ping": "`s3fixture ready ALIAS` waits until a server answers",
    "put": "write `s3fixture cp FILE s3://BUCKET/KEY`",
    "replicate": _MC,
    "share": "`s3fixture presign s3://BUCKET/KEY` makes a URL to download from, --put one to upload to",
    "sql": _MC,
}
_AS_IT_IS = "leave it out: that is so anyway"
_BY_BUCKET = "give the bucket a default encryption; objects get it"
OPTIONS: Mapping[str, str] = {
    "--config-dir": "set MC_CONFIG_DIR",
    "--dangerous": "name the buckets",
    "--debug": "set S3FIXTURE_DEBUG=1",
    "--disable-pager": _AS_IT_IS,
    "--dp": _AS_IT_IS,
    "--enc-kms": _BY_BUCKET,
    "--enc-s3": _BY_BUCKET,
    "--insecure": "trust the server's authority: AWS_CA_BUNDLE=FILE",
    "--no-color": "set NO_COLOR=1",
    "--preserve": _AS_IT_IS,
    "--region": "set AWS_REGION",
    "--retry": _AS_IT_IS,
    "--rewind": "`s3fixture ls --versions` shows the versions, --version-id takes one",
    "--skip-errors": _AS_IT_IS,
    "--stdin": "write `xargs s3fixture rm`",
    "--summary": _AS_IT_IS,
    "--watch": "`s3fixture watch` shows what changes, `s3fixture mirror --watch` copies it",
    "-a": _AS_IT_IS,
    "-C": "set MC_CONFIG_DIR",
}
