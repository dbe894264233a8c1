"""Who pays for requests, and transfer acceleration: settings for S3's bills, only stored here."""

from __future__ import annotations

from s3fixture import refusals
from s3fixture.errors import S3Error
from s3fixture.service.bucket_documents import put_document
from s3fixture.service.call import Call, Params, Result

PAYMENT, ACCELERATE = "request-payment", "accelerate"  # the kinds of their documents
REQUESTER = "Requester"


def get_bucket_request_payment(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html"""
    return {"Payer": _read(call, params, PAYMENT) or "BucketOwner"}


def put_bucket_request_payment(call: Call, params: Params) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketRequestPayment.html"""
    put_document(call, params, PAYMENT, params["RequestPaymentConfiguration"]["Payer"])
    return {}


def get_bucket_accelerate_configuration(call: Call, params: Params) -> Result:
    """Has no Status until one is put.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAccelerateConfiguration.html
    """
    status = _read(call, params, ACCELERATE)
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


def _read(call: Call, params: Params, kind: str) -> str | None:
    with call.store.read() as index:
        return index.get_document(call.bucket(index, params["Bucket"]).id, kind)
