"""Measures htmlcard beside its peers; `__main__` is the door, nothing here is shipped."""
