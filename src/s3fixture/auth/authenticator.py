"""The entry of this package: who sends a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3fixture import auth_refusals
from s3fixture.auth.authentication import AuthContext, Authentication, unsigned_content_sha256
from s3fixture.auth.sigv4_requests import authenticate_header, authenticate_presigned
from s3fixture.auth.temporary_keys import Sessions

if TYPE_CHECKING:
    from s3fixture.auth.identity import Identities
    from s3fixture.clock import Clock
    from s3fixture.regions import Regions
    from s3fixture.wire.request import Request, Target

__all__ = ["Authentication", "Authenticator"]

_V4_PARAMETERS = frozenset({"X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Credential"})
_V2_PARAMETERS = frozenset({"Signature", "AWSAccessKeyId"})


class Authenticator:
    """Checks the signature of requests against `identities` by the time of `clock`.

    It accepts only signatures for `regions`; the error tells a client that signs for another one the right
    region.
    """

    def __init__(self, identities: Identities, clock: Clock, regions: Regions) -> None:
        self.context = AuthContext(identities, clock, regions, Sessions(identities))

    @property
    def identities(self) -> Identities:
        return self.context.identities

    def authenticate(self, request: Request, target: Target) -> Authentication:
        """Raises S3Error as S3 does when the credentials are malformed, unknown, expired or wrong."""
        authorization = request.headers.get("authorization", "")
        query = target.query
        if query:
            version_4 = not _V4_PARAMETERS.isdisjoint(query)
            version_2 = not _V2_PARAMETERS.isdisjoint(query)
            if bool(authorization) + version_4 + version_2 > 1:
                if authorization:
                    raise auth_refusals.SEVERAL_MECHANISMS(authorization, ArgumentName="Authorization")
                raise auth_refusals.SEVERAL_MECHANISMS()
            if version_4:
                return authenticate_presigned(request, target, self.context)
            if version_2:
                from s3fixture.auth import sigv2  # imported when used: few clients sign so any more

                return sigv2.authenticate_query(request, target, self.context)
        if authorization:
            return self._authenticate_header(request, target, authorization)
        content_sha256 = unsigned_content_sha256(request.headers.get("x-amz-content-sha256", ""))
        return Authentication(None, "anonymous", content_sha256)

    def _authenticate_header(self, request: Request, target: Target, authorization: str) -> Authentication:
        algorithm, space, rest = authorization.partition(" ")
        if algorithm == "AWS4-HMAC-SHA256" and space:
            return authenticate_header(request, target, rest, self.context)
        if algorithm == "AWS" and space:
            from s3fixture.auth import sigv2  # as above

            return sigv2.authenticate_header(request, target, rest, self.context)
        if algorithm == "AWS4-ECDSA-P256-SHA256":
            raise auth_refusals.ASYMMETRIC()
        refusal = auth_refusals.ANOTHER_TYPE if space else auth_refusals.NO_SPACE
        raise refusal(authorization)
