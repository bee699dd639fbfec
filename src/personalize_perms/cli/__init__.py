"""One thin module per command; what is promised to users and scripts lives here."""
