"""The set-up as code for somebody else to run: for AWS's, HashiCorp's and the shell's own engines. Pure.

Many teams may not run a tool against production, but may review and merge code. Each module writes one format from
the same `Parcel`; none of them reads anything.
"""
