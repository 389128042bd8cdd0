"""`htmlcard templates test`: that it finds what is wrong, and nothing else."""
