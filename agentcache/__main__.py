"""`python -m agentcache` and the command itself: ^C is quiet while it is imported, too."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from agentcache.cli import main as run  # noqa: PLC0415  # it is what takes long
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
