"""`python -m personalize_perms` is the same program as `personalize-perms`."""

from personalize_perms.cli.main import main

if __name__ == "__main__":
    main()
