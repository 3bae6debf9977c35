"""`python -m pybn`."""

import sys

from pybn.cli import main

if __name__ == "__main__":
    sys.exit(main())
