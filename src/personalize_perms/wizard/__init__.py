"""Asks for what is still open; changes nothing."""
