"""Judges what an account holds: inventory in, findings out. Pure.

It looks at the whole account, not at one set-up: at every role that Amazon Personalize may assume, at every bucket
and key policy that names it, at who may hand roles to it, and at what was made for it and nobody uses. Each document
is judged on its own, so that an account of any size passes through bounded memory.
"""
