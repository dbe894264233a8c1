"""The pytest plugin. Loading it must stay cheap: it is imported in test runs that use no S3."""
