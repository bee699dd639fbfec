"""The program in processes of its own, killed at every call or run two at once."""
