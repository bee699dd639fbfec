"""The program as it is started: `personalize-perms`, or `python -m personalize_perms`."""

from personalize_perms import collector


def main() -> None:
    """Run the program and exit."""
    collector.begin()
    from personalize_perms.cli.main import main as run  # noqa: PLC0415 - the collector is off before

    try:
        run()
    finally:
        collector.settled()


if __name__ == "__main__":
    main()
