"""The program as it is started: `personalize-perms`, or `python -m personalize_perms`.

What is imported stays to the end, so the garbage collector need not walk over it: not while it is imported, not later,
and not once more when the process ends. That is a sixth of what an offline run costs.
"""

import gc


def main() -> None:
    """Run the program and exit."""
    gc.disable()  # until the command is imported: see `personalize_perms.cli.main`
    from personalize_perms.cli.main import main as run  # noqa: PLC0415 - the collector is turned off before

    try:
        run()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
