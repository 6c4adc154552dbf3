"""``python -m foleyd``: the foley command where no script is installed."""

from foleyd.cli.main import main

if __name__ == "__main__":
    main()
