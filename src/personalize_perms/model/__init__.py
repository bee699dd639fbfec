"""Plain frozen values that every other room reads. Imports the standard library only."""
