"""S3 for tests and local development, one `pip install` away."""
