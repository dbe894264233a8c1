"""Transfer acceleration: a setting that is only stored here."""

from __future__ import annotations

from s3fixture import refusals
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import put_document
from s3fixture.service.call import Call, Params, Result

ACCELERATE = "accelerate"  # the kind of its document


def get_bucket_accelerate_configuration(call: Call, params: Params) -> Result:
    """Has no Status until one is put.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAccelerateConfiguration.html
    """
    with call.store.read() as index:
        status = index.get_document(call.bucket(index, params["Bucket"]).id, ACCELERATE)
    return {"Status": status} if status else {}


def put_bucket_accelerate_configuration(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAccelerateConfiguration.html"""
    if "." in params["Bucket"]:
        raise refusals.ACCELERATION_OF_A_DOTTED_NAME()
    status = params["AccelerateConfiguration"].get("Status")
    if status not in ("Enabled", "Suspended"):
        raise S3Error("MalformedXML")
    put_document(call, params, ACCELERATE, status)
    return {}
