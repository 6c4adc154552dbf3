"""``python -m foleyd.server``: the daemon in the foreground."""

import sys

from foleyd.server.main import main

if __name__ == "__main__":
    sys.exit(main())
