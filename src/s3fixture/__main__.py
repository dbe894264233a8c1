"""`python -m s3fixture`: the command line."""

import sys

from s3fixture.cli import main

sys.exit(main())
