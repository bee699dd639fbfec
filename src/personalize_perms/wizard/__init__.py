"""Asks for what is still open; changes nothing."""

from personalize_perms.wizard.dialogue import Dialogue
from personalize_perms.wizard.prompter import Prompter, open_prompter
from personalize_perms.wizard.refusing import RefusingPrompter

__all__ = ["Dialogue", "Prompter", "RefusingPrompter", "open_prompter"]
