"""The garbage collector is told once what stays, and only by a process that does one run."""

import gc
import subprocess
import sys

from personalize_perms import collector


def test_a_run_of_the_program_collects_again_and_never_what_was_imported() -> None:
    code = (
        "import gc, sys\n"
        "from personalize_perms import __main__ as program\n"
        "from personalize_perms.cli import setup\n"
        "def looks(*_): print(gc.isenabled(), gc.get_freeze_count() > 1000); raise KeyboardInterrupt\n"
        "setup.plan_offline = looks\n"
        "words = 'init --dry-run --offline --account 111122223333 --region eu-west-1'\n"
        "sys.argv = ['personalize-perms', *words.split()]\n"
        "program.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["True True"], done.stderr


def test_whoever_only_uses_parts_of_the_program_keeps_the_collector_as_it_is() -> None:
    before = gc.get_freeze_count()
    with collector.paused():
        assert not gc.isenabled()
    collector.settled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == before


def test_a_pause_within_a_pause_ends_with_the_outer_one() -> None:
    with collector.paused():
        with collector.paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
