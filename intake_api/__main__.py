"""``python -m intake_api`` is ``huying``."""

from intake_api.cli import main

if __name__ == "__main__":
    main()
