"""What S3 does and its model does not say: a numbered list.

Code and tables (`tables`) that act on a quirk name it ("quirk 12"). Numbers are never reused.
"""

from __future__ import annotations

from dataclasses import dataclass

_API = "https://docs.aws.amazon.com/AmazonS3/latest/API"
_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
_RECORDED = "localstack/localstack, tests/aws/services/s3/*.snapshot.json (answers recorded from S3)"
_VERSITY = "versity/versitygw, tests/integration (answers recorded from S3)"
_BACKLOT = "brekkylab/backlot, backlot/routers/s3.py (what S3 was measured to answer, 2026-09)"


@dataclass(frozen=True, slots=True)
class Quirk:
    """One fact: what S3 does, why it matters here, and where that is known from."""

    number: int
    what: str
    why: str
    source: str


QUIRKS: tuple[Quirk, ...] = (
    # routing
    Quirk(
        1,
        "Of two operations with one method and one subresource, the one that is not deprecated answers.",
        "GetBucketLifecycle and others stand in the model for clients that were generated long ago.",
        "the trait `deprecated` in the model",
    ),
    Quirk(
        2,
        "Operations on one path and subresource are told apart by their required query and header members.",
        "PutObject, CopyObject, UploadPart and UploadPartCopy are all PUT /{Bucket}/{Key+}.",
        "the model; e.g. " + _API + "/API_UploadPart.html",
    ),
    Quirk(
        3,
        "A subresource that S3 knows but the model lacks is NotImplemented; other query names are ignored.",
        "PUT /bucket?website must never become CreateBucket; ?x-id=GetObject and ?foo=bar change nothing.",
        _GUIDE + "/RESTAuthentication.html (the list of subresources), and the literals of the model",
    ),
    Quirk(
        4,
        "Two subresources in one request: InvalidArgument, Conflicting query string parameters: acl, policy.",
        "Choosing one of them silently would do what the client did not ask for.",
        "amzn/selling-partner-api-models issue 4741",
    ),
    Quirk(
        5,
        "PUT with partNumber and no uploadId is InvalidArgument; with uploadId alone, MethodNotAllowed; and "
        "both parameters belong to a key, without any subresource.",
        "PUT falling through to PutObject would overwrite the object with one part, and DELETE of a bucket "
        "with an uploadId would delete the bucket.",
        _VERSITY + "/general.go; " + _BACKLOT,
    ),
    Quirk(
        6,
        "At the path of a key, some subresources of the bucket mean the bucket (?cors, ?policy), others are "
        "ignored by reads (?metrics), and GET with ?logging, ?uploads or ?versions is refused by name.",
        "S3 looks for a key's own subresources only; a bucket's path ignores those of objects likewise.",
        _VERSITY + "/general.go; " + _BACKLOT,
    ),
    Quirk(
        7,
        "x-amz-copy-source on anything but a PUT of a key is InvalidArgument.",
        "The header would otherwise be ignored and the copy silently not made.",
        _VERSITY + "/general.go",
    ),
    Quirk(
        8,
        "MethodNotAllowed names Method and ResourceType, for which subresources have names of their own, and "
        "the answer has an Allow header.",
        "HTTP wants Allow with 405.",
        _VERSITY + "/general.go; RFC 9110 section 15.5.6; " + _BACKLOT,
    ),
    Quirk(
        9,
        "ListDirectoryBuckets is GET / on the host s3express-control.*; GET / anywhere else is ListBuckets.",
        "The two have the same method and path in the model.",
        _API + "/API_ListDirectoryBuckets.html",
    ),
    Quirk(
        10,
        "WriteGetObjectResponse is a fixed path that no bucket can have, with {RequestRoute} as host prefix.",
        "Its path looks like a bucket's.",
        _API + "/API_WriteGetObjectResponse.html",
    ),
    Quirk(
        11,
        "OPTIONS is a CORS preflight, and POST of a form to a bucket an upload; neither is in the model.",
        "They get the pseudo operations PreflightRequest and PostObject.",
        _API + "/RESTOPTIONSobject.html, " + _API + "/RESTObjectPOST.html",
    ),
    # target
    Quirk(
        12,
        "A key may hold `..` only as long as, read from the left, it never climbs above its root.",
        "Anything else is 400, Couldn't parse the specified URI.",
        _GUIDE + "/object-keys.html (cumulative count of relative path segments)",
    ),
    Quirk(
        13,
        "A target that is not UTF-8 once decoded, or holds a bad escape or NUL, is InvalidURI.",
        "Keys are UTF-8; the index orders them by their bytes.",
        "ceph/s3-tests, test_object_read_unreadable",
    ),
    Quirk(
        14,
        "`+` is a plus sign in the path and a space in the query.",
        "Clients that encode keys as forms store keys with a plus sign in them on S3 too.",
        "RFC 3986; encoded listings answer in the same way, quirk 33",
    ),
    # parsing
    Quirk(
        15,
        "`aws-chunked` is a transfer matter: it is taken off the stored Content-Encoding.",
        "`gzip, aws-chunked, br` is stored as `gzip, br`.",
        _API + "/sigv4-streaming.html",
    ),
    Quirk(
        16,
        "Content-Length is the decoded length, whatever the framing added.",
        "x-amz-decoded-content-length is required with aws-chunked; absent or unreadable is 411.",
        _VERSITY + "/unsigned_streaming_payload_trailer.go",
    ),
    Quirk(
        17,
        "The x-amz-checksum-* headers of CompleteMultipartUpload describe the object, not the body.",
        "In the model: checksum members without the httpChecksum trait.",
        _API + "/API_CompleteMultipartUpload.html",
    ),
    Quirk(
        18,
        "A blank number, enumeration or time means that the parameter is absent, but for some; Expires is "
        "any text.",
        "`max-keys=` lists by the default, `partNumber=` and a blank attribute are refused. S3 stores "
        "Expires as it came and gives it back so.",
        "ceph/s3-tests, test_bucket_list_maxkeys_none; botocore handle_expires_header; brekkylab/backlot, "
        "tests/test_s3.py",
    ),
    Quirk(
        19,
        "A conditional header whose date cannot be read is ignored.",
        "HTTP says so.",
        "RFC 9110 section 13.1.3",
    ),
    Quirk(
        20,
        "Headers and query values with a closed set of values have errors of their own (ENUM_ERRORS).",
        "Clients' tests name them: InvalidStorageClass, Unknown metadata directive.",
        _VERSITY + "; versity/versitygw issue 1984 for encoding-type",
    ),
    Quirk(
        21,
        "A document that is not well-formed or not of the schema is MalformedXML; some operations differ.",
        "ACL documents answer MalformedACLError, a versioning status that is empty or absent "
        "IllegalVersioningConfigurationException, and the root of that document may be any; and Quiet of "
        "DeleteObjects may have any text.",
        "ceph/s3-tests, test_lifecycle_invalid_status; aws/aws-sdk-js-v3 issue 2267; "
        + _API
        + "/ErrorResponses.html; "
        + _BACKLOT,
    ),
    Quirk(
        22,
        "An absent document is MissingRequestBodyError where one is needed; CompleteMultipartUpload's is "
        "MalformedXML.",
        "The model marks some of these members optional.",
        "ceph/s3-tests, test_multipart_upload_empty; " + _VERSITY,
    ),
    Quirk(
        23,
        "Documents are accepted with and without S3's namespace; declarations of types and entities never.",
        "Hand-written clients leave the namespace out. Entities can grow without end.",
        _API + "/API_DeleteObjects.html (examples without namespace)",
    ),
    Quirk(
        24,
        "Operations with httpChecksumRequired want Content-MD5 or a checksum, else InvalidRequest; but not "
        "all (CHECKSUM_NOT_REQUIRED). Some compare it once the document was found right (DIGESTS_LAST).",
        "The message names both, except for a lifecycle. MinIO's mc, s3cmd and boto 2 put policies without "
        "either, on S3 too, and s3cmd who pays (in its tests at S3) and the access logs of a bucket.",
        "the trait requestChecksumRequired in the model; versity/versitygw, s3api/router.go; minio/minio-go, "
        "api-bucket-policy.go; justincormack/argmin, crates/s3-tests/tests/request_checksums.rs; " + _BACKLOT,
    ),
    Quirk(
        25,
        "In a presigned URL, x-amz-* query parameters stand for headers, checksums too.",
        "SDKs hoist headers when they presign, even the checksum of no body, and S3 refuses the upload.",
        _API + "/sigv4-query-string-auth.html; aws/aws-sdk-js-v3 issue 6994; seaweedfs/seaweedfs issue 10216",
    ),
    Quirk(
        26,
        "A response-* value outside ISO-8859-1 is InvalidArgument; a control character in it too.",
        "The value becomes a header of the answer.",
        "guardian/grid pull request 1716, CartoDB/cartodb issue 10701 (S3's answers)",
    ),
    Quirk(
        27,
        "Metadata headers are ISO-8859-1 or encoded words (RFC 2047) on the way in, encoded words on the way "
        "out where they are not plain ASCII.",
        "HTTP headers have no other encoding.",
        _GUIDE + "/UsingMetadata.html (example x-amz-meta-nonascii)",
    ),
    # answering
    Quirk(
        28,
        "Root elements have names of their own (ROOT_NAMES).",
        "botocore's copy of the model has dropped them; clients other than botocore check them.",
        "the response syntax of each operation in " + _API,
    ),
    Quirk(
        29,
        "Elements of listings have an order that is not the model's (ELEMENT_ORDER).",
        "Streaming parsers want the head before the entries.",
        "versity/versitygw issues 1985 and 2156 (S3's answers)",
    ),
    Quirk(
        30,
        "GetBucketLocation answers the region as text of the root; empty means us-east-1.",
        "The model has a member inside a structure.",
        "botocore parse_get_bucket_location; " + _API + "/API_GetBucketLocation.html",
    ),
    Quirk(
        31,
        "Times in documents have milliseconds, always .000 for last modified, created and initiated.",
        "Last-Modified has whole seconds, and the two must agree.",
        "versity/versitygw issue 1985 (S3's answer)",
    ),
    Quirk(
        32,
        "ETags stand in quotation marks (&quot; in documents), except in GetObjectAttributes.",
        "The service works with bare ETags; the wire adds and takes the marks.",
        _API + "/API_GetObjectAttributes.html (examples)",
    ),
    Quirk(
        33,
        "With EncodingType url, keys, prefixes and markers are encoded as forms are, `/` and `*` excepted.",
        "`a+ b(1)` is `a%2B+b%281%29`. UploadIdMarker and tokens stay as they are.",
        "versity/versitygw issues 2156 and 2169 (S3's answers)",
    ),
    Quirk(
        34,
        "Characters that XML 1.0 cannot hold are written as references (&#x1;) nevertheless.",
        "This is why encoding-type exists; SDKs fail on it with S3 too. In errors they are replaced.",
        "basho/riak_cs pull request 1255, boto/botocore issue 3496",
    ),
    Quirk(
        35,
        "Some operations answer another status than the model's (STATUSES).",
        "botocore does not look; other clients and S3's documents do.",
        _API + "/API_PutBucketPolicy.html; " + _VERSITY,
    ),
    Quirk(
        36,
        "Errors are a bare <Error> without namespace and without Resource; none with HEAD and 304.",
        "The namespace stands on results only. S3 has stopped sending the Resource of its documentation.",
        _RECORDED + "; " + _API + "/ErrorResponses.html",
    ),
    Quirk(
        37,
        "ListObjectVersions mixes Version and DeleteMarker elements: by key, then newest first.",
        "Some clients keep the order of the document.",
        _API + "/API_ListObjectVersions.html (examples)",
    ),
    Quirk(
        38,
        "Some errors have no XML declaration, such as those of CompleteMultipartUpload.",
        "Those that S3 finds in the operation itself; others, such as NoSuchBucket, have one.",
        "justincormack/argmin, crates/s3-tests/src/shape.rs; brekkylab/backlot, tests/test_s3.py; "
        "dyus/meeseeks-s3, tests/copy_object_sse_c and others",
    ),
    # payload
    Quirk(
        39,
        "Framing that lies is IncompleteBody; a chunk under 8 KiB before another one InvalidChunkSizeError.",
        "aws-chunked has no error of its own for a bad size, a missing CRLF or a wrong sum.",
        _VERSITY + "/unsigned_streaming_payload_trailer.go and signed_streaming_payload.go; "
        "justincormack/argmin, crates/s3-tests/tests/chunked.rs (trailers without a colon or a signature)",
    ),
    Quirk(
        40,
        "A trailer that was not announced, or announced and not sent, is MalformedTrailerError.",
        "x-amz-trailer is signed, the trailer's name is not.",
        _VERSITY + "/unsigned_streaming_payload_trailer.go",
    ),
    Quirk(
        41,
        "A plain chunked transfer coding, without a decoded length, is NotImplemented (Transfer-Encoding).",
        "S3 wants to know the size before the first byte.",
        _API + "/API_PutObject.html (Content-Length is required); the error is S3's since 2010",
    ),
    # routing
    Quirk(
        42,
        "A versionId where the operation takes none, and an empty one, are InvalidArgument.",
        "A PUT would write a new version instead of the one named. S3 says so before it looks at who asks.",
        "scality/cloudserver pull request 698; brekkylab/backlot, tests/test_s3.py",
    ),
    # parsing
    Quirk(
        43,
        "x-amz-copy-source is decoded as a form is: `+` is a space there, though not in a path.",
        "s5cmd and others who encode it with a form's encoder copy keys that have spaces.",
        "versity/versitygw, s3api/utils; aws/aws-sdk-php issue 236, aws/aws-sdk-js issue 1821",
    ),
    # answering
    Quirk(
        44,
        "Owner and Grantee have an ID and no DisplayName; Initiator has both.",
        "S3 stopped sending the names of owners in November 2025; clients fall back on the ID.",
        _RECORDED + "; " + _API + "/API_Owner.html",
    ),
    # parsing
    Quirk(
        45,
        "x-amz-copy-source may be a whole URL of path style.",
        "Clients that keep the addresses of objects copy by them.",
        _RECORDED,
    ),
    Quirk(
        46,
        "x-amz-tagging is a URL query; what a form carries and PutObjectTagging takes is a document.",
        "Readers give both in the document's form, so that permissions and operations see the same tags.",
        _API + "/API_PutObject.html (x-amz-tagging)",
    ),
    # answering
    Quirk(
        47,
        "PutObject into a bucket with suspended versioning answers no version id; CopyObject, GET, HEAD and "
        "DELETE answer null.",
        "Nor has a copy a source version id when its source is the null version.",
        _RECORDED,
    ),
    Quirk(
        48,
        "ListMultipartUploads always has the markers of its last upload, empty where it lists none.",
        "A page that ends in a common prefix has no marker for it, so that clients cannot go on behind it.",
        _RECORDED,
    ),
    Quirk(
        49,
        "BadDigest of PutObject writes the expected Content-MD5 in hex, everywhere else it is base64.",
        "The calculated one is base64 in both, and comes first where both are.",
        _RECORDED + "; dyus/meeseeks-s3, tests/put_bucket_versioning and tests/bucket_acl",
    ),
    Quirk(
        50,
        "Documents of some settings come without a Content-Type, and lists of two kinds of configurations "
        "without an XML declaration. A document without elements is one empty element.",
        "Clients read them by the operation that they asked for.",
        "brekkylab/backlot, tests/test_s3.py; justincormack/argmin, crates/s3-tests/src/shape.rs",
    ),
)
