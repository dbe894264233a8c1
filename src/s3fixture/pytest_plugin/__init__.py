"""The pytest plugin. Loading it must stay cheap: it is imported in test runs that use no S3."""

MARKER = "s3"
MAIN_SERVER = "s3_server"
SESSION = "_s3_session"  # the fixture that all fixtures with a server need
