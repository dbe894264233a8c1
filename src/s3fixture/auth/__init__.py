"""Who asks (signatures) and may they (policies). Knows nothing of storage."""
