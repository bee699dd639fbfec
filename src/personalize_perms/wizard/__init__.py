"""Asks for what is still open; changes nothing."""

from personalize_perms.wizard.dialogue import run
from personalize_perms.wizard.prompter import Prompter, open_prompter

__all__ = ["Prompter", "open_prompter", "run"]
