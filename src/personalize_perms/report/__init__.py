"""The only room that formats: for people and for programs, with foreign text shown inert."""
