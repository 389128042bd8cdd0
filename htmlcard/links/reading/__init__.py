"""What a page says about itself: bytes and headers in, title, picture and the rest out.

In reading order: `decoding` (bytes to text, with `content_type` and `prescan`), `parsing` (text to
parts, the only door to the parser, with `tree` and `positions`), `metadata` (parts to values, with
`pictures`, `json_ld` and `values`), `picture_header` (the size of a picture). All of that is pure;
`reader` has a stranger's page read in a child process that may be killed (`worker`, `trimming`).
"""
