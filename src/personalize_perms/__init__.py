"""personalize-perms: sets up every permission that Amazon Personalize needs, and loses nothing that is there."""

__version__ = "0.1.0"
