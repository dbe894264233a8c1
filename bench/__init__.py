"""How fast s3fixture is, beside a server that does nothing and beside moto: `python -m bench --help`."""
