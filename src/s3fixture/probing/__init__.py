"""What an S3 store can do, seen by asking it: the checks of `s3fixture probe` and of tests/anywhere."""
