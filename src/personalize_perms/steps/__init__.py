"""The five steps of the guide: what each grants, why, and where AWS says so."""
