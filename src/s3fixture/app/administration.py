"""MinIO's administration APIs, which are not S3. Each is refused with a message that says what to do instead.

https://github.com/minio/minio/blob/master/cmd/admin-router.go and kms-router.go there
"""

from __future__ import annotations

from collections.abc import Mapping

from s3fixture.errors import S3Error
from s3fixture.feature_refusals import MINIO_API, MINIO_API_INSTEAD

_STATUS = "`s3fixture status` shows whether the server runs, `mc du` and the console show what it holds"
_IDENTITIES = "give users when you start the server: --user NAME:ACCESS_KEY:SECRET_KEY:POLICY"
_POLICIES = "give policies with --user, or put them on buckets: `mc anonymous set-json`, or PutBucketPolicy"
_REQUESTS = "`s3fixture requests --follow` shows new requests, `s3fixture logs` earlier ones"
_RESTART = "use `s3fixture restart` and `s3fixture down` for the server of a project"
_KMS = "give KMS keys when you start the server: --kms-key KEY"
_SETTINGS = "settings are options of `s3fixture up`, such as --region, and --webhook NAME=URL for events"

# The first word of the path after the version -> what to do instead, if there is a way.
_INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(("datausageinfo", "info", "storageinfo"), _STATUS),
    **dict.fromkeys(
        (
            *("accountinfo", "add-user", "list-users", "remove-user", "set-user-status", "user-info"),
            *("group", "groups", "set-group-status", "update-group-members"),
            *("add-service-account", "delete-service-account", "info-service-account"),
            *("info-access-key", "list-access-keys-bulk", "list-service-accounts", "temporary-account-info"),
            *("update-service-account", "revoke-tokens"),
        ),
        _IDENTITIES,
    ),
    **dict.fromkeys(
        (
            *("add-canned-policy", "info-canned-policy", "list-canned-policies", "remove-canned-policy"),
            *("idp", "set-policy", "set-user-or-group-policy"),
        ),
        _POLICIES,
    ),
    **dict.fromkeys(("log", "logs", "trace"), _REQUESTS),
    **dict.fromkeys(("service", "update"), _RESTART),
    **dict.fromkeys(("config", "config-kv", "del-config-kv", "get-config-kv"), _SETTINGS),
    **dict.fromkeys(("help-config-kv", "set-config-kv"), _SETTINGS),
    **dict.fromkeys(("key", "kms"), _KMS),
}


def refusal(path: str) -> S3Error:
    """NotImplemented for a path such as /minio/admin/v3/info; the message says what to do instead."""
    _, _, name, _, what, *_ = [*path.split("/", 5), ""]
    api = "KMS" if name == "kms" else "administration"
    advice = _INSTEAD.get(what)
    if advice is None:
        return MINIO_API(api=api)
    return MINIO_API_INSTEAD(api=api, advice=advice)
