"""Child processes for work that may hang, burn or crash: filling in templates, decoding pictures.

`service` is the child's side, `process` the parent's of one child, `pool` that of several.
What they work on is nobody's business here.
"""
